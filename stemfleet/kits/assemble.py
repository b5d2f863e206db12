"""From a box of boards to a kit: tags for what was received, boards that join a kit by their runs."""

from sqlmodel import Session

from stemfleet.catalogue import find_model
from stemfleet.errors import InputError
from stemfleet.kits.gate import boards_of, open_points
from stemfleet.kits.states import move_kit
from stemfleet.kits.tags import find_kit, make_tag, next_number
from stemfleet.store import Board, BoardRun, Kit, Person, write_history
from stemfleet.words import KitState, Outcome, Role
from stemfleet.workshop import Workshop

_BEFORE_RESERVING = {
    KitState.RECEIVED,
    KitState.PROVISIONED,
    KitState.READY,
    KitState.FAULTY,
    KitState.IN_REPAIR,
}


def receive_kits(workshop: Workshop, person: Person, model: str, count: int) -> list[str]:
    """Issues `count` new tags for kits of a model that arrived. Raises NotFound, InputError, Refused."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    find_model(workshop.models, model)
    if not 1 <= count <= 1000:
        raise InputError("{count} kits at once: give a number from 1 to 1000.", count=count)
    with workshop.store.write() as session:
        first = next_number(session)
        tags = [make_tag(number) for number in range(first, first + count)]
        for tag in tags:
            kit = Kit(tag=tag, model=model, state=KitState.RECEIVED)
            session.add(kit)
            session.flush()
            write_history(session, person, "kit", tag, "received", model=model)
            settle(session, person, workshop, kit)
    return tags


def count_run(session: Session, person: Person, workshop: Workshop, run: BoardRun, kit_tag: str | None) -> None:
    """Lets a run of the bench count for its kit, in the caller's transaction.

    A passed board joins the kit named; a FAIL makes the kit faulty; ERROR, TIMEOUT and ABORTED tell nothing about
    the board and change nothing.
    """
    board = session.get(Board, run.board_id) if run.board_id else None
    tag = kit_tag or (board.kit_tag if board else None)
    if tag is None:
        return
    kit = find_kit(session, tag)
    run.kit_tag = kit.tag
    session.add(run)
    facts = {"recipe": run.recipe, "board": run.board_id, "outcome": run.outcome, "reason": run.reason}
    write_history(session, person, "kit", kit.tag, "board_run", **facts, run=run.id)
    if kit.state not in _BEFORE_RESERVING:
        return
    if run.outcome is Outcome.PASS and board is not None and board.kit_tag is None:
        board.kit_tag = kit.tag
        session.add(board)
        session.flush()
    if run.outcome is Outcome.FAIL:
        move_kit(session, person, kit, KitState.FAULTY, reason=run.reason)
    elif run.outcome is Outcome.PASS:
        settle(session, person, workshop, kit)


def settle(session: Session, person: Person, workshop: Workshop, kit: Kit) -> None:
    """The state before reserving follows from the gate: nothing open is ready, some boards in is provisioned."""
    session.flush()
    if not open_points(session, workshop, kit):
        move_kit(session, person, kit, KitState.READY)
    elif boards_of(session, kit) and kit.state is not KitState.FAULTY:
        move_kit(session, person, kit, KitState.PROVISIONED)
