"""What a kit is made of: the models, one TOML file each. A new kit of a known family needs no Python."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemfleet.errors import InputError, NotFound
from stemfleet.words import Level

_SHIPPED = Path(__file__).parent / "models"
_KEYS = {"name", "family", "levels", "title", "components", "parts"}


@dataclass(frozen=True)
class Component:
    """`count` boards of a kit, each prepared by one of `recipes`."""

    recipes: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Part:
    """A counted part without an identity of its own."""

    title: Mapping[str, str]
    count: int


@dataclass(frozen=True)
class Model:
    """A kit model. `title` by language ("el", "en"); `family` decides what counts as the same equipment again."""

    name: str
    family: str
    levels: tuple[Level, ...]
    title: Mapping[str, str]
    components: tuple[Component, ...]
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """What `model show --json` prints: the keys of the file."""
        return {
            "name": self.name,
            "family": self.family,
            "levels": list(self.levels),
            "title": dict(self.title),
            "components": [{"recipes": list(item.recipes), "count": item.count} for item in self.components],
            "parts": [{"title": dict(part.title), "count": part.count} for part in self.parts],
        }


def read_models(own: Path | None = None) -> dict[str, Model]:
    """All models by name; a file in `own` (the user's folder) replaces the shipped one of the same name.

    Raises InputError naming the file and the key.
    """
    folders = [_SHIPPED] + ([own] if own and own.is_dir() else [])
    files = [file for folder in folders for file in sorted(folder.glob("*.toml"))]
    return {model.name: model for model in map(_read_model, files)}


def find_model(models: Mapping[str, Model], name: str) -> Model:
    """Raises NotFound with the known names."""
    if name not in models:
        raise NotFound("There is no kit model {name}. Known: {known}", name=name, known=", ".join(sorted(models)))
    return models[name]


def _read_model(file: Path) -> Model:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError("{file} cannot be read: {why}", file=file, why=error) from error
    if unknown := sorted(set(data) - _KEYS):
        raise InputError("{file}: unknown key {key}", file=file, key=unknown[0])
    try:
        return Model(
            name=_text(data["name"]),
            family=_text(data["family"]),
            levels=tuple(Level(level) for level in data["levels"]),
            title=_title(data["title"]),
            components=tuple(
                Component(tuple(map(_text, item["recipes"])), _count(item["count"]))
                for item in data.get("components", [])
            ),
            parts=tuple(Part(_title(item["title"]), _count(item["count"])) for item in data.get("parts", [])),
        )
    except KeyError as error:
        raise InputError("{file}: the key {key} is missing", file=file, key=error.args[0]) from error
    except (TypeError, ValueError) as error:
        raise InputError("{file}: {why}", file=file, why=error) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a name")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is not a count of 1 or more")
    return value


def _title(value: Any) -> dict[str, str]:
    return {"el": _text(value["el"]), "en": _text(value["en"])}
