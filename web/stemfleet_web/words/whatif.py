"""Of comparisons with other rules."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

COMPARISONS: Labels = {  # the ready-made ones; others have names of their own
    "pure merit": _("Pure merit"),
    "over and above": _("Guaranteed places over and above"),
}

CHANGES: Labels = {"entered": _("Enters"), "left": _("Leaves"), "moved": _("Moves")}  # under other rules

RULES: Labels = {  # keys of rules.json, as a comparison names them
    "seats": _("places"),
    "reserves": _("guaranteed places"),
    "open_region_cap": _("most open places of a region"),
    "category_region_caps": _("most guaranteed places of a region"),
    "region_cap": _("most places of a region"),
    "unfilled": _("guaranteed places that nobody takes"),
    "admits": _("admitted categories"),
    "levels": _("levels"),
    "added": _("new lot"),
    "removed": _("lot that is dropped"),
    "default_preferences": _("order of the lots"),
    "points": _("points table"),
    "repeat_years": _("years in which equipment counts as a repeat"),
    "open places before guaranteed ones": _("open places before guaranteed ones"),
}

UNFILLED: Labels = {"open": _("become open"), "keep": _("stay empty")}
ALL, NOBODY, NO_CAP = _("all"), _("nobody"), _("no cap")  # values of rules
