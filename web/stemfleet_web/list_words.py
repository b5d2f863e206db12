"""The words of the published lists, part of the tables in `words.py`."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

Labels = Mapping[str, Any]

STANDINGS: Labels = {
    "got": _("Got a place"),
    "waiting": _("On a waiting list"),
    "closed": _("No lot open or wanted"),
    "left": _("Left the wave"),
}

ABSENCES: Labels = {  # why a code leads to no line of a list
    "no_code": _("This is not the form of a code: schools have seven digits, university departments U- and a number."),
    "unknown": _("No school of the register has this code. Compare it with the one of the ministry's register."),
    "not_working": _("The school is suspended or closed down in the register, so it was not considered."),
    "level": _("No lot of this wave is made for the school's level of education."),
    "no_winner": _("This wave is of prizes: only the winners of the contest are in its list."),
    "later": _("The school was not in the register in this form when the list was made, or joined later."),
}
