"""Who works here: adding persons, shutting them out, and the one-time links with which they sign in."""

import getpass
import hashlib
import secrets
from datetime import timedelta

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.store import CONSOLE, Person, School, SignInLink, Store, now, write_history
from stemfleet.words import Role

LINK_LIFETIME = timedelta(days=7)
LONGEST_NAME = 64  # what the history holds of a subject's name


def console_person(store: Store) -> Person:
    """The person at this computer's command line, under the name of the system account.

    Whoever may read and write the data folder may do everything in it, so the role is the NSO's.
    """
    name = f"{getpass.getuser()}{CONSOLE}"
    with store.write() as session:
        person = _by_name(session, name)
        if person is None:
            person = Person(name=name, role=Role.NSO)
            session.add(person)
            session.flush()
            write_history(session, person, "person", name, "added", role=Role.NSO)
        return person


def add_person(store: Store, actor: Person, name: str, role: Role, school_code: str | None = None) -> Person:
    """Adds a named person. Raises InputError for a name in use, NotFound for an unknown school."""
    actor.must_be(Role.NSO)
    name = " ".join(name.split())
    if not name:
        raise InputError("A person needs a name.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError("A person's name has at most {most} characters, all of them visible.", most=LONGEST_NAME)
    if name.endswith(CONSOLE):
        raise InputError("A person's name does not end in {end}: that is the command line.", end=CONSOLE.strip())
    if (role is Role.SCHOOL) != (school_code is not None):
        raise InputError("A person of the role school belongs to one school, and nobody else does.")
    with store.write() as session:
        if school_code is not None and session.get(School, school_code) is None:
            raise NotFound("There is no school {code}.", code=school_code)
        if _by_name(session, name) is not None:
            raise InputError("There is a person {name} already. A new link: user link", name=name)
        person = Person(name=name, role=role, school_code=school_code)
        session.add(person)
        session.flush()
        write_history(session, actor, "person", name, "added", role=role, school=school_code)
        return person


def issue_link(store: Store, actor: Person, name: str) -> str:
    """A fresh one-time token for the person; the address is `<root>/sign-in/<token>`. Raises NotFound, Refused."""
    actor.must_be(Role.NSO)
    token = secrets.token_urlsafe(24)
    with store.write() as session:
        person = _known(session, name)
        if not person.active:
            raise Refused("{person} has been shut out and gets no link.", person=person.name)
        session.add(SignInLink(token_sha256=_hash(token), person_id=person.id, expires=now() + LINK_LIFETIME))
        write_history(session, actor, "person", name, "link_issued")
    return token


def deactivate_person(store: Store, actor: Person, name: str) -> None:
    """The person may do nothing any more: signed out at once, links void, what they did stays under their name.

    Raises NotFound, Refused for oneself.
    """
    actor.must_be(Role.NSO)
    with store.write() as session:
        person = _known(session, name)
        if person.id == actor.id:
            raise Refused("Nobody shuts out oneself. Let another person do it.")
        _set_active(session, actor, person, False)


def activate_person(store: Store, actor: Person, name: str) -> None:
    """The person may come back, with a new link. Raises NotFound."""
    actor.must_be(Role.NSO)
    with store.write() as session:
        _set_active(session, actor, _known(session, name), True)


def _set_active(session: Session, actor: Person, person: Person, active: bool) -> None:
    if person.active is active:
        return
    person.active = active
    session.add(person)
    links = select(SignInLink).where(SignInLink.person_id == person.id, col(SignInLink.used).is_(None))
    for link in session.exec(links).all():
        session.delete(link)
    write_history(session, actor, "person", person.name, "activated" if active else "deactivated")


def sign_in(store: Store, token: str) -> Person:
    """Uses up a link. Raises Refused when it is unknown, used, or too old."""
    with store.write() as session:
        link, person = _open_link(session, token)
        link.used = now()
        session.add(link)
        write_history(session, person, "person", person.name, "signed_in")
        return person


def person_of_link(store: Store, token: str) -> Person:
    """Whom a link would sign in; it can still be used. Raises Refused as `sign_in`."""
    with store.read() as session:
        return _open_link(session, token)[1]


def _open_link(session: Session, token: str) -> tuple[SignInLink, Person]:
    link = session.get(SignInLink, _hash(token))
    if link is None or link.used is not None or link.expires < now():
        raise Refused("This link has been used or is too old. Ask for a new one.")
    person = session.get_one(Person, link.person_id)
    if not person.active:
        raise Refused("{person} may not do this.", person=person.name)
    return link, person


def find_person(store: Store, person_id: int) -> Person | None:
    """The active person of a signed-in session, or None."""
    with store.read() as session:
        person = session.get(Person, person_id)
        return person if person and person.active else None


def list_people(store: Store) -> list[Person]:
    with store.read() as session:
        return list(session.exec(select(Person).order_by(col(Person.name))).all())


def _known(session: Session, name: str) -> Person:
    person = _by_name(session, name)
    if person is None:
        raise NotFound("There is no person {name}.", name=name)
    return person


def _by_name(session: Session, name: str) -> Person | None:
    return session.exec(select(Person).where(Person.name == name)).first()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
