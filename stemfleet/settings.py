"""Where things are, read by the two doors (command line, browser) only and handed down as values."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from stemfleet.errors import InputError

KEEP_YEARS = 6  # waves look back four years; a little longer, so that a wave can still be explained
LOCAL_ADDRESS = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Settings:
    """`data`: the folder that holds everything; `database_url`: SQLAlchemy's; `public_url`: root of QR addresses.

    `keep_years`: how long an eTwinning record keeps the pseudonymous id of its person (docs/privacy.md).
    """

    data: Path
    database_url: str
    public_url: str | None = None
    keep_years: int = KEEP_YEARS

    @property
    def address(self) -> str:
        """The root of every address that is printed: the public one, or this computer's own."""
        return self.public_url or LOCAL_ADDRESS

    @classmethod
    def read(cls, data: Path | None = None) -> "Settings":
        """From `--data`, `STEMFLEET_DATA` or the user's data folder, and the variables that docs/operation.md names."""
        named = data or os.environ.get("STEMFLEET_DATA")
        folder = Path(named) if named else platformdirs.user_data_path("stemfleet", appauthor=False)
        folder = folder.absolute()
        return cls(
            data=folder,
            database_url=os.environ.get("STEMFLEET_DATABASE_URL") or f"sqlite:///{folder / 'stemfleet.sqlite'}",
            public_url=(os.environ.get("STEMFLEET_PUBLIC_URL") or "").rstrip("/") or None,
            keep_years=_years(os.environ.get("STEMFLEET_KEEP_YEARS")),
        )


def _years(written: str | None) -> int:
    if not written:
        return KEEP_YEARS
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= 99):
        raise InputError("STEMFLEET_KEEP_YEARS is {value}, but must be a number of years from 1.", value=written)
    return int(written)
