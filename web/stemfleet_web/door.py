"""What a request works with: the installation, its long work, the bench of this computer, the root of addresses."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app

from stemfleet.bench import LiveBench
from stemfleet.store import Store
from stemfleet.workshop import Workshop
from stemfleet_web.feed import BenchFeed
from stemfleet_web.workroom import Workroom

_KEY = "stemfleet"


@dataclass(frozen=True)
class Door:
    """`data`: the folder for files; `bench` and `feed` are both None when this computer has no bench."""

    workshop: Workshop
    data: Path
    work: Workroom
    public_url: str
    bench: LiveBench | None
    feed: BenchFeed | None
    demo: bool

    @property
    def store(self) -> Store:
        return self.workshop.store


def install_door(app: Flask, door: Door) -> None:
    app.extensions[_KEY] = door


def door_of(app: Flask) -> Door:
    door = app.extensions[_KEY]
    assert isinstance(door, Door)
    return door


def the_door() -> Door:
    """The door of the current application."""
    return door_of(current_app)
