"""Kits that were ready and no longer are: the firmware or the test of one of their boards was released anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select, true

from stemfleet.catalogue import find_model
from stemfleet.kits.gate import OpenPoint, gates_of
from stemfleet.store import Kit
from stemfleet.words import KitState
from stemfleet.workshop import Workshop

IN_HAND = (KitState.READY, KitState.RESERVED, KitState.PACKED)


@dataclass(frozen=True)
class StaleKit:
    """A kit that is called ready (or reserved, or packed) and may not leave any more, with what is open."""

    kit: Kit
    open: tuple[OpenPoint, ...]

    def as_json(self) -> dict[str, Any]:
        """A row of `kit stale --json`."""
        points = [point.as_json() for point in self.open]
        return {"tag": self.kit.tag, "model": self.kit.model, "state": self.kit.state, "open_points": points}


def stale_kits(workshop: Workshop, model: str | None = None) -> Sequence[StaleKit]:
    """By tag; of one model or of all. Raises NotFound for an unknown model."""
    if model is not None:
        find_model(workshop.models, model)
    which = col(Kit.state).in_(IN_HAND) & (true() if model is None else col(Kit.model) == model)
    with workshop.store.read() as session:
        kits = session.exec(select(Kit).where(which).order_by(Kit.tag)).all()
        gates = gates_of(session, workshop, kits, which)
    return [StaleKit(kit, gates[kit.tag].open) for kit in kits if gates[kit.tag].open]
