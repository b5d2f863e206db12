"""A hub for the tests: boards on real pseudo-terminals that are plugged in and pulled out, and a family to do them."""

import sys
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core_peers import BenchtopDriver, Peer, benchtop_recipe, board

from stemfleet.catalogue import Component, Model
from stemfleet.devices.faults import BoardFail
from stemfleet.devices.ports import Port
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.run import Identity
from stemfleet.words import Level, Reason
from stemfleet.workshop import Workshop

SLOW = [sys.executable, "-c", "import time; time.sleep(60)"]
USB = "1209:0001"
ID = "00112233445566778899aabbccdde{:03x}"


class HubDriver(BenchtopDriver):
    """Knows its kind by the identity's end, when the recipe says which one it is for."""

    def identify(self) -> Identity:
        found = super().identify()
        ending = self._run.recipe.settings.get("ending", "")
        if not (found.board_id or "").endswith(ending):
            raise BoardFail(Reason.WRONG_BOARD, "another kind")
        return found


def hub_recipe(folder: Path, name: str = "benchtop", **settings: object) -> Recipe:
    recipe = benchtop_recipe(folder, **settings)
    return replace(recipe, name=name, title=name.title(), usb=(USB,))


def hub_workshop(workshop: Workshop, *recipes: Recipe, boards: int = 1) -> Workshop:
    """The workshop with these recipes alone, and a kit of `boards` of the first one (`bench-kit`)."""
    title = {"el": "Σετ πάγκου", "en": "Bench kit"}
    kit = Model("bench-kit", "bench", (Level.PRIMARY,), title, (Component((recipes[0].name,), boards),), ())
    models = {**workshop.models, kit.name: kit}
    return replace(workshop, models=models, recipes={recipe.name: recipe for recipe in recipes})


class Hub:
    """Places with boards; `ports` is what pyserial would list."""

    def __init__(self) -> None:
        self.boards: dict[str, tuple[Peer, Port]] = {}

    def plug(self, place: str, number: int, recipes: tuple[str, ...] = ("benchtop",), serial: str | None = None) -> str:
        """The board's identity."""
        identity = ID.format(number)
        peer = Peer(board(id=f"id {identity}"))
        location = f"{place}:1.0" if number % 2 else place  # a board with one port, or with several
        self.boards[place] = peer, Port(peer.port, "", USB, serial or f"S{number}", location, None, recipes)
        return identity

    def rename(self, place: str, device: str) -> None:
        """The same board comes back under another port's name."""
        peer, port = self.boards[place]
        self.boards[place] = peer, replace(port, device=device)

    def unplug(self, place: str) -> None:
        peer, _port = self.boards.pop(place)
        peer.unplug()

    def ports(self) -> list[Port]:
        return [port for _peer, port in self.boards.values()]

    def __enter__(self) -> "Hub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for place in list(self.boards):
            self.unplug(place)
