"""Fixtures that all rooms share: the database (SQLite and PostgreSQL), people, and builders of what a test needs."""

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stemfleet.accounts import add_person, console_person
from stemfleet.catalogue import read_models
from stemfleet.devices.recipe import load_recipes
from stemfleet.store import ImportRun, Person, School, SchoolCategory, Store
from stemfleet.words import Level, RecipientKind, Role, SchoolStatus
from stemfleet.workshop import Workshop
from tests.support import postgres

_numbers = itertools.count(1)


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would the programs to which tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One server for the run, with a migrated database to copy."""
    with postgres.server() as server:
        server.sql("CREATE DATABASE migrated")
        Store.open(server.url("migrated")).close()
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that the program supports."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_numbers)}"
    server.sql(f"CREATE DATABASE {name} TEMPLATE migrated")
    return server.url(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def workshop(store: Store) -> Workshop:
    return Workshop(store, read_models(), load_recipes())


@pytest.fixture
def nso(store: Store) -> Person:
    return add_person(store, console_person(store), "Νίκη Ν.", Role.NSO)


@pytest.fixture
def warehouse(store: Store, nso: Person) -> Person:
    return add_person(store, nso, "Άρης Α.", Role.WAREHOUSE)


@pytest.fixture
def make_school(store: Store, nso: Person) -> Callable[..., str]:
    """`make_school(level=…, categories=[…])` stores a school and gives its code."""

    def make(categories: tuple[str, ...] = (), **facts: object) -> str:
        code = f"{1000000 + next(_numbers)}"
        values = {"name": f"Σχολείο {code}", "level": Level.PRIMARY, "region": "03", **facts}
        with store.write() as session:
            run = ImportRun(
                what="schools", file_name="register.csv", file_sha256="0" * 64, format="", counts={}, person_id=nso.id
            )
            session.add(run)
            session.flush()
            school = School(code=code, kind=RecipientKind.SCHOOL, status=SchoolStatus.ACTIVE, **values)
            session.add(school)
            session.flush()
            session.add_all(SchoolCategory(school_code=code, category=c, import_id=run.id) for c in categories)
        return code

    return make
