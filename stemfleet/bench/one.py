"""One board: flashed and checked on any port, its record stored."""

import threading
from collections.abc import Callable

from stemfleet.bench.records import check_kit, keep_run
from stemfleet.devices.provision import provision
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState
from stemfleet.store import Person
from stemfleet.words import Role
from stemfleet.workshop import Workshop


def provision_board(
    workshop: Workshop,
    person: Person,
    slot: Slot,
    *,
    station: str,
    kit_tag: str | None = None,
    flash: bool = True,
    on_event: Callable[[SlotState], None] | None = None,
    stop: threading.Event | None = None,
) -> Provisioned:
    """From flash to stored record; without `flash` nothing is written to the board.

    A board that is part of another kit than the one named is refused (FAIL other_kit) before anything is written.
    Raises InputError, NotFound for a tag that is none, Refused for a person who may not.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    if kit_tag is not None:
        with workshop.store.read() as session:
            kit_tag = check_kit(session, kit_tag)
    result = provision(
        slot,
        station=station,
        operator=person.name,
        flash=flash,
        on_event=on_event,
        stop=stop,
    )
    with workshop.store.write() as session:
        keep_run(session, workshop, person, result, kit_tag)
    return result
