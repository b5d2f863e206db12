"""Where things are, read by the two doors (command line, browser) only and handed down as values."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

LOCAL_ADDRESS = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Settings:
    """`data`: the folder that holds everything; `database_url`: SQLAlchemy's; `public_url`: root of QR addresses."""

    data: Path
    database_url: str
    public_url: str | None = None

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
        )
