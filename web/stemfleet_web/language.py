"""Greek first, English by a link that everybody sees; remembered in a cookie."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask import Flask, request
from flask_babel import Babel, get_locale, gettext

from stemfleet.errors import StemfleetError
from stemfleet_web.words import label_of_fact

LANGUAGES = {"el": "Ελληνικά", "en": "English"}
DEFAULT = "el"
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600
_PLACES = ("{file}: {where}: ", "{file}: ")  # before what is wrong in a file; see stemfleet.allocation.reading


def install(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Europe/Athens"
    Babel(app, locale_selector=chosen_language)


def chosen_language() -> str:
    chosen = request.cookies.get(COOKIE, DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def language() -> str:
    """Of the text that is being written: "el" or "en"."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT


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


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """A sentence, translated already, with its facts in the reader's language."""
    return text.format(**{name: _fact(value) for name, value in facts.items()})


def _fact(value: Any) -> Any:
    return label_of_fact(value) if isinstance(value, StrEnum | str) else value
