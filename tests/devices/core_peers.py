"""What the core's tests talk to: the far end of a pseudo-terminal, and a small family of boards of the tests' own."""

import contextlib
import errno
import itertools
import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

from stemfleet.devices.faults import BoardError, BoardFail
from stemfleet.devices.recipe import Firmware, Limit, PhasePlan, Recipe
from stemfleet.devices.run import Identity, Run
from stemfleet.devices.talk import Talk
from stemfleet.words import Reason


class Peer:
    """A board's end of a line: `talks` gets what the host sent and gives what the board says."""

    def __init__(self, talks: Callable[[bytes], bytes] = lambda heard: b"", *, chatter: bytes = b"") -> None:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        self.port = os.ttyname(self._far)
        self._talks, self._chatter = talks, chatter
        self.heard = bytearray()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._play)
        self._thread.start()

    def unplug(self) -> None:
        """The port goes away, as when the cable is pulled."""
        self._end.set()
        self._thread.join()
        for descriptor in (self._near, self._far):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _play(self) -> None:
        while not self._end.is_set():
            readable, writable, _ = select.select([self._near], [self._near] if self._chatter else [], [], 0.02)
            if readable:
                heard = os.read(self._near, 4096)
                self.heard += heard
                if said := self._talks(heard):
                    os.write(self._near, said)
            elif writable:
                os.write(self._near, self._chatter)
                self._end.wait(0.001)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()


IDENTITY = "00112233445566778899aabbccddeeff"
IDENTITIES = itertools.count(1)


def board(**answers: str) -> Callable[[bytes], bytes]:
    """A board that speaks the line protocol; `test="m supply 5 V"` replaces an answer. Each has its own identity."""
    identity = f"id {next(IDENTITIES):032x}"
    known = {"fw": "fw selftest 1.0.0 testchip", "id": identity, "test": "m supply 5.0 V", **answers}

    def talks(heard: bytes) -> bytes:
        said = ""
        for question in heard.decode().split("\n"):
            if question:
                rows = known.get(question[1:], "e unknown").split("\n")
                said += "\n".join([*rows, f"end {len(rows)}"]) + "\n"
        return said.encode()

    return talks


class BenchtopDriver:
    """A family for tests: it talks the line protocol, and flashes by running the command in the recipe's settings."""

    port_first = True
    safe: list[str] = []  # noqa: RUF012  (ports that were made safe)

    def __init__(self, run: Run) -> None:
        self._run = run
        self._verified = 0

    def identify(self) -> Identity:
        with self._run.line() as line:
            return Identity(Talk(line).identity())

    def flash(self) -> None:
        command = self._run.recipe.settings.get("flash", ["true"])
        self._run.tool([part.replace("{image}", str(self._run.firmware)) for part in command])

    def verify(self) -> None:
        if blamed := self._run.recipe.settings.get("blames"):
            raise BoardError(blamed, "what a tool made of it")
        self._verified += 1
        if self._verified <= self._run.recipe.settings.get("bad_reads", 0):
            raise BoardFail(Reason.VERIFY_MISMATCH, "differs", retry=True)

    def check(self) -> None:
        if self._run.recipe.settings.get("defect"):
            raise KeyError("a defect of the driver")
        if self._run.recipe.settings.get("disk_full"):
            raise OSError(errno.ENOSPC, "No space left on device")
        with self._run.line() as line:
            talk = Talk(line)
            running = talk.program()
            self._run.found(firmware=running.name, version=running.version)
            for name, value, unit in talk.measurements():
                self._run.measure(name, value, unit)

    def finish(self) -> Identity | None:
        return None

    def make_safe(self) -> None:
        self.safe.append(self._run.port)


def benchtop_recipe(folder: Path, *, phases: dict[str, Any] | None = None, **settings: Any) -> Recipe:
    """A recipe of that family with a small approved image in `folder`."""
    image = folder / "image.bin"
    if not image.exists():
        image.write_bytes(b"approved image")
    plans = {"identify": {}, "flash": {}, "verify": {"attempts": 2}, "check": {}} | (phases or {})
    return Recipe(
        name="benchtop",
        title="Benchtop board",
        family="benchtop",
        test_version="7",
        firmware=Firmware("practice", "1.0", image, sha256(b"approved image").hexdigest()),
        phases=tuple(
            PhasePlan(name, **{"timeout_s": 10.0, "without_flash": name in {"identify", "check"}, **facts})
            for name, facts in plans.items()
        ),
        checks=(Limit("supply", "V", 4.5, 5.5),),
        settings=settings,
    )


def processes_with(mark: str) -> list[int]:
    """Process ids, other than this one, whose command line holds the mark."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark.encode() in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
    return found


def until(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Waits for a condition; fails when it does not come true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := holds():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {holds}")


def lines_of(path: Path) -> Iterator[str]:
    """Lines of a file that may not be there yet."""
    return iter(path.read_text().splitlines() if path.exists() else [])
