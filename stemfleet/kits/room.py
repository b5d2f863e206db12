"""Whether a kit takes one more board: asked when a board is known at the bench, when it joins, and for a checklist."""

from collections.abc import Sequence

from sqlmodel import Session

from stemfleet.catalogue import Component, find_model
from stemfleet.errors import Refused
from stemfleet.kits.gate import boards_of
from stemfleet.store import Board, Kit
from stemfleet.workshop import Workshop


def check_fits(workshop: Workshop, kit: Kit, recipes: Sequence[str]) -> list[str]:
    """Those of the recipes that the kit has boards for, full or not. Raises Refused when there is none."""
    fitting = [name for name in recipes if _components(workshop, kit, name)]
    if not fitting:
        raise Refused(
            "Kit {tag} ({model}) has no board of the kind {recipe}. Check the tag, or the slot.",
            tag=kit.tag,
            model=kit.model,
            recipe=" / ".join(recipes),
        )
    return fitting


def check_room(session: Session, workshop: Workshop, kit: Kit, recipe: str) -> None:
    """Raises Refused when the kit has no board of this kind, or as many as it is to have, with their names.

    Not to be asked for a board that is in the kit already.
    """
    check_fits(workshop, kit, [recipe])
    there = boards_of(session, kit)
    taken: dict[str, Board] = {}
    for component in _components(workshop, kit, recipe):
        boards = [board for board in there if board.recipe in component.recipes]
        if len(boards) < component.count:
            return
        taken |= {board.id: board for board in boards}
    raise Refused(
        "Kit {tag} has all its boards of the kind {recipe}: {boards}. "
        "Take one out of the kit first, or scan another tag.",
        tag=kit.tag,
        recipe=recipe,
        boards=", ".join(sorted(taken)),
    )


def _components(workshop: Workshop, kit: Kit, recipe: str) -> list[Component]:
    model = find_model(workshop.models, kit.model)
    return [component for component in model.components if recipe in component.recipes]
