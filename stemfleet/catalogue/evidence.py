"""What counts as evidence: the kinds, one TOML file each, and the courses that teachers take, tied to kit models."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemfleet.catalogue.reading import only, read_toml, text, texts, title

_HERE = Path(__file__).parent
_KIND_KEYS = ("name", "title", "has", "also")
_COURSE_KEYS = ("groups", "courses")
COLUMNS = ("edition", "rank", "person", "number", "title", "course")


@dataclass(frozen=True)
class EvidenceKind:
    """A kind of record. `has`: which of COLUMNS mean something for it, beside the school and the year.

    `title` by language ("el", "en"); `also`: other words by which files call it.
    """

    name: str
    title: Mapping[str, str]
    has: frozenset[str]
    also: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys of the file."""
        return {"name": self.name, "title": dict(self.title), "has": sorted(self.has), "also": list(self.also)}


@dataclass(frozen=True)
class Course:
    """An open course or MOOC. `models`: names of the kit models that it is about; `number` as it is printed."""

    code: str
    number: str | None
    group: str
    title: Mapping[str, str]
    models: tuple[str, ...]
    also: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys of the file."""
        return {
            "code": self.code,
            "number": self.number,
            "group": self.group,
            "title": dict(self.title),
            "models": list(self.models),
            "also": list(self.also),
        }


@dataclass(frozen=True)
class EvidenceCatalogue:
    """Kinds by name; courses by code, in their order; titles of the courses' groups by language."""

    kinds: Mapping[str, EvidenceKind]
    courses: Mapping[str, Course]
    groups: Mapping[str, Mapping[str, str]]

    def courses_for(self, model: str) -> list[Course]:
        """The courses about a kit model."""
        return [course for course in self.courses.values() if model in course.models]


def read_evidence_catalogue(own: Path | None = None) -> EvidenceCatalogue:
    """The shipped kinds and courses, and one's own: `evidence/*.toml` and `courses.toml` in the folder `own`.

    A kind or course of one's own replaces the shipped one of the same name. Raises InputError naming file and key.
    """
    folders = [_HERE] + ([own] if own else [])
    files = [file for folder in folders for file in sorted((folder / "evidence").glob("*.toml"))]
    kinds = {kind.name: kind for kind in (read_toml(file, _KIND_KEYS, _kind) for file in files)}
    lists = [file for folder in folders if (file := folder / "courses.toml").is_file()]
    groups: dict[str, Mapping[str, str]] = {}
    courses: dict[str, Course] = {}
    for file in lists:
        read_toml(file, _COURSE_KEYS, lambda data: _add_courses(data, groups, courses))
    return EvidenceCatalogue(kinds, courses, groups)


def _kind(data: Mapping[str, Any]) -> EvidenceKind:
    has = frozenset(texts(data["has"]))
    if unknown := sorted(has - set(COLUMNS)):
        raise ValueError(f"has: {unknown[0]} is none of {', '.join(COLUMNS)}")
    return EvidenceKind(text(data["name"]), title(data["title"]), has, texts(data.get("also", [])))


def _add_courses(data: Mapping[str, Any], groups: dict[str, Mapping[str, str]], courses: dict[str, Course]) -> None:
    groups.update({name: title(words) for name, words in data.get("groups", {}).items()})
    for item in data.get("courses", []):
        course = _course(only(item, "code", "number", "group", "title", "models", "also"))
        if course.group not in groups:
            raise ValueError(f"course {course.code}: there is no group {course.group}")
        courses[course.code] = course


def _course(data: Mapping[str, Any]) -> Course:
    return Course(
        code=text(data["code"]),
        number=text(data["number"]) if "number" in data else None,
        group=text(data["group"]),
        title=title(data["title"]),
        models=texts(data.get("models", [])),
        also=texts(data.get("also", [])),
    )
