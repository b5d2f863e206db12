"""The raw logs and photos of a kit's runs: one by one under their hash, or all in one archive with the records."""

import hashlib
import io
import json
import zipfile
from typing import Any

from stemfleet.errors import NotFound, Unavailable
from stemfleet.kits.read import KitView
from stemfleet.store import Attachment, BoardRun, Store

_STAMP = (2000, 1, 1, 0, 0, 0)  # the records say when; equal contents are equal bytes


def read_file(store: Store, run_id: int, name: str) -> tuple[bytes, str]:
    """(bytes, media type) of an attachment of a run. Raises NotFound, Unavailable when the bytes were changed."""
    with store.read() as session:
        run = session.get(BoardRun, run_id)
        rows = run.record["attachments"] if run is not None else []
        row = next((row for row in rows if row["name"] == name), None)
        file = session.get(Attachment, row["sha256"]) if row else None
    if row is None or file is None:
        raise NotFound("Run {run} has no file {name}.", run=run_id, name=name)
    return _unchanged(file), row["type"]


def kit_archive(store: Store, view: KitView) -> bytes:
    """A ZIP: `kit.json` as `kit show --json` prints it, and for each run its record and its files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "kit.json", _json(view.as_json()))
        for run in view.runs:
            folder = f"runs/{run.id:06d}-{run.outcome.value}"
            _add(archive, f"{folder}/record.json", _json(run.record))
            for row in run.record["attachments"]:
                _add(archive, f"{folder}/{row['name']}", read_file(store, run.id, row["name"])[0])
    return content.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _unchanged(file: Attachment) -> bytes:
    if hashlib.sha256(file.content).hexdigest() != file.sha256:
        raise Unavailable(
            "The file {sha256} was changed in the database. Restore it from a backup.", sha256=file.sha256
        )
    return file.content
