"""Who works here, and how they sign in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from stemfleet.accounts import (
    activate_person,
    add_person,
    console_person,
    deactivate_person,
    find_person,
    issue_link,
    list_people,
    sign_in,
)
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.store import Person, SignInLink, Store, now, read_history
from stemfleet.words import Role


def test_a_link_signs_in_once(store: Store, nso: Person, warehouse: Person) -> None:
    token = issue_link(store, nso, warehouse.name)
    assert sign_in(store, token).name == warehouse.name
    with pytest.raises(Refused, match="has been used"):
        sign_in(store, token)


def test_a_link_grows_too_old(store: Store, nso: Person, warehouse: Person) -> None:
    token = issue_link(store, nso, warehouse.name)
    with store.write() as session:
        link = session.exec(select(SignInLink)).one()
        link.expires = now() - timedelta(seconds=1)
        session.add(link)
    with pytest.raises(Refused, match="too old"):
        sign_in(store, token)


def test_the_token_itself_is_not_stored(store: Store, nso: Person, warehouse: Person) -> None:
    token = issue_link(store, nso, warehouse.name)
    with store.read() as session:
        assert token not in session.exec(select(SignInLink.token_sha256)).one()


def test_nobody_signs_in_with_a_guess(store: Store) -> None:
    with pytest.raises(Refused):
        sign_in(store, "guess")


def test_a_person_of_a_school_needs_that_school(store: Store, nso: Person, make_school: Callable[..., str]) -> None:
    with pytest.raises(InputError, match="belongs to one school"):
        add_person(store, nso, "Μαρία", Role.SCHOOL)
    with pytest.raises(NotFound, match="9999999"):
        add_person(store, nso, "Μαρία", Role.SCHOOL, "9999999")
    assert add_person(store, nso, "Μαρία", Role.SCHOOL, make_school()).role is Role.SCHOOL


def test_a_name_stands_for_one_person(store: Store, nso: Person) -> None:
    with pytest.raises(InputError, match="already"):
        add_person(store, nso, f"  {nso.name} ", Role.NSO)


def test_the_longest_name_is_recorded_whole(store: Store, nso: Person) -> None:
    assert issue_link(store, nso, add_person(store, nso, "Ω" * 64, Role.NSO).name)


@pytest.mark.parametrize("name", ["Ω" * 65, "red\x1b[31m", "Νί\u202eκη", "a\0b"])
def test_a_name_that_cannot_be_shown_is_refused(store: Store, nso: Person, name: str) -> None:
    with pytest.raises(InputError, match="at most 64"):
        add_person(store, nso, name, Role.NSO)


def test_only_the_nso_adds_persons(store: Store, warehouse: Person) -> None:
    with pytest.raises(Refused):
        add_person(store, warehouse, "Κάποιος", Role.NSO)
    with pytest.raises(Refused):
        issue_link(store, warehouse, warehouse.name)


def test_the_person_at_the_console_is_one_and_the_same(store: Store) -> None:
    assert console_person(store).id == console_person(store).id
    assert len(list_people(store)) == 1


def test_a_deactivated_person_is_nobody(store: Store, warehouse: Person) -> None:
    assert find_person(store, warehouse.id) is not None
    with store.write() as session:
        session.add(session.merge(warehouse.model_copy(update={"active": False})))
    assert find_person(store, warehouse.id) is None


def test_a_person_who_is_shut_out_is_out_at_once_and_the_past_keeps_the_name(store: Store, nso: Person) -> None:
    person = add_person(store, nso, "Πρώην Π.", Role.WAREHOUSE)
    unused, token = (issue_link(store, nso, person.name) for _ in range(2))
    sign_in(store, token)
    deactivate_person(store, nso, person.name)
    assert find_person(store, person.id) is None
    with pytest.raises(Refused):
        sign_in(store, unused)
    with pytest.raises(Refused, match="gets no link"):
        issue_link(store, nso, person.name)
    activate_person(store, nso, person.name)
    with pytest.raises(Refused):  # the old link stays void
        sign_in(store, unused)
    assert sign_in(store, issue_link(store, nso, person.name)).id == person.id
    with store.read() as session:
        verbs = [entry.verb for entry, _name in read_history(session, "person", person.name)]
    assert [verb for verb in verbs if "activated" in verb] == ["deactivated", "activated"]


def test_only_the_nso_shuts_out_and_nobody_oneself(store: Store, nso: Person, warehouse: Person) -> None:
    with pytest.raises(Refused, match="oneself"):
        deactivate_person(store, nso, nso.name)
    with pytest.raises(Refused):
        deactivate_person(store, warehouse, nso.name)
    with pytest.raises(NotFound):
        deactivate_person(store, nso, "Κανένας")
