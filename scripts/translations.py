"""The catalogues of the browser's pages: `make translations` reads the sources, `--check` only says what is missing.

Gathered are the texts of templates and pages, and the sentences of the errors that pages can show, those of the use
cases: `Refused("Kit {tag} …")`. What only the command line says stays English.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "web" / "stemfleet_web" / "translations"
_OF_ALLOCATION = (
    "beacons",
    "canonical",
    "commitment",
    "compare",
    "draw",
    "engine",
    "events",
    "faults",
    "reading",
    "rules_file",
    "whatif",
)
SOURCES = (
    "web/stemfleet_web",
    *(f"stemfleet/{room}" for room in ("bench", "catalogue", "kits", "rounds", "schools", "store", "waves")),
    *(f"stemfleet/allocation/{file}.py" for file in _OF_ALLOCATION),
    *(
        f"stemfleet/{file}.py"
        for file in (
            "accounts",
            "devices/bench",
            "devices/families/checklist",
            "devices/families/printer",
            "devices/families/settings",
            "devices/profile",
            "devices/recipe",
            "devices/tomltable",
            "errors",
            "shipments",
        )
    ),
)
IMPORTED = ("stemfleet/registers", "stemfleet/schools")  # what is said of files: every sentence is for people
ERRORS = ("InputError", "NotFound", "Refused", "Unavailable", "ToolMissing", "Busy", "NotYours")
OF_FILES = ("refuse", "Notice")  # what is said of a place in a file; what one should know about an allocation
OF_BOARDS = ("instruct",)  # what a person has to do at a slot
KEYWORDS = {**DEFAULT_KEYWORDS, **dict.fromkeys(("lazy_gettext", *ERRORS, *OF_FILES, *OF_BOARDS), None)}


def gathered() -> Catalog:
    """Every text of the sources, with the files that it stands in."""
    catalog = Catalog(charset="utf-8")
    for place in SOURCES:
        for file in sorted(_files(ROOT / place)):
            method, options = ("jinja2", {"silent": "false"}) if file.suffix == ".html" else ("python", None)
            for _line, message, _comments, context in extract_from_file(method, file, KEYWORDS, (), options):
                catalog.add(message, None, [(file.relative_to(ROOT).as_posix(), None)], context=context)
    for place in IMPORTED:
        for file in sorted((ROOT / place).glob("*.py")):
            for message in _sentences(file):
                catalog.add(message, None, [(file.relative_to(ROOT).as_posix(), None)])
    return catalog


def _sentences(file: Path) -> Iterator[str]:
    """Texts of a module that are sentences, with blanks and a full stop; no documentation, no SQL."""
    tree = ast.parse(file.read_text("utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    documentation = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (str(node.value) for node in nodes if node not in documentation)
    return (text for text in texts if " " in text and text.endswith((".", "?")) and " = " not in text)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    yield from (file for ending in ("py", "html") for file in place.rglob(f"*.{ending}"))


def po_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> None:
    """Brings a language's catalogue up to date with the sources, and compiles it."""
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalog = read(language) if file.exists() else Catalog(locale=language, charset="utf-8", fuzzy=False)
    catalog.update(gathered(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    with file.open("wb") as out:
        write_po(out, catalog, width=110, sort_output=True, omit_header=False)
    with file.with_suffix(".mo").open("wb") as out:
        write_mo(out, read(language))


def _pairs(catalog: Catalog) -> dict[str, list[str]]:
    """Texts by their sources, without the header, in which each version of Babel names itself."""
    there = [message for message in catalog if message.id and all(_texts(message.string))]
    return {_texts(message.id)[0]: _texts(message.string) for message in there}


def problems(language: str) -> list[str]:
    """What is missing or wrong in a language, one line each."""
    catalog, found = read(language), []
    for message in gathered():
        there = catalog.get(message.id, message.context)
        if message.id and (there is None or not all(_texts(there.string))):
            found.append(f"{language}: no text for {message.id!r}")
    for message in catalog:
        found += [f"{language}: {message.id!r}: {error}" for error in message.check(catalog)]
    with po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    if _pairs(compiled) != _pairs(catalog):
        found.append(f"{language}: messages.mo is not what messages.po says; run make translations")
    return found


def _texts(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def languages() -> list[str]:
    return sorted(folder.parent.name for folder in FOLDER.glob("*/LC_MESSAGES"))


def main() -> int:
    chosen = languages()
    if "--check" not in sys.argv:
        for language in chosen:
            update(language)
    found = [problem for language in chosen for problem in problems(language)]
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
