"""What a station's positions are called, what they are for, and whether boards start as they are plugged in."""

import re
from dataclasses import dataclass

from sqlmodel import Session, col, select

from stemfleet.devices.recipe import Recipe
from stemfleet.devices.state import natural_order
from stemfleet.errors import InputError, NotFound
from stemfleet.store import Person, Station, StationSlot, Store, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop

_NAME = re.compile(r"[^\W_][\w.-]{0,15}")


@dataclass(frozen=True)
class StationView:
    """`auto_start_by`: the active person in whose name boards start by themselves; `slots` in the order of names."""

    name: str
    auto_start_by: Person | None
    slots: tuple[StationSlot, ...]


def read_station(store: Store, station: str) -> StationView:
    """A station that nobody has set up yet has no named positions, and nothing starts by itself."""
    with store.read() as session:
        known = session.get(Station, station)
        person = session.get(Person, known.auto_start_by) if known and known.auto_start_by else None
        slots = session.exec(select(StationSlot).where(StationSlot.station == station)).all()
    return StationView(
        station,
        person if person and person.active else None,
        tuple(sorted(slots, key=lambda slot: natural_order(slot.name))),
    )


def learn_slot(store: Store, person: Person, station: str, name: str, place: str) -> None:
    """The position at `place` has this name from now on, and no other; the name moves if it had another place.

    Raises InputError for what is no name.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    name = check_slot_name(name)
    with store.write() as session:
        _station(session, station)
        at_place = select(StationSlot).where(StationSlot.station == station, StationSlot.place == place)
        for other in session.exec(at_place).all():
            if other.name != name:
                session.delete(other)
                session.flush()
        slot = session.get(StationSlot, (station, name)) or StationSlot(station=station, name=name, place=place)
        slot.place = place
        session.add(slot)
        write_history(session, person, "station", station[:64], "slot_learned", slot=name, place=place)


def check_slot_name(text: str) -> str:
    """The name as it is stored. Raises InputError."""
    name = text.strip()
    if not _NAME.fullmatch(name):
        raise InputError(
            '"{name}" is no name of a position. Use up to 16 letters, digits, dots and hyphens, such as A3.', name=name
        )
    return name


def forget_slot(store: Store, person: Person, station: str, name: str) -> None:
    """The position has no name any more. Raises NotFound."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with store.write() as session:
        session.delete(_slot(session, station, name))
        write_history(session, person, "station", station[:64], "slot_forgotten", slot=name)


def choose_recipe(workshop: Workshop, person: Person, station: str, name: str, recipe: str | None) -> None:
    """Boards in the position are done by this recipe; None: the board tells. Raises NotFound, InputError."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    if recipe is not None and recipe not in boards(workshop):
        raise NotFound(
            "There is no recipe {name} for boards. Recipes: {names}.", name=recipe, names=", ".join(boards(workshop))
        )
    with workshop.store.write() as session:
        slot = _slot(session, station, name)
        slot.recipe = recipe
        session.add(slot)
        write_history(session, person, "station", station[:64], "slot_recipe", slot=name, recipe=recipe)


def set_auto_start(store: Store, person: Person, station: str, on: bool) -> None:
    """Whether a board starts as it is plugged in, in the name of the person who says so."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with store.write() as session:
        known = _station(session, station)
        known.auto_start_by = person.id if on else None
        session.add(known)
        write_history(session, person, "station", station[:64], "auto_start_on" if on else "auto_start_off")


def boards(workshop: Workshop) -> dict[str, Recipe]:
    """The recipes that a slot can be for: those of boards, not the checklists."""
    return {name: recipe for name, recipe in workshop.recipes.items() if not recipe.is_checklist}


def _station(session: Session, name: str) -> Station:
    known = session.get(Station, name)
    if known is None:
        known = Station(name=name)
        session.add(known)
        session.flush()
    return known


def _slot(session: Session, station: str, name: str) -> StationSlot:
    slot = session.get(StationSlot, (station, name.strip()))
    if slot is None:
        chosen = select(StationSlot.name).where(col(StationSlot.station) == station).order_by(StationSlot.name)
        raise NotFound(
            "Station {station} has no position {slot}. Named ones: {slots}.",
            station=station,
            slot=name,
            slots=", ".join(session.exec(chosen)) or "–",
        )
    return slot
