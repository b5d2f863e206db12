"""The JSON of the two public registers: one page, several pages, or the bare list of units."""

import json
import re
from pathlib import Path
from typing import Any

from stemfleet.errors import InputError
from stemfleet.registers.values import Finding

Unit = dict[str, Any]
_NEXT = re.compile(r"[\s,]*")


def read_json(path: Path) -> Any:
    """The JSON of a file; several documents one after the other are a list: pages that were put together.

    Raises InputError with the line that is not JSON.
    """
    try:
        text = path.read_bytes()
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        documents = _documents(text) if getattr(error, "msg", "") == "Extra data" else []
        if not documents:
            raise InputError(
                "{file}, line {line}: it is not readable as JSON. Was the download complete?",
                file=path.name,
                line=getattr(error, "lineno", 1),
            ) from None
        return documents


def _documents(text: bytes) -> list[Any]:
    """Documents with nothing but blanks between them, or nothing if one of them is none."""
    whole = text.decode(json.detect_encoding(text)).strip()
    decoder, at, found = json.JSONDecoder(), 0, []
    try:
        while at < len(whole):
            document, at = decoder.raw_decode(whole, at)
            found.append(document)
            at = _NEXT.match(whole, at).end()  # type: ignore[union-attr]  # it fits the empty text
    except (ValueError, RecursionError):
        return []
    return found


def read_units(document: Any, file: str) -> tuple[list[Unit], list[Finding]]:
    """The units of a parsed document, and what is odd about it (a page that is missing).

    Understood: mm.sch.gr's envelope `{"data": […], "total": …}`, a list of such envelopes (its pages), an object
    `{"pages": [envelope…]}`, and a plain list of units (data.gov.gr). Raises InputError for anything else, and for an
    envelope that reports a failure.
    """
    if isinstance(document, dict) and isinstance(document.get("pages"), list):
        document = document["pages"]
    pages = [document] if isinstance(document, dict) else document
    if isinstance(pages, list) and pages and all(isinstance(p, dict) and "data" in p for p in pages):
        return _of_pages(pages, file)
    if isinstance(document, list) and document and all(isinstance(unit, dict) for unit in document):
        return document, []
    raise InputError("{file} is JSON, but neither pages of the mm.sch.gr register nor a list of schools.", file=file)


def _of_pages(pages: list[Unit], file: str) -> tuple[list[Unit], list[Finding]]:
    units: list[Unit] = []
    for number, page in enumerate(pages, start=1):
        if str(page.get("status", 200)) != "200":
            raise InputError(
                "{file}, page {page}: the register answered with an error ({status}: {why}). Download it again.",
                file=file,
                page=number,
                status=page.get("status"),
                why=page.get("message", ""),
            )
        data = page["data"]
        if not isinstance(data, list) or not all(isinstance(unit, dict) for unit in data):
            raise InputError("{file}, page {page}: `data` is not a list of units.", file=file, page=number)
        units += data
    if not units:
        raise InputError("{file}: the pages hold no units. Was something asked for that nothing matches?", file=file)
    return units, _missing_pages(pages, len(units))


def _missing_pages(pages: list[Unit], count: int) -> list[Finding]:
    totals = [page["total"] for page in pages if isinstance(page.get("total"), int)]
    if not totals or count >= max(totals):
        return []
    text = "The file holds {count} of the {total} units that the register has: pages are missing."
    return [Finding("pages_missing", text, {"count": count, "total": max(totals)})]
