"""What every command that works with stored data opens first."""

import getpass
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from stemfleet.accounts import console_person, person_of_link, sign_in
from stemfleet.errors import Refused
from stemfleet.settings import Settings
from stemfleet.store import Person
from stemfleet.workshop import Workshop

link_option = click.option("--link", metavar="TOKEN", help="Act as the person of this one-time sign-in link (used up).")


def console_name() -> str:
    """The system account and the computer of this command line."""
    return f"{getpass.getuser()}@{platform.node()}"


@contextmanager
def opened(settings: Settings) -> Iterator[Workshop]:
    """The workshop of the data folder, closed afterwards."""
    workshop = Workshop.open(settings.database_url, settings.data)
    try:
        yield workshop
    finally:
        workshop.store.close()


@contextmanager
def acting(settings: Settings) -> Iterator[tuple[Workshop, Person]]:
    """The workshop and the person at this computer, under whose name the history is written."""
    with opened(settings) as workshop:
        yield workshop, console_person(workshop.store)


@contextmanager
def acting_as(settings: Settings, link: str | None) -> Iterator[tuple[Workshop, Person]]:
    """As the person of a sign-in link, or else as the one at this computer. What fails does not use up the link."""
    if link is None:
        with acting(settings) as both:
            yield both
        return
    token = link.rpartition("/")[2]
    with opened(settings) as workshop:
        yield workshop, person_of_link(workshop.store, token)
        with suppress(Refused):  # used up by somebody else meanwhile
            sign_in(workshop.store, token)
