"""Files that schools attach as proof: what they are is told by their content, not by their name."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from PIL import Image

from stemfleet.errors import InputError

LARGEST = 5 << 20  # bytes
MOST_FILES = 5
_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Proof:
    """`type`: application/pdf, image/jpeg or image/png."""

    name: str
    type: str
    content: bytes


def check_proofs(files: Sequence[tuple[str, bytes]]) -> list[Proof]:
    """(name, content) of each file; the same content twice is one proof.

    Raises InputError for too many, an empty one, one larger than 5 MB, and one that is no PDF, JPEG or PNG.
    """
    if len(files) > MOST_FILES:
        raise InputError("At most {most} files can be attached.", most=MOST_FILES)
    return list(
        {content: _checked(PurePath(name.replace("\\", "/")).name, content) for name, content in files}.values()
    )


def _checked(name: str, content: bytes) -> Proof:
    if not content:
        raise InputError("{file} is empty.", file=name)
    if len(content) > LARGEST:
        raise InputError("{file} is larger than {limit} MB.", file=name, limit=LARGEST >> 20)
    kind = _type_of(content)
    if kind is None:
        raise InputError("{file} is not a PDF, JPEG or PNG that can be opened. Attach one of these.", file=name)
    return Proof(name[-_LONGEST_NAME:] or "file", kind, content)


def _type_of(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return "application/pdf" if b"%%EOF" in content[-1024:] else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_PICTURES)) as picture:
                picture.verify()
                return _PICTURES[picture.format or ""]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
