"""Of imports."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

IMPORTS: Labels = {  # what a file can hold
    "schools": _("Schools"),
    "departments": _("University departments"),
    "evidence": _("eTwinning records"),
    "legacy": _("Kits of earlier waves"),
}

IMPORT_PARTS: Labels = {  # of a preview, and what an import counts
    "new": _("New"),
    "changed": _("Changed"),
    "unchanged": _("Unchanged"),
    "closed": _("Closed"),
    "skipped": _("Left out"),
    "findings": _("Findings"),
    "unknown_school": _("Of an unknown school"),
    "unknown_kind": _("Of an unknown kind"),
    "elsewhere": _("At another school"),
    "future": _("Of a day to come"),
    "withdrawn": _("Withdrawn"),
}

SKIPS: Labels = {  # why a row of a file is left out
    "no_code": _("no ministry code"),
    "bad_code": _("the code is not one"),
    "no_name": _("no name"),
    "not_a_school": _("not a school"),
    "unknown_type": _("a type of school that is not known here"),
    "suspended": _("suspended"),
    "abolished": _("closed down"),
    "too_many_cells": _("more cells than titles: a separator inside a text?"),
    "repeated_titles": _("the titles again"),
    "incomplete": _("a cell that is needed is empty or not of its kind"),
}

IMPORT_FIELDS: Labels = {
    "name": _("Name"),
    "level": _("Level"),
    "region": _("Region"),
    "directorate": _("Directorate"),
    "municipality": _("Municipality"),
    "address": _("Address"),
    "postal_code": _("Postal code"),
    "phone": _("Telephone"),
    "email": _("E-mail"),
    "status": _("State"),
    "categories": _("Categories"),
    "university": _("University"),
    "date": _("Date"),
    "state": _("State"),
    "year": _("Year"),
}

SHAPES: Labels = {"table": _("a table")}  # whose columns a file has; the others are names
