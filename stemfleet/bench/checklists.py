"""Pieces without a firmware of ours, checked by a person step by step: the same record, the same gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stemfleet.bench.records import keep_run
from stemfleet.devices.families.checklist import Answer, board_id_of, checklist_record
from stemfleet.devices.recipe import Recipe
from stemfleet.errors import NotFound, Refused
from stemfleet.kits import KitView, check_room, find_kit
from stemfleet.store import Board, BoardRun, Person
from stemfleet.words import Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Pieces:
    """Of one checklist: how many pieces a kit has, and how many of them are in it and have passed."""

    recipe: Recipe
    count: int
    passed: int


def pieces_of(workshop: Workshop, view: KitView) -> list[Pieces]:
    """The checklists that a kit's model asks for; none for a kit of boards alone."""
    model = workshop.models.get(view.kit.model)
    open_boards = {point.subject for point in view.open_points}
    found = []
    for component in model.components if model else ():
        for recipe in (workshop.recipes[name] for name in component.recipes if name in workshop.recipes):
            if recipe.is_checklist:
                passed = [b for b in view.boards if b.recipe == recipe.name and b.id not in open_boards]
                found.append(Pieces(recipe, component.count, len(passed)))
    return found


def checklist_of(workshop: Workshop, name: str) -> Recipe:
    """Raises NotFound with those there are."""
    known = {recipe.name: recipe for recipe in workshop.recipes.values() if recipe.is_checklist}
    if name not in known:
        raise NotFound("There is no checklist {name}. Checklists: {names}.", name=name, names=", ".join(known))
    return known[name]


def record_checklist(
    workshop: Workshop,
    person: Person,
    kit_tag: str,
    recipe_name: str,
    answers: Sequence[Answer],
    *,
    serial: str,
    station: str,
    started: datetime,
) -> BoardRun:
    """Stores what a person found at one piece of a kit, photos under their hash, and lets it count for the kit.

    Raises InputError for answers that are not complete, Refused when the piece belongs to another kit, or the kit has
    no such piece or all of them.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    recipe = checklist_of(workshop, recipe_name)
    board_id = board_id_of(recipe, serial)
    result = checklist_record(recipe, answers, serial=serial, station=station, operator=person.name, started=started)
    with workshop.store.write() as session:
        kit = find_kit(session, kit_tag)
        board = session.get(Board, board_id)
        if board is None or board.kit_tag is None:
            check_room(session, workshop, kit, recipe.name)
        elif board.kit_tag != kit.tag:
            raise Refused("{board} is part of kit {tag}. Put it back there.", board=board_id, tag=board.kit_tag)
        return keep_run(session, workshop, person, result, kit.tag)
