"""What a browser without JavaScript would send of a page's form, and what the page says beside its fields."""

from html.parser import HTMLParser
from typing import Any

_NEVER_SENT = {"submit", "file", "button"}


class FormReader(HTMLParser):
    """`fields`: name → values of the form with the id `form`; `problems`: place → sentence, of those that are shown."""

    def __init__(self, page: str, form: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.problems: dict[str, str] = {}
        self.buttons: list[str] = []
        self._form, self._inside = form, False
        self._select: str | None = None
        self._problem: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: dict[str, Any] = dict(attrs)
        if tag == "form":
            self._inside = found.get("id") == self._form
        if not self._inside:
            return
        if tag == "input":
            self._input(found)
        elif tag == "select":
            self._select = found["name"]
            self.fields.setdefault(found["name"], [])
        elif tag == "option" and self._select:
            self._option(self._select, found)
        elif tag == "button":
            self.buttons.append(found["value"])
        elif "data-problem" in found and "hidden" not in found:
            self._problem = found["data-problem"]

    def _input(self, found: dict[str, Any]) -> None:
        kind = found.get("type", "text")
        if kind in _NEVER_SENT or (kind in {"checkbox", "radio"} and "checked" not in found):
            return
        self.fields.setdefault(found["name"], []).append(found.get("value", ""))

    def _option(self, select: str, found: dict[str, Any]) -> None:
        if "selected" in found or not self.fields[select]:
            self.fields[select] = [found["value"]]

    def handle_data(self, data: str) -> None:
        if self._problem:
            self.problems[self._problem] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "p":
            self._problem = None
