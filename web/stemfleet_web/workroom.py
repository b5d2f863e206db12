"""Where long work is done: one thread does one work of the list after another, and lives as long as there is work.

A list of our own, not a library's queue: huey takes a task out of its queue before it runs, so that one that a killed
program was at is gone without a trace; who may see it, how far it is, and that it is there already would have to be
kept beside the queue all the same.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from stemfleet.accounts import find_person
from stemfleet.errors import Refused, StemfleetError
from stemfleet.store import Person, Work, Worklist, WorkState
from stemfleet.workshop import Workshop
from stemfleet_web.words.work import WORK

PULSE_S = 0.5  # how often a running work tells how far it is
PATIENCE_S = 5.0  # for a work to notice that the program ends
Task = Callable[[Workshop, Person, dict[str, Any], "Progress"], str]
_TASKS: dict[str, Task] = {}


class Stopped(BaseException):
    """The program ends, or a person gave the work up: raised where it tells its progress, so that it is rolled back."""


class Progress:
    """Told to by a task: `progress("points")` names a step (see words/work.py), `progress.count(3, 10)` a share of it.

    Both may be given to use cases as they are. They cost next to nothing, and raise Stopped when it is to end.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.given_up = False
        self.state: tuple[str, int, int] = ("", 0, 0)

    def __call__(self, step: str) -> None:
        self._go_on()
        self.state = (step, 0, 0)

    def count(self, done: int, total: int) -> None:
        self._go_on()
        self.state = (self.state[0], done, total)

    def _go_on(self) -> None:
        if self._stop.is_set() or self.given_up:
            raise Stopped


def task(kind: str) -> Callable[[Task], Task]:
    """Registers the function that does a kind of work and gives the path of the page to show when it is done.

    It runs in a thread of its own with the application's context, and without a request.
    `words.work.WORK` has its title.
    """

    def register(function: Task) -> Task:
        assert kind in WORK, f"words.work.WORK has no title for {kind}"
        assert kind not in _TASKS, f"{kind} is registered twice"
        _TASKS[kind] = function
        return function

    return register


def is_task(kind: str) -> bool:
    return kind in _TASKS


class Workroom:
    """Does the work of a list for an application. `close()` when the program ends."""

    def __init__(self, app: Flask, workshop: Workshop, worklist: Worklist) -> None:
        self._app = app
        self._workshop = workshop
        self.list = worklist
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def start(
        self, kind: str, facts: dict[str, Any], person: Person, *, about: str, back: str, key: str | None = None
    ) -> str:
        """The id of the work; see `start_work`."""
        assert person.id is not None
        key = about if key is None else key
        work = self.list.add(kind, facts, about=about, key=key, person_id=person.id, person=person.name, back=back)
        self._wake()
        return work

    def resume(self) -> None:
        """Goes on with what waited when the program ended."""
        if self.list.waiting():
            self._wake()

    def close(self) -> None:
        """Stops within seconds: what runs is rolled back and shown as interrupted, what waits goes on waiting."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(PATIENCE_S)

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._work, name="work", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        try:
            while work := self._next():
                with self._app.app_context():
                    self._do(work)
        except BaseException:
            self._thread = None  # the next work tries again
            raise

    def _next(self) -> Work | None:
        """None ends the thread; a work that is added later starts a new one."""
        with self._lock:
            work = None if self._stop.is_set() else self.list.claim()
            if work is None:
                self._thread = None
            return work

    def _do(self, work: Work) -> None:
        progress = Progress(self._stop)
        try:
            with self._told(work, progress):
                result = self._run(work, progress)
        except Stopped:
            self.list.end(work.id, WorkState.STOPPED if progress.given_up else WorkState.INTERRUPTED)
        except StemfleetError as error:
            self.list.end(work.id, WorkState.FAILED, problem=(error.text, _plain(error.facts)))
        except Exception as error:
            self._app.logger.error("Work failed: %s %s", work.kind, work.about, exc_info=error)
            self.list.end(work.id, WorkState.FAILED)
        else:
            self.list.end(work.id, WorkState.DONE, result=result)

    def _run(self, work: Work, progress: Progress) -> str:
        person = find_person(self._workshop.store, work.person_id)
        if person is None:
            raise Refused("{person} may no longer sign in, so that the work was not done.", person=work.person)
        if work.kind not in _TASKS:
            raise Refused("This version of the program does not know such work. Start it again from its page.")
        return _TASKS[work.kind](self._workshop, person, work.facts, progress)

    @contextmanager
    def _told(self, work: Work, progress: Progress) -> Iterator[None]:
        """Writes down how far it is, again and again: the use case itself is not held up by that."""
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(PULSE_S):
                progress.given_up = self.list.tell(work.id, *progress.state)

        pulse = threading.Thread(target=tell, name="work-pulse", daemon=True)
        pulse.start()
        try:
            yield
        finally:
            ended.set()
            pulse.join()


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """An error's facts as JSON can hold them."""
    return {name: value if isinstance(value, int | float) else str(value) for name, value in facts.items()}
