"""Greek first, English by a link that everybody sees; remembered in a cookie."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import Babel, force_locale, format_datetime, get_locale, gettext

from stemfleet.catalogue.evidence import EvidenceCatalogue
from stemfleet.devices.state import Instruction
from stemfleet.errors import StemfleetError
from stemfleet_web.words import label_of_fact

LANGUAGES = {"el": "Ελληνικά", "en": "English"}
DEFAULT = "el"
ATHENS = ZoneInfo("Europe/Athens")
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")  # a time as the error sentences have it
_PLACES = ("{file}: {where}: ", "{file}: ")  # before what is wrong in a file; see stemfleet.allocation.reading


def install(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = ATHENS.key
    Babel(app, locale_selector=chosen_language)


def chosen_language() -> str:
    chosen = request.cookies.get(COOKIE, DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def language() -> str:
    """Of the text that is being written: "el" or "en"."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT


@contextmanager
def speaking(code: str, evidence: EvidenceCatalogue) -> Iterator[None]:
    """Writes in a language where no browser asks: for files that a command makes."""
    app = Flask(__package__)
    app.config["EVIDENCE"] = evidence
    install(app)
    with app.app_context(), force_locale(code):
        yield


def sentence(error: StemfleetError) -> str:
    """The error's sentence in the reader's language; its facts are filled in after it was translated."""
    translated = gettext(error.text)
    if translated == error.text:
        place = next((start for start in _PLACES if error.text.startswith(start)), "")
        translated = place + gettext(error.text.removeprefix(place))
    return filled(translated, error.facts)


def without_place(error: StemfleetError) -> str:
    """The same for a page that shows it where the mistake is: without the file and the key before it."""
    place = next((start for start in _PLACES if error.text.startswith(start)), "")
    return filled(gettext(error.text.removeprefix(place)), error.facts)


def told(instruction: Instruction) -> str:
    """What a person has to do at a slot, in the reader's language."""
    return filled(gettext(instruction.text), dict(instruction.facts))


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """A sentence, translated already, with its facts in the reader's language."""
    return text.format(**{name: _fact(value) for name, value in facts.items()})


def moment(at: datetime | str | None) -> str:
    """A time as people in Greece read it."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return format_datetime(at, "d MMM y, HH:mm") if at else ""


def _fact(value: Any) -> Any:
    if not isinstance(value, StrEnum | str):
        return value
    return moment(value) if _STAMP.fullmatch(value) else label_of_fact(value)
