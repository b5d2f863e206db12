"""Where things are, read by the two doors (command line, browser) only and handed down as values."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Settings:
    """`data`: the folder that holds everything; `database_url`: SQLAlchemy's; `public_url`: root of QR addresses."""

    data: Path
    database_url: str
    public_url: str | None = None

    @classmethod
    def read(cls, data: Path | None = None) -> "Settings":
        """From `--data`, `STEMFLEET_DATA` or the user's data folder, and `STEMFLEET_DATABASE_URL`, `STEMFLEET_PUBLIC_URL`."""
        named = data or os.environ.get("STEMFLEET_DATA")
        folder = Path(named) if named else platformdirs.user_data_path("stemfleet", appauthor=False)
        folder = folder.absolute()
        return cls(
            data=folder,
            database_url=os.environ.get("STEMFLEET_DATABASE_URL") or f"sqlite:///{folder / 'stemfleet.sqlite'}",
            public_url=(os.environ.get("STEMFLEET_PUBLIC_URL") or "").rstrip("/") or None,
        )
