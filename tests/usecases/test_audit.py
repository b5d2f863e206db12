"""The audit finds what was changed past the program."""

from collections.abc import Callable

import pytest

from stemfleet.audit import find_tampering
from stemfleet.kits import receive_kits
from stemfleet.shipments import ship_kits
from stemfleet.store import Person
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop
from tests.support.builders import award_to, run_board


@pytest.fixture
def shipped(workshop: Workshop, warehouse: Person, nso: Person, make_school: Callable[..., str]) -> Workshop:
    """A kit that was shipped, and one that failed."""
    good, bad = receive_kits(workshop, warehouse, "arduino-kit", 2)
    run_board(workshop, warehouse, "uno-1", good)
    run_board(workshop, warehouse, "uno-2", bad, outcome=Outcome.FAIL, reason="wrong_board")
    school = make_school()
    award_to(workshop.store, nso, school)
    ship_kits(workshop, warehouse, [good], school)
    return workshop


def test_untouched_work_is_whole(shipped: Workshop) -> None:
    assert find_tampering(shipped.store) is None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE board_run SET outcome = 'PASS', reason = NULL WHERE id = 2", "run 2"),
        ("UPDATE board_run SET record = replace(record, 'FAIL', 'PASS') WHERE id = 2", "run 2"),
        ("UPDATE board_run SET firmware_sha256 = NULL WHERE id = 1", "run 1"),
        ("DELETE FROM board_run WHERE id = 2", "run 2"),
        ("UPDATE kit SET state = 'ready' WHERE state = 'faulty'", "state of kit"),
        ("UPDATE history SET facts = '{}' WHERE id = 5", "Entry 5"),
    ],
)
def test_what_was_changed_is_named(shipped: Workshop, change: str, found: str) -> None:
    with shipped.store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert found in (find_tampering(shipped.store) or "")
