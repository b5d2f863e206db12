"""What the store promises, on SQLite and on PostgreSQL."""

import hashlib
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from stemfleet.errors import InputError, Unavailable
from stemfleet.registers import SPELLING, search_key
from stemfleet.schools import find_schools
from stemfleet.store import (
    Attachment,
    BoardRun,
    HistoryEntry,
    Kit,
    Person,
    School,
    Shipment,
    Store,
    first_broken_entry,
    read_history,
    write_history,
)
from stemfleet.store.engine import engine_of
from stemfleet.store.search import is_ours
from stemfleet.store.upgrade import alembic_config
from stemfleet.words import KitState, Role
from stemfleet.workshop import Workshop


def add_person(store: Store, name: str = "Νίκη") -> Person:
    with store.write() as session:
        person = Person(name=name, role=Role.NSO)
        session.add(person)
    return person


def test_a_full_disk_is_told_and_keeps_nothing_of_the_transaction(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'small.sqlite'}")
    content = os.urandom(1_000_000)  # cannot be packed

    def fill() -> None:
        with store.write() as session:
            session.connection().exec_driver_sql("PRAGMA max_page_count = 1")  # no page more than it has: SQLITE_FULL
            session.add(Person(name="Α", role=Role.NSO))
            session.add(Attachment(sha256=hashlib.sha256(content).hexdigest(), content=content, size=len(content)))

    with pytest.raises(Unavailable, match="disk is full"):
        fill()
    with store.read() as session:
        assert session.exec(select(Person)).all() == []
    store.close()


def test_the_migrations_lead_to_the_tables_that_the_code_describes(store: Store) -> None:
    with store.engine.connect() as connection:
        migrated = MigrationContext.configure(connection, opts={"include_name": is_ours})
        differences = compare_metadata(migrated, SQLModel.metadata)
    assert differences == []


def test_opening_twice_changes_nothing(store: Store, database_url: str) -> None:
    add_person(store)
    again = Store.open(database_url)
    with again.read() as session:
        assert [person.name for person in session.exec(select(Person))] == ["Νίκη"]
    again.close()


@pytest.fixture
def old_database(request: pytest.FixtureRequest, database_url: str) -> str:
    """As the first revision left it: a board of a kit that was flashed, and the log of that."""
    if database_url.startswith("postgresql"):
        server = request.getfixturevalue("postgres_server")
        name = f"old_{database_url.rpartition('_')[2]}"
        server.sql(f"CREATE DATABASE {name}")
        database_url = server.url(name)
    engine, config = engine_of(database_url), alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, row in OLD_ROWS:
            names = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)
    engine.dispose()
    return database_url


THEN = "2026-03-02 09:00:00+00:00"
OLD_ROWS: list[tuple[str, dict[str, object]]] = [
    ("person", {"name": "Νίκη", "role": "nso", "active": True, "created": THEN}),
    ("kit", {"tag": "SF-00001B", "model": "arduino-kit", "state": "ready", "created": THEN}),
    ("board", {"id": "b1", "recipe": "arduino-uno", "kit_tag": "SF-00001B", "first_seen": THEN}),
    ("attachment", {"sha256": "0" * 64, "content": b"avrdude said so"}),
    (
        "board_run",
        {"board_id": "b1", "kit_tag": "SF-00001B", "recipe": "arduino-uno", "test_version": "1", "station": "s"}
        | {"person_id": 1, "started": THEN, "ended": THEN, "outcome": "PASS"}
        | {"record": '{"phases": [{"name": "flash"}]}'},
    ),
    (
        "board_run",
        {"recipe": "arduino-uno", "test_version": "1", "station": "pc (virtual)", "person_id": 1}
        | {"started": THEN, "ended": THEN, "outcome": "PASS", "record": '{"phases": []}'},
    ),
]


def test_a_database_of_an_earlier_version_is_brought_up_to_date_with_all_that_is_in_it(old_database: str) -> None:
    store = Store.open(old_database)
    with store.read() as session:
        (file,) = session.exec(select(Attachment)).all()
        run, virtual = session.exec(select(BoardRun).order_by(col(BoardRun.id))).all()
        assert (file.content, file.size) == (b"avrdude said so", 15)
        assert (run.kit_tag, run.wrote, run.virtual) == ("SF-00001B", True, False)
        assert virtual.virtual  # until then its station alone said so
        assert session.exec(select(Kit.legacy)).all() == [False]
    store.close()


def test_words_are_stored_by_value(store: Store) -> None:
    add_person(store)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT role FROM person")).scalar_one() == "nso"


def test_times_come_back_in_utc(store: Store) -> None:
    person = add_person(store)
    with store.read() as session:
        found = session.get_one(Person, person.id)
        assert found.created.tzinfo is UTC
        assert abs(datetime.now(UTC) - found.created).total_seconds() < 60


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="without a zone"), store.write() as session:
        session.add(Person(name="x", role=Role.NSO, created=datetime(2026, 1, 1)))


def test_nothing_is_kept_of_a_transaction_that_fails(store: Store) -> None:
    person = add_person(store)

    def work() -> None:
        with store.write() as session:
            write_history(session, person, "kit", "SF-00001B", "received")
            session.add(Kit(tag="SF-00001B", model="x", state=KitState.RECEIVED))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    with store.read() as session:
        assert not session.exec(select(Kit)).all()
        assert not session.exec(select(HistoryEntry)).all()


