"""Of schools and of the people who sign in."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

LEVELS: Labels = {
    "kindergarten": _("Kindergarten"),
    "primary": _("Primary school"),
    "lower_secondary": _("Lower secondary school"),
    "general_upper": _("General upper secondary school"),
    "vocational_upper": _("Vocational upper secondary school"),
    "special_vocational": _("Special vocational school"),
    "second_chance": _("Second-chance school"),
    "university": _("University department"),
}

CATEGORIES: Labels = {
    "special": _("Special education"),
    "minority": _("Minority"),
    "second_chance": _("Second chance"),
    "remote": _("Remote area"),
    "awarded": _("Contest prize"),
    "active": _("Active participation"),
}

SCHOOL_STATUSES: Labels = {"active": _("In operation"), "suspended": _("Suspended"), "abolished": _("Closed down")}

MOVE_KINDS: Labels = {
    "merged": _("It is part of another school"),
    "renumbered": _("The same school has another code"),
}

LEGACY_ANSWERS: Labels = {  # what a school says of a kit that is on an old list
    "waits": _("No answer yet"),
    "here": _("Confirmed"),
    "gone": _("Not there"),
}

ROLES: Labels = {"warehouse": _("Warehouse"), "nso": _("NSO"), "school": _("School")}
