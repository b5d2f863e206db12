"""Which firmware is the current one: the recipe says so, or, where a recipe leaves it open, a person who approves it.

A release replaces the firmware of its recipe: for the gate, and for the bench, which writes its image if it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.devices.recipe import Firmware, Recipe
from stemfleet.store import FirmwareRelease, Person, Store
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class CurrentFirmware:
    """What has to be on the boards of a recipe. `sha256` None: nobody has approved any yet, so no board is ready.

    `open`: a person approves releases, else the recipe's file names its firmware. `file`: name of the kept image.
    """

    recipe: str
    title: str
    open: bool
    name: str
    version: str
    sha256: str | None
    file: str | None = None
    approved_by: str | None = None
    approved: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """A row of `firmware list --json`."""
        at = self.approved.isoformat() if self.approved else None
        return {**{key: getattr(self, key) for key in self.__dataclass_fields__}, "approved": at}


def current_recipes(session: Session, workshop: Workshop) -> Mapping[str, Recipe]:
    """The recipes by name, open ones with the release that was approved last."""
    newest = newest_releases(session)
    return {name: with_release(recipe, newest.get(name)) for name, recipe in workshop.recipes.items()}


def with_release(recipe: Recipe, release: FirmwareRelease | None) -> Recipe:
    """The recipe as it counts now; an image that is not the recipe's own has no file yet."""
    own = recipe.firmware
    if release is None or not own.open or release.sha256 == own.sha256:
        return recipe
    return replace(recipe, firmware=Firmware(release.name, release.version, None, release.sha256, open=True))


def newest_releases(session: Session) -> Mapping[str, FirmwareRelease]:
    """By recipe."""
    found = session.exec(select(FirmwareRelease).order_by(col(FirmwareRelease.id)))
    return {release.recipe: release for release in found}


def list_current_firmware(workshop: Workshop) -> list[CurrentFirmware]:
    """Of every recipe for boards, in the order of names."""
    with workshop.store.read() as session:
        newest = newest_releases(session)
        people = {r.person_id: session.get_one(Person, r.person_id).name for r in newest.values()}
    found = []
    for recipe in (recipe for recipe in workshop.recipes.values() if not recipe.is_checklist):
        firmware, release = with_release(recipe, newest.get(recipe.name)).firmware, newest.get(recipe.name)
        plain = CurrentFirmware(
            recipe.name, recipe.title, firmware.open, firmware.name, firmware.version, firmware.sha256
        )
        if release is not None and firmware.open:
            who = people[release.person_id]
            plain = replace(plain, file=release.file, approved_by=who, approved=release.approved)
        found.append(plain)
    return found


def list_releases(store: Store) -> Sequence[tuple[FirmwareRelease, str]]:
    """(release, name of the person who approved it), newest first."""
    with store.read() as session:
        chosen = select(FirmwareRelease, Person.name).join(Person, col(Person.id) == FirmwareRelease.person_id)
        return session.exec(chosen.order_by(col(FirmwareRelease.id).desc())).all()
