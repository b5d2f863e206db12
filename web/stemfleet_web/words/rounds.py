"""Of a round and its objections."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

OBJECTION_STATES: Labels = {
    "open": _("Waits for an answer"),
    "accepted": _("Accepted"),
    "refused": _("Refused"),
    "withdrawn": _("Taken back"),
}

ROUND_STATES: Labels = {
    "draft": _("Draft"),
    "rules_published": _("Rules"),
    "provisional": _("Provisional points"),
    "frozen": _("Inputs frozen"),
    "drawn": _("Draw"),
    "published": _("Results"),
    "appeals": _("Appeals"),
    "final": _("Final lists"),
    "offers": _("Offers"),
    "closed": _("End of the round"),
}

OFFER_STATES: Labels = {
    "open": _("Not answered yet"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "expired": _("Expired"),
    "replaced": _("Replaced by a better offer"),
}

STAGE_MARKS: Labels = {
    "past": _("done"),
    "now": _("here now"),
    "skipped": _("not needed"),
    "to_come": _("to come"),
}

APPLICANT_FIELDS: Labels = {
    "level": _("Level"),
    "region": _("Region"),
    "categories": _("Categories"),
    "points": _("Points"),
    "lines": _("Lines of points"),
    "preferences": _("Lots wanted, best first"),
    "ineligible": _("Lots that are closed to it"),
}

OF_SENTENCES: Labels = {"nothing": _("nothing")}  # held, on a list

APPEAL_REMEDIES: Labels = {
    "reallocation": _("New allocation with the same tickets"),
    "extra_seat": _("An extra seat"),
}
