"""Of waves and their published lists."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

PLACES: Labels = {
    "reserved": _("Guaranteed place"),
    "open": _("Open place"),
    "extra": _("Extra place"),
    "prize": _("Prize"),
}

CLOSED: Labels = {
    "level": _("The kit is not made for this level of education."),
    "admits": _("Only for schools of certain categories."),
    "repeat": _("Had such equipment in an earlier wave."),
    "obligation": _("The obligation of an earlier wave is still open."),
    "excluded": _("Left out by a person, with a reason on file."),
}

CUTS: Labels = {
    "age": _("Not of the years that count"),
    "factor": _("Worth nothing by its rank or the level"),
    "person_cap": _("Above what one person can bring"),
    "school_cap": _("Above what the line can bring"),
    "later": _("Imported, or counted for this school, after the points were published"),
}

STANDINGS: Labels = {
    "got": _("Got a place"),
    "waiting": _("On a waiting list"),
    "closed": _("No lot open or wanted"),
    "left": _("Left the wave"),
}

ABSENCES: Labels = {  # why a code leads to no line of a list
    "no_code": _(
        "This is not the form of a code: schools have seven digits, not all of them zeros; university departments have "
        "U- and a number."
    ),
    "unknown": _("No school of the register has this code. Compare it with the one of the ministry's register."),
    "not_working": _("The school is suspended or closed down in the register, so it was not considered."),
    "level": _("No lot of this wave is made for the school's level of education."),
    "no_winner": _("This wave is of prizes: only the winners of the contest are in its list."),
    "later": _("The school was not in the register in this form when the list was made, or joined later."),
}
