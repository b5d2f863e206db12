"""Files that wait for a decision: under a random name, gone when it is made and after a day."""

import contextlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage

from stemfleet.errors import InputError, NotFound, Unavailable
from stemfleet.store import Person

KEPT_S = 24 * 3600
MOST_BYTES = 100_000_000
_FACTS, _PREVIEW, _SENT = "facts.json", "preview.json", "sent"  # what was sent has any name, and a folder for it
_ID = re.compile(r"[A-Za-z0-9_-]{12}")
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Upload:
    """A file that a person sent, or pages of one register, and what it is said to hold. `at`: seconds since 1970."""

    id: str
    what: str
    names: list[str]
    person: str
    at: float

    @property
    def name(self) -> str:
        """The first file's, and how many more there are."""
        return self.names[0] if len(self.names) == 1 else f"{self.names[0]} (+{len(self.names) - 1})"

    @property
    def sent(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


class Uploads:
    """Each upload has a folder of its own in `folder`: its files, facts about it, and its preview once there is one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, sent: Sequence[FileStorage], what: str, person: Person) -> Upload:
        """Raises InputError when no file was chosen or two have one name, Unavailable when there is no place."""
        sent = [file for file in sent if file.filename]
        if not sent:
            raise InputError("Choose a file first.")
        self._drop_old()
        names = [_plain_name(file.filename or "") for file in sent]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("Two of the files are called {name}. Give one of them another name.", name=twice)
        upload = Upload(secrets.token_urlsafe(9), what, names, person.name, time.time())
        place = self._folder / upload.id
        try:
            (place / _SENT).mkdir(parents=True)
            for file, to in zip(sent, self.files(upload), strict=True):
                file.save(to)
            (place / _FACTS).write_text(json.dumps(asdict(upload)), "utf-8")
        except OSError as error:
            self.drop(upload)
            raise Unavailable(
                "The file {name} cannot be kept here: {why}.", name=upload.name, why=error.strerror
            ) from error
        return upload

    def show(self, upload_id: str) -> Upload:
        """Raises NotFound."""
        facts = self._folder / upload_id / _FACTS
        try:
            return Upload(**json.loads(facts.read_text("utf-8") if _ID.fullmatch(upload_id) else "null"))
        except (FileNotFoundError, TypeError):  # or of another version of the program
            raise NotFound("This file is not here any more. Files wait for a day; send it again.") from None

    def files(self, upload: Upload) -> list[Path]:
        return [self._folder / upload.id / _SENT / name for name in upload.names]

    def keep_preview(self, upload: Upload, preview: dict[str, Any]) -> None:
        (self._folder / upload.id / _PREVIEW).write_text(json.dumps(preview, default=str), "utf-8")

    def preview(self, upload: Upload) -> dict[str, Any]:
        """Raises NotFound."""
        try:
            found: dict[str, Any] = json.loads((self._folder / upload.id / _PREVIEW).read_text("utf-8"))
        except FileNotFoundError:
            raise NotFound("This file was not read yet. Send it again.") from None
        return found

    def waiting(self) -> list[Upload]:
        """Those that were read and wait for a decision, the newest first."""
        self._drop_old()
        found = []
        for place in self._folder.glob(f"*/{_PREVIEW}"):
            with contextlib.suppress(NotFound):
                found.append(self.show(place.parent.name))
        return sorted(found, key=lambda upload: -upload.at)

    def drop(self, upload: Upload) -> None:
        shutil.rmtree(self._folder / upload.id, ignore_errors=True)

    def _drop_old(self) -> None:
        for place in self._folder.glob("*"):
            if place.stat().st_mtime < time.time() - KEPT_S:
                shutil.rmtree(place, ignore_errors=True)


def _plain_name(given: str) -> str:
    """The file's own name as the messages name it: no folders, nothing that a file system refuses, not too long."""
    last = re.split(r"[/\\]", given)[-1]
    name = re.sub(r"[^\w .()+-]", "_", last).strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:8]}" if dot and stem else name[:_LONGEST_NAME]
