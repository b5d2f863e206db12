"""Who is asking: the signed-in person, and the guards that stand before a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, session
from flask_login import LoginManager, current_user, login_user, logout_user

from stemfleet.accounts import find_person
from stemfleet.errors import Refused
from stemfleet.store import Person
from stemfleet.words import Role
from stemfleet_web.door import the_door

P = ParamSpec("P")
R = TypeVar("R")
STAFF = (Role.WAREHOUSE, Role.NSO)


class NotSignedIn(Exception):
    """The page is for signed-in persons; answered by the sign-in page, or 401 in the API."""


class NotYours(Refused):
    """The page is for other persons; answered with 403."""


class SignedIn:
    """What flask-login keeps of a person."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, person: Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return str(self.person.id)


def install(app: Flask) -> None:
    manager = LoginManager(app)
    manager.user_loader(_load)


def _load(person_id: str) -> SignedIn | None:
    person = find_person(the_door().store, int(person_id))
    return SignedIn(person) if person else None


def enter(person: Person) -> None:
    """Signs the person in on this browser. A fresh session, so that nobody else's is carried on."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(person))


def leave() -> None:
    logout_user()
    session.clear()


def person_or_none() -> Person | None:
    return current_user.person if current_user.is_authenticated else None


def the_person() -> Person:
    """The signed-in person. Raises NotSignedIn."""
    person = person_or_none()
    if person is None:
        raise NotSignedIn
    return person


def only(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A page for signed-in persons of these roles; of any role when none is named."""

    def guard(page: Callable[P, R]) -> Callable[P, R]:
        @wraps(page)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            person = the_person()
            if roles and person.role not in roles:
                raise not_yours(person)
            return page(*args, **kwargs)

        return guarded

    return guard


def check_may_see(school_code: str | None) -> None:
    """A school sees what is its own and nothing of others. Raises NotYours, NotSignedIn."""
    person = the_person()
    if person.role not in STAFF and (school_code is None or person.school_code != school_code):
        raise not_yours(person)


def not_yours(person: Person) -> NotYours:
    return NotYours("{person} may not see this page.", person=person.name)


def is_staff(person: Any) -> bool:
    return isinstance(person, Person) and person.role in STAFF