def test_a_number_that_no_column_holds_is_refused_and_nothing_kept(store: Store) -> None:
    def work() -> None:
        with store.write() as session:
            session.add(Person(name="Νίκη", role=Role.NSO))
            session.flush()
            session.add(Shipment(id=10**30, school_code="0101001", person_id=1))

    with pytest.raises(InputError, match="does not fit into the database"):
        work()
    with store.read() as session:
        assert not session.exec(select(Person)).all()


def test_a_row_cannot_name_what_is_not_there(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Kit(tag="SF-00001B", model="x", state=KitState.RECEIVED, school_code="9999999"))


def test_the_history_of_a_subject_is_in_order_with_names(store: Store) -> None:
    person = add_person(store)
    with store.write() as session:
        write_history(session, person, "kit", "SF-00001B", "received", model="microbit-kit")
        write_history(session, person, "kit", "SF-00002C", "received")
        write_history(session, person, "kit", "SF-00001B", "ready")
    with store.read() as session:
        history = read_history(session, "kit", "SF-00001B")
    assert [(entry.verb, name) for entry, name in history] == [("received", "Νίκη"), ("ready", "Νίκη")]
    assert history[0][0].facts == {"model": "microbit-kit"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE history SET verb = 'lost' WHERE id = 2",
        "UPDATE history SET facts = '{\"n\":9}' WHERE id = 2",
        "UPDATE history SET facts = '{' WHERE id = 2",
        "UPDATE history SET person_id = 2 WHERE id = 2",
        "DELETE FROM history WHERE id = 2",
    ],
)
def test_a_changed_or_removed_entry_breaks_the_chain(store: Store, change: str) -> None:
    person = add_person(store)
    add_person(store, "Άλλος")
    with store.write() as session:
        for number in range(4):
            write_history(session, person, "kit", "SF-00001B", "checked", n=number)
    with store.read() as session:
        assert first_broken_entry(session) is None
    with store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    with store.read() as session:
        assert first_broken_entry(session) == 2


def test_writers_at_once_leave_one_whole_chain(store: Store) -> None:
    person = add_person(store)

    def write() -> None:
        for _ in range(10):
            with store.write() as session:
                write_history(session, person, "kit", "SF-00001B", "checked")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        assert len(session.exec(select(HistoryEntry)).all()) == 40
        assert first_broken_entry(session) is None


def test_an_address_that_is_none_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="not a database address"):
        Store.open("what is this")


def test_a_server_that_does_not_answer_is_a_clear_error_without_the_password() -> None:
    with pytest.raises(Unavailable, match="cannot be opened") as caught:
        Store.open("postgresql://stemfleet:secret@127.0.0.1:1/nothing")
    assert "secret" not in str(caught.value)


def test_a_database_of_a_newer_program_is_refused(store: Store, database_url: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match="newer version"):
        Store.open(database_url)


def test_a_database_that_is_up_to_date_is_opened_without_loading_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"
    Store.open(url).close()
    script = (
        f"import sys; from stemfleet.store import Store; Store.open({url!r}).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_names_in_an_earlier_spelling_are_brought_into_the_present_one_when_the_program_opens(
    database_url: str, tmp_path: Path
) -> None:
    """Whatever made the database: after an update people find what they found, without another import."""
    store = Store.open(database_url)
    with store.write() as session:
        for number in range(3):
            name = f"{number + 1}ο Γ.Ε.Λ. Άρτας"
            facts = {"kind": "school", "level": "general_upper", "status": "active", "search_name": "gel"}
            session.add(
                School.model_validate({"code": f"010100{number}", "name": name, "municipality": "Αρταίων", **facts})
            )
    store.close()
    for _again in range(2):
        opened = Workshop.open(database_url, tmp_path).store
        assert [school.code for school, _ in find_schools(opened, "γενικό λύκειο 2ο αρταίων")] == ["0101001"]
        with opened.write() as session:  # what keeps the index in step is there again
            school = session.get_one(School, "0101002")
            school.search_name = search_key("Παξοί")
            session.add(school)
        assert [school.code for school, _ in find_schools(opened, "παξοί")] == ["0101002"]
        assert len(find_schools(opened, "gel")) == 2
        opened.close()


def test_a_change_of_the_spelling_takes_a_new_number() -> None:
    """Names that are stored are brought into it only then. When this fails: one more for SPELLING, and this digest."""
    names = (
        "1ο Γυμνάσιο Κέρκυρας", "2ο Γ.Ε.Λ. ΑΓΓΕΛΟΚΑΣΤΡΟΥ", "ΕΠΑ.Λ. ΞΑΝΘΗΣ", "ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ ΑΓ. ΝΙΚΟΛΑΟΥ",
        "Ν/Γ ΨΥΧΙΚΟΥ", "1/Θ Δ.Σ. ΜΠΟΥΜΠΟΥΛΙΝΑΣ", "ΕΙΔΙΚΟ ΣΧΟΛΕΙΟ ΕΥΒΟΙΑΣ", "ΕΝ.Ε.Ε.ΓΥ.-Λ. ΘΕΣ/ΝΙΚΗΣ", "KEPKYPA",
        "ΠΤΔΕ Αιγαίου, Ρόδος",
    )  # fmt: skip
    digest = hashlib.sha256("|".join(map(search_key, names)).encode()).hexdigest()[:12]
    assert (SPELLING, digest) == (2, "c36fb883e041")
