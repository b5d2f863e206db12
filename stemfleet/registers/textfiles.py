"""Which encoding a text file is in: looked at as a whole, because the first Greek letter may be on the last row."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from stemfleet.errors import InputError

_CHUNK = 1 << 14  # bytes; a megabyte at once takes twice the time
_LONGEST_LINE = 1 << 20  # bytes
_HIGH = re.compile(rb"[\x80-\xff]")
_PAIR = re.compile(rb"[\xc3-\xdf][\x80-\xbf]")


@dataclass(frozen=True)
class Encoding:
    """`name` as people call it, `codec` as Python does."""

    name: str
    codec: str


UTF8 = Encoding("UTF-8", "utf-8")
UTF8_BOM = Encoding("UTF-8 with BOM", "utf-8-sig")
UTF16 = Encoding("UTF-16", "utf-16")
WINDOWS = Encoding("Windows-1253", "cp1253")
ISO = Encoding("ISO-8859-7", "iso8859_7")


def detect_encoding(path: Path) -> Encoding:
    """The encoding of a whole text file.

    UTF-16 needs its byte order mark. A file that is not valid UTF-8 is taken for Windows-1253, or for ISO-8859-7 where
    it has the latter's Ά only, unless most of it is UTF-8 all the same: then it is a broken one. Raises InputError
    with the row of the first byte that does not fit, and for a line so long that it is none.
    """
    with path.open("rb") as file:
        start = file.read(3)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        expected = UTF16
    else:
        expected = UTF8_BOM if start == codecs.BOM_UTF8 else UTF8
        _refuse_nul(path)
    bad = _first_bad_row(path, expected.codec)
    if bad is None:
        return expected
    if expected is UTF8 and not _mostly_utf8(path):
        bad = _first_bad_row(path, WINDOWS.codec)
        if bad is None:
            return ISO if _has_alpha_of_iso(path) else WINDOWS
        raise InputError(
            "{file}, row {row}: the letters are neither UTF-8 nor Windows-1253. Save the file as «CSV UTF-8».",
            file=path.name,
            row=bad,
        )
    raise InputError(
        "{file}, row {row}: the file is {encoding}, but a letter here is broken. Save it as «CSV UTF-8» again.",
        file=path.name,
        row=bad,
        encoding=expected.name,
    )


def _first_bad_row(path: Path, codec: str) -> int | None:
    """The line of the first byte that `codec` cannot read; None when it reads all of it."""
    decoder = codecs.getincrementaldecoder(codec)()
    lines, unbroken = 1, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return lines + (pending + chunk)[: error.start].count(b"\n")
            if not chunk:
                return None
            unbroken = 0 if "\n" in text or "\r" in text else unbroken + len(chunk)
            if unbroken > _LONGEST_LINE:
                raise InputError(
                    "{file}, row {row}: a line of more than {limit} MB; this is no table. Export it again.",
                    file=path.name,
                    row=lines,
                    limit=_LONGEST_LINE >> 20,
                )
            lines += text.count("\n")


def _mostly_utf8(path: Path) -> bool:
    """Whether most bytes above ASCII come in the pairs in which UTF-8 writes Greek."""
    high = paired = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            high += len(_HIGH.findall(chunk))
            paired += 2 * len(_PAIR.findall(chunk))
    return paired * 2 > high


def _has_alpha_of_iso(path: Path) -> bool:
    """The two encodings differ in one letter: Ά, which in the other one is a sign that no register has."""
    windows = iso = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            windows, iso = windows or b"\xa2" in chunk, iso or b"\xb6" in chunk
    return iso and not windows and _first_bad_row(path, ISO.codec) is None


def _refuse_nul(path: Path) -> None:
    lines = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if (at := chunk.find(b"\0")) >= 0:
                raise InputError(
                    "{file}, row {row}: NUL bytes; this is not a text table. Export it again, as .xlsx or «CSV UTF-8».",
                    file=path.name,
                    row=lines + chunk[:at].count(b"\n"),
                )
            lines += chunk.count(b"\n")
