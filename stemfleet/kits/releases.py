"""Which firmware is the current one: the recipe says so, or, where a recipe leaves it open, a person who approves it.

A release replaces the firmware of its recipe: for the gate, and for the bench, which writes its image if it is kept.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.devices.families.images import check_image
from stemfleet.devices.faults import BoardError
from stemfleet.devices.recipe import Firmware, Recipe
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.store import Attachment, FirmwareRelease, Person, Store, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop

LARGEST_IMAGE = 32_000_000  # bytes; the flash of an ESP32 has at most 16 MB
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """A firmware file as it was given: its name and bytes."""

    name: str
    content: bytes


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


def approve_release(
    workshop: Workshop,
    person: Person,
    recipe: str,
    version: str,
    *,
    name: str = "",
    sha256: str = "",
    image: Image | None = None,
) -> FirmwareRelease:
    """From now on this is the current firmware of the recipe's boards; kits with another one are stale at once.

    `sha256` alone: the image is given to the bench at each run (`--firmware`). `name`: the recipe's own if not told.
    Raises NotFound, Refused for a recipe that names its firmware itself, InputError for what is no version or sha256,
    or a file that such boards do not take.
    """
    person.must_be(Role.NSO)
    known = workshop.recipes.get(recipe)
    if known is None:
        raise NotFound("There is no recipe {name}. Recipes: {names}.", name=recipe, names=", ".join(workshop.recipes))
    if known.is_checklist or not known.firmware.open:
        raise Refused("Recipe {recipe} is not open for other firmware. Change the recipe's file.", recipe=recipe)
    version, name = " ".join(version.split()), " ".join(name.split()) or known.firmware.name
    if not (0 < len(version) <= 64 and len(name) <= 64):
        raise InputError("Give name and version of the firmware, of at most 64 characters each.")
    digest = _digest(sha256, image)
    if image is not None:
        _check(known, image)
    release = FirmwareRelease(
        recipe=recipe,
        name=name,
        version=version,
        sha256=digest,
        file=_plain_name(image.name) if image else None,
        person_id=person.id,
    )
    with workshop.store.write() as session:
        if image is not None and session.get(Attachment, digest) is None:
            session.add(Attachment(sha256=digest, content=image.content, size=len(image.content)))
        session.add(release)
        session.flush()
        facts = {"firmware": f"{name} {version}", "sha256": digest, "release": release.id}
        write_history(session, person, "recipe", recipe[:64], "firmware_approved", **facts)
        return release


def _digest(sha256: str, image: Image | None) -> str:
    given = sha256.strip().lower()
    if image is not None and not 0 < len(image.content) <= LARGEST_IMAGE:
        raise InputError("The file {file} is empty or larger than {most} MB.", file=image.name, most=32)
    digest = hash_of(image.content).hexdigest() if image else given
    if not _SHA256.fullmatch(digest):
        raise InputError("Give the firmware's file, or its sha256: 64 hexadecimal digits.")
    if given and given != digest:
        raise InputError("The file has sha256 {there}, not {given}. Is it the right one?", there=digest, given=given)
    return digest


def _check(recipe: Recipe, image: Image) -> None:
    with tempfile.TemporaryDirectory(prefix="stemfleet-image-") as folder:
        path = Path(folder) / _plain_name(image.name)
        path.write_bytes(image.content)
        try:
            check_image(recipe, path)
        except BoardError as wrong:
            raise InputError("The file is not approved: {problem}", problem=wrong.detail) from wrong


def _plain_name(name: str) -> str:
    """The file's own name, without folders, as every file system takes it."""
    return re.sub(r"[^\w.-]", "_", re.split(r"[/\\]", name)[-1]).strip(".")[-100:] or "firmware"


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
