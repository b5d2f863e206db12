"""The list of long work: each is done once, in order, and what is dead is not taken for alive."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from stemfleet.errors import NotFound, Unavailable
from stemfleet.store import Worklist, WorkState, worklist


@pytest.fixture
def works(tmp_path: Path) -> Worklist:
    return Worklist(tmp_path / "work.sqlite")


def add(works: Worklist, key: str = "", person: int = 1) -> str:
    return works.add("freeze", {"wave": key}, about=key, key=key, person_id=person, person="Νίκη", back="/")


def test_works_are_claimed_in_the_order_in_which_they_came(works: Worklist) -> None:
    assert works.claim() is None
    added = [add(works, key) for key in "abc"]
    assert [works.show(work).before for work in added] == [0, 1, 2]
    claimed = [works.claim() for _ in added]
    assert [work.id for work in claimed if work] == added
    assert works.claim() is None


def test_programs_that_share_a_list_never_claim_the_same_work(works: Worklist) -> None:
    added = {add(works, str(number)) for number in range(20)}
    claimed: list[str] = []

    def program() -> None:
        mine = Worklist(works.file)
        while work := mine.claim():
            claimed.append(work.id)

    threads = [threading.Thread(target=program) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(added)


def test_a_work_without_a_sign_of_life_is_interrupted_and_may_be_started_again(
    works: Worklist, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add(works, "a")
    works.claim()
    works.tell(first, "points", 3, 10)
    assert (works.show(first).state, works.show(first).done) == (WorkState.RUNNING, 3)
    assert add(works, "a") == first
    monkeypatch.setattr(worklist, "SILENT_S", -1)
    assert works.show(first).state is WorkState.INTERRUPTED
    assert works.open_of(1) == []
    assert add(works, "a") != first


def test_what_was_asked_to_stop_is_told_so_and_ends_in_its_own_time(works: Worklist) -> None:
    runs, waits = add(works, "a"), add(works, "b")
    works.claim()
    assert works.tell(runs, "", 0, 0) is False
    works.give_up(runs)
    works.give_up(waits)
    assert works.tell(runs, "", 0, 0) is True
    assert (works.show(runs).state, works.show(waits).state) == (WorkState.RUNNING, WorkState.STOPPED)
    works.end(runs, WorkState.DONE, result="/")  # it was faster
    assert works.show(runs).state is WorkState.DONE


def test_works_of_long_ago_are_forgotten(works: Worklist) -> None:
    old = add(works, "a")
    works.end(old, WorkState.FAILED, problem=("{why}", {"why": "x"}))
    with closing(sqlite3.connect(works.file)) as connection, connection:
        connection.execute("UPDATE work SET asked = asked - 15 * 24 * 3600")
    add(works, "b")
    with pytest.raises(NotFound):
        works.show(old)


def test_a_list_of_another_version_is_begun_anew(works: Worklist) -> None:
    with closing(sqlite3.connect(works.file)) as connection, connection:
        connection.execute("CREATE TABLE work (number INTEGER)")
    assert works.of(1) == []
    assert works.claim() is None
    assert works.show(add(works)).state is WorkState.WAITING


def test_a_file_that_is_no_list_is_named(works: Worklist) -> None:
    works.file.write_bytes(b"this is no database" * 100)
    with pytest.raises(Unavailable, match=r"work\.sqlite"):
        add(works)
