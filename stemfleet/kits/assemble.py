"""From a box of boards to a kit: tags for what was received, boards that join a kit by their runs, or leave it."""

from sqlmodel import Session, col, select

from stemfleet.catalogue import find_model
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits.gate import boards_of, open_points
from stemfleet.kits.room import check_room
from stemfleet.kits.states import move_kit
from stemfleet.kits.tags import find_kit, make_tag, next_number
from stemfleet.store import Board, BoardRun, Kit, Person, write_history
from stemfleet.words import KitState, Outcome, Reason, Role
from stemfleet.workshop import Workshop

LONGEST_REASON = 500

BEFORE_RESERVING = {
    KitState.RECEIVED,
    KitState.PROVISIONED,
    KitState.READY,
    KitState.FAULTY,
    KitState.IN_REPAIR,
}


def receive_kits(
    workshop: Workshop, person: Person, model: str, count: int, *, lot: str = "", supplier: str = ""
) -> list[str]:
    """Issues `count` new tags for kits of a model that arrived. Raises NotFound, InputError, Refused.

    `lot` and `supplier` as on the delivery's papers: by them the yield is counted and a claim is made.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    find_model(workshop.models, model)
    delivery_lot, supplied_by = _name(lot, 64), _name(supplier, 128)
    origin = {key: value for key, value in (("delivery_lot", delivery_lot), ("supplier", supplied_by)) if value}
    if not 1 <= count <= 1000:
        raise InputError("{count} kits at once: give a number from 1 to 1000.", count=count)
    with workshop.store.write() as session:
        first = next_number(session)
        tags = [make_tag(number) for number in range(first, first + count)]
        for tag in tags:
            kit = Kit(tag=tag, model=model, state=KitState.RECEIVED, delivery_lot=delivery_lot, supplier=supplied_by)
            session.add(kit)
            session.flush()
            write_history(session, person, "kit", tag, "received", model=model, **origin)
            settle(session, person, workshop, kit)
    return tags


def _name(text: str, longest: int) -> str | None:
    """As it is stored; None for nothing."""
    name = " ".join(text.split())
    if len(name) > longest:
        raise InputError("{name} has more than {most} characters. Shorten it.", name=name, most=longest)
    return name or None


def put_into_kit(workshop: Workshop, person: Person, board_id: str, tag: str) -> None:
    """A board that has passed joins a kit afterwards, with its last run.

    Raises Refused when it is part of another kit, has not passed, or the kit has no room for it or has left.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        kit = find_kit(session, tag)
        board = session.get(Board, board_id)
        if board is None:
            raise NotFound("The bench has never seen a board {board}.", board=board_id)
        if board.kit_tag == kit.tag:
            return
        if board.kit_tag is not None:
            raise Refused("Board {board} is part of kit {tag}.", board=board_id, tag=board.kit_tag)
        check_room(session, workshop, kit, board.recipe)
        newest = select(BoardRun).where(BoardRun.board_id == board_id).order_by(col(BoardRun.id).desc()).limit(1)
        run = session.exec(newest).first()
        if run is not None and run.virtual and not workshop.demo:
            raise Refused("Board {board} is a virtual one: it counts for no kit, outside a demo.", board=board_id)
        if run is None or run.outcome is not Outcome.PASS or run.kit_tag is not None:
            raise Refused("Board {board} has not passed. Run it on the bench with the kit's tag.", board=board_id)
        if kit.state not in BEFORE_RESERVING:
            raise Refused("Kit {tag} is in the state {state}: no board is put into it.", tag=kit.tag, state=kit.state)
        count_run(session, person, workshop, run, kit.tag)


def take_out(workshop: Workshop, person: Person, board_id: str, reason: str) -> str:
    """The board is part of no kit any more; gives the tag of the one it was in, whose state follows from its gate.

    What it was recorded with stays with the kit; only its failures do not count there any more. To join a kit again it
    has to pass again. Raises NotFound, InputError without a reason, Refused when it is in no kit, or the kit has left
    or is set aside for a school.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= LONGEST_REASON:
        raise InputError("Give a reason of 3 to {most} characters: it stays with the kit.", most=LONGEST_REASON)
    with workshop.store.write() as session:
        board = session.get(Board, board_id)
        if board is None:
            raise NotFound("The bench has never seen a board {board}.", board=board_id)
        if board.kit_tag is None:
            raise Refused("Board {board} is part of no kit.", board=board_id)
        kit = find_kit(session, board.kit_tag)
        if kit.state not in BEFORE_RESERVING:
            raise Refused("Kit {tag} is in the state {state}: no board is taken out.", tag=kit.tag, state=kit.state)
        board.kit_tag = None
        session.add(board)
        facts = {"board": board_id, "recipe": board.recipe, "note": reason}
        write_history(session, person, "kit", kit.tag, "board_taken_out", **facts)
        write_history(session, person, "board", board_id, "board_taken_out", kit=kit.tag, note=reason)
        settle(session, person, workshop, kit)
        return kit.tag


def count_run(session: Session, person: Person, workshop: Workshop, run: BoardRun, kit_tag: str | None) -> None:
    """Lets a run of the bench count for its kit, in the caller's transaction.

    A passed board joins the kit named; where the kit has no room for it, the run is of a board without a kit. A FAIL
    makes the kit faulty, unless it says only that the board belongs to another one; ERROR, TIMEOUT and ABORTED tell
    nothing about the board and change nothing, unless they left it half written: then its kit is not ready any more.
    A virtual board counts for kits in a demo only.
    """
    board = session.get(Board, run.board_id) if run.board_id else None
    tag = kit_tag or (board.kit_tag if board else None)
    if tag is None or (run.virtual and not workshop.demo):
        return
    kit = find_kit(session, tag)
    facts = {"recipe": run.recipe, "board": run.board_id, "outcome": run.outcome, "reason": run.reason, "run": run.id}
    joins = run.outcome is Outcome.PASS and board is not None and board.kit_tag is None
    if joins and not _has_room(session, workshop, kit, run.recipe):
        write_history(session, person, "kit", kit.tag, "board_left_out", **facts)
        return
    run.kit_tag = kit.tag
    session.add(run)
    write_history(session, person, "kit", kit.tag, "board_run", **facts)
    if kit.state not in BEFORE_RESERVING:
        return
    if joins and board is not None:
        board.kit_tag = kit.tag
        session.add(board)
        session.flush()
    if run.outcome is Outcome.FAIL and run.reason != Reason.OTHER_KIT:
        move_kit(session, person, kit, KitState.FAULTY, reason=run.reason)
    elif run.outcome is Outcome.PASS or run.wrote:
        settle(session, person, workshop, kit)


def _has_room(session: Session, workshop: Workshop, kit: Kit, recipe: str) -> bool:
    try:
        check_room(session, workshop, kit, recipe)
    except Refused:
        return False
    return True


def settle(session: Session, person: Person, workshop: Workshop, kit: Kit) -> None:
    """The state before reserving follows from the gate: nothing open is ready, some boards in is provisioned.

    A faulty kit stays so until what failed has passed or is not in it any more; then it may still wait for others.
    """
    session.flush()
    points = open_points(session, workshop, kit)
    failed = any(point.code in {"failed", "not_passed"} for point in points)
    if not points:
        move_kit(session, person, kit, KitState.READY)
    elif not (failed and kit.state is KitState.FAULTY):
        move_kit(session, person, kit, KitState.PROVISIONED if boards_of(session, kit) else KitState.RECEIVED)
