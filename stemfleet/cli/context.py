"""What every command that works with stored data opens first."""

from collections.abc import Iterator
from contextlib import contextmanager

from stemfleet.accounts import console_person
from stemfleet.settings import Settings
from stemfleet.store import Person
from stemfleet.workshop import Workshop


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
