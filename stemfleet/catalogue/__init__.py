"""What the program knows as data, in TOML files: kit models here, kinds of evidence, courses, published figures.

A new kit of a known family, or a new kind of evidence, needs no Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemfleet.catalogue.reading import count, read_toml, text, title
from stemfleet.errors import NotFound
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
    return read_toml(file, _KEYS, _model)


def _model(data: Mapping[str, Any]) -> Model:
    return Model(
        name=text(data["name"]),
        family=text(data["family"]),
        levels=tuple(Level(level) for level in data["levels"]),
        title=title(data["title"]),
        components=tuple(
            Component(tuple(map(text, item["recipes"])), count(item["count"])) for item in data.get("components", [])
        ),
        parts=tuple(Part(title(item["title"]), count(item["count"])) for item in data.get("parts", [])),
    )
