"""Images of releases that a person approved, laid out as files for as long as the bench works."""

import tempfile
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from stemfleet.devices.recipe import Recipe
from stemfleet.devices.state import Slot
from stemfleet.kits import newest_releases, with_release
from stemfleet.store import Attachment, FirmwareRelease
from stemfleet.workshop import Workshop


class Images:
    """Hands out recipes with the current release; its image, if it is kept, is a file until `close`."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def current(self, slot: Slot) -> Slot:
        """The slot with the firmware that is current for each of its recipes."""
        with self._workshop.store.read() as session:
            newest = newest_releases(session)
            first, *others = (
                self._released(session, recipe, newest.get(recipe.name)) for recipe in (slot.recipe, *slot.others)
            )
        return replace(slot, recipe=first, others=tuple(others))

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def _released(self, session: Session, recipe: Recipe, release: FirmwareRelease | None) -> Recipe:
        shipped = self._workshop.recipes.get(recipe.name, recipe)
        recipe = replace(recipe, firmware=shipped.firmware)  # not the release of the run before
        current = with_release(recipe, release)
        if current is recipe or release is None or release.file is None:
            return current
        kept = session.get_one(Attachment, release.sha256)
        return replace(current, firmware=replace(current.firmware, file=self._laid_out(release.file, kept)))

    def _laid_out(self, name: str, kept: Attachment) -> Path:
        """Under its own name: tools tell the format by the ending. Its hash is checked before it is written."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="stemfleet-images-", ignore_cleanup_errors=True)
        path = Path(self._folder.name) / kept.sha256 / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(kept.content)
        return path
