"""A person approves a firmware release of an open recipe: kits with another one are stale at once."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from pathlib import Path

from stemfleet.devices.families.images import LARGEST_IMAGE, check_image
from stemfleet.devices.faults import BoardError
from stemfleet.devices.recipe import Recipe
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits.stale import stale_kits
from stemfleet.store import Attachment, FirmwareRelease, Person, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """A firmware file as it was given: its name and bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Approval:
    """The release, and the tags of the kits that it made stale: they have to be done again."""

    release: FirmwareRelease
    stale: Sequence[str]


def approve_release(
    workshop: Workshop,
    person: Person,
    recipe: str,
    version: str,
    *,
    name: str = "",
    sha256: str = "",
    image: Image | None = None,
) -> Approval:
    """From now on this is the current firmware of the recipe's boards; kits with another one are stale at once.

    `sha256` alone: the image is given to the bench at each run (`--firmware`). `name`: the recipe's own if not told.
    Raises NotFound, Refused for a recipe that names its firmware itself, InputError for what is no version or sha256,
    or a file that such boards do not take.
    """
    person.must_be(Role.NSO)
    known = _open_recipe(workshop, recipe)
    version, name = " ".join(version.split()), " ".join(name.split()) or known.firmware.name
    if not (0 < len(version) <= 64 and len(name) <= 64):
        raise InputError("Give name and version of the firmware, of at most 64 characters each.")
    digest = _digest(known, sha256, image)
    release = FirmwareRelease(
        recipe=recipe,
        name=name,
        version=version,
        sha256=digest,
        file=_plain_name(image.name) if image else None,
        person_id=person.id,
    )
    before = {one.kit.tag for one in stale_kits(workshop)}
    with workshop.store.write() as session:
        if image is not None and session.get(Attachment, digest) is None:
            session.add(Attachment(sha256=digest, content=image.content, size=len(image.content)))
        session.add(release)
        session.flush()
        facts = {"firmware": f"{name} {version}", "sha256": digest, "release": release.id}
        write_history(session, person, "recipe", recipe[:64], "firmware_approved", **facts)
    return Approval(release, [one.kit.tag for one in stale_kits(workshop) if one.kit.tag not in before])


def _open_recipe(workshop: Workshop, name: str) -> Recipe:
    recipe = workshop.recipes.get(name)
    if recipe is None:
        raise NotFound("There is no recipe {name}. Recipes: {names}.", name=name, names=", ".join(workshop.recipes))
    if recipe.is_checklist or not recipe.firmware.open:
        raise Refused("Recipe {recipe} is not open for other firmware. Change the recipe's file.", recipe=name)
    return recipe


def _digest(recipe: Recipe, sha256: str, image: Image | None) -> str:
    """Of the image, which such boards take; without one the hash that was given."""
    given = sha256.strip().lower()
    if image is not None and not 0 < len(image.content) <= LARGEST_IMAGE:
        raise InputError(
            "The file {file} is empty or larger than {most} MB.", file=image.name, most=LARGEST_IMAGE // 1_000_000
        )
    digest = hash_of(image.content).hexdigest() if image else given
    if not _SHA256.fullmatch(digest):
        raise InputError("Give the firmware's file, or its sha256: 64 hexadecimal digits.")
    if given and given != digest:
        raise InputError("The file has sha256 {there}, not {given}. Is it the right one?", there=digest, given=given)
    if image is not None:
        _check(recipe, image)
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
