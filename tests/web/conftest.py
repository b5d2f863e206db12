"""A small installation with kits on every step of the way, and visitors of every kind in front of its pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from stemfleet.accounts import add_person, issue_link
from stemfleet.bench import LiveBench
from stemfleet.devices.state import Slot
from stemfleet.kits import receive_kits
from stemfleet.registers import search_key
from stemfleet.shipments import pack_kit, reserve_kit, ship_kits
from stemfleet.store import Person, Store
from stemfleet.words import Outcome, Role
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.door import door_of
from tests.support.builders import award_to, run_board

ROOT = "http://kits.example"


@dataclass(frozen=True)
class Stock:
    """Tags of arduino kits by their state, and the two schools: `school` has the award, `other` has nothing."""

    school: str
    other: str
    received: str
    faulty: str
    ready: str
    reserved: str
    packed: str
    shipped: str


class Visitor:
    """A browser in front of the pages; its forms carry the token that the page would have given it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def text(self, path: str) -> str:
        return self.get(path).get_data(as_text=True)

    def token(self) -> str:
        with self.app.test_request_context(), self.client.session_transaction() as kept:
            from flask import session

            session.update(kept)
            token: str = generate_csrf()
            kept.update(session)
        return token

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **fields})

    def send(self, path: str, body: Any) -> TestResponse:
        """JSON, as programs send it."""
        return self.client.post(path, json=body, headers={"X-CSRFToken": self.token()})

    def signed_in(self, store: Store, actor: Person, person: Person) -> "Visitor":
        assert self.get(f"/sign-in/{issue_link(store, actor, person.name)}").status_code == 302
        return self


@contextmanager
def pages_of(workshop: Workshop, folder: Path, bench: LiveBench | None = None) -> Iterator[Flask]:
    """The pages of a workshop, whose clock they go by, until the end of the test."""
    made = create_app(workshop, data=folder, secret_key="of the tests", public_url=ROOT, bench=bench)
    made.testing = True
    yield made
    door_of(made).work.close()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The pages know no SQL, so one kind of database is enough for them."""
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture
def stock(workshop: Workshop, nso: Person, warehouse: Person, make_school: Callable[..., str]) -> Stock:
    names = ("1ο Δημοτικό Κέρκυρας", "2ο Γυμνάσιο Χανίων")
    school, other = (make_school(name=name, search_name=search_key(name)) for name in names)
    award_to(workshop.store, nso, school, units=9)
    tags = receive_kits(workshop, warehouse, "arduino-kit", 6)
    for tag in tags[2:]:
        run_board(workshop, warehouse, f"board-of-{tag}", tag)
    run_board(workshop, warehouse, "bad-board", tags[1], outcome=Outcome.FAIL, reason="wrong_board")
    for tag in tags[3:]:
        reserve_kit(workshop, warehouse, tag, school)
    pack_kit(workshop, warehouse, tags[4])
    ship_kits(workshop, warehouse, [tags[5]], school)
    return Stock(school, other, *tags)


@pytest.fixture
def teacher(store: Store, nso: Person, stock: Stock) -> Person:
    """Of the school that has kits."""
    return add_person(store, nso, "Μαρία Μ.", Role.SCHOOL, stock.school)


@pytest.fixture
def stranger(store: Store, nso: Person, stock: Stock) -> Person:
    """A teacher of the school that has none."""
    return add_person(store, nso, "Ξένη Ξ.", Role.SCHOOL, stock.other)


@pytest.fixture
def bench(workshop: Workshop, tmp_path: Path) -> Iterator[LiveBench]:
    """A bench of two slots with nothing plugged in: starting one ends at once with ERROR, port_missing."""
    recipe = workshop.recipes["arduino-uno"]
    slots = [Slot(name, recipe, str(tmp_path / f"no-port-{name}")) for name in ("A1", "A2")]
    live = LiveBench(workshop, slots, "test")
    yield live
    live.close()


@pytest.fixture
def app(workshop: Workshop, bench: LiveBench, tmp_path: Path) -> Iterator[Flask]:
    with pages_of(workshop, tmp_path, bench) as made:
        yield made


@pytest.fixture
def visit(app: Flask, store: Store, nso: Person) -> Callable[..., Visitor]:
    """`visit()` is anybody, `visit(person)` is signed in."""

    def visitor(person: Person | None = None) -> Visitor:
        return Visitor(app) if person is None else Visitor(app).signed_in(store, nso, person)

    return visitor
