"""How a kit's state changes: by one function, which writes the history."""

from typing import Any

from sqlmodel import Session

from stemfleet.store import Kit, Person, write_history
from stemfleet.words import KitState


def move_kit(session: Session, person: Person, kit: Kit, state: KitState, **facts: Any) -> None:
    """The history's verb is the new state. A kit that is in the state already stays as it is."""
    if kit.state is state:
        return
    write_history(session, person, "kit", kit.tag, state, before=kit.state, **facts)
    kit.state = state
    session.add(kit)
    session.flush()
