"""What the emulated boards on pseudo-terminals share: a thread each, a port with a stable name, and orders."""

import queue
import select
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from stemfleet.devices.virtual.ptyport import PtyPort
from stemfleet.errors import InputError, Unavailable

_TICK_S = 0.02
_ANSWER_S = 10.0


class PtyBoard:
    """A board that lives in a thread of its own. Families fill in the methods of the second half.

    Every child process is started from this thread, so that a parent-death signal bound to it means what it says.
    """

    recipe: str
    volume: Path | None = None

    def __init__(self, name: str, folder: Path, fault: str | None = None) -> None:
        self.name = name
        self.folder = folder
        self.fault = fault
        self.port = str(folder / "tty")
        self.sources: dict[int, Callable[[], None]] = {}  # further file descriptors to wait on -> what to do
        self._orders: queue.Queue[tuple[list[str], Future[str]]] = queue.Queue()
        self._ending = threading.Event()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._crash: BaseException | None = None

    def start(self) -> None:
        """Plugs the board in: when this returns, its port is there. Raises ToolMissing, Unavailable."""
        self.need_tools()
        self._ending.clear()
        self._ready.clear()
        self._thread = threading.Thread(target=self._live, name=f"virtual-{self.name}", daemon=True)
        self._thread.start()
        self._ready.wait()
        self._complain()

    def stop(self) -> None:
        """Pulls the plug; safe to call twice."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def control(self, line: str) -> str:
        """Carries out one order and answers in one line: "unplug", "plug", and what the family knows ("reset", ...).

        Raises InputError for an order that the family does not know, Unavailable if the board is not up.
        """
        if line in ("unplug", "plug"):
            self.stop()
            if line == "plug":
                self.start()
            return "ok"
        self._complain()
        if self._thread is None or not self._thread.is_alive():
            raise Unavailable("The virtual board {name} is not up.", name=self.name)
        answer: Future[str] = Future()
        self._orders.put((line.split(), answer))
        return answer.result(_ANSWER_S)

    def pull_out(self) -> None:
        """From the board's own thread: its plug is pulled; "plug" brings it back."""
        self._ending.set()

    def _complain(self) -> None:
        if self._crash is not None:
            raise Unavailable(
                "The virtual board {name} has stopped: {why}", name=self.name, why=str(self._crash)
            ) from self._crash

    def _live(self) -> None:
        try:
            self.uart = PtyPort(Path(self.port))
            try:
                self.power_on()
                self._ready.set()
                while not self._ending.is_set():
                    self._turn()
            finally:
                self.power_off()
                self.uart.close()
        except BaseException as error:
            self._crash = error
        finally:
            self._ready.set()

    def _turn(self) -> None:
        """One round: the port's state, bytes both ways, orders, the family's own chores."""
        if self.uart.look():
            (self.opened if self.uart.is_open else self.closed)()
        watched = list(self.sources) + ([self.uart.master] if self.uart.is_open else [])
        readable, _, _ = select.select(watched, [], [], _TICK_S)
        data = self.uart.read()
        if data:
            self.received(data)
        for fd in readable:
            if fd in self.sources:
                self.sources[fd]()
        self._obey()
        self.chores()
        self.uart.flush()

    def _obey(self) -> None:
        while not self._orders.empty():
            words, answer = self._orders.get()
            try:
                answer.set_result(self.order(words))
            except Exception as error:
                answer.set_exception(error)

    # What a family fills in.

    def need_tools(self) -> None:
        """Raises ToolMissing if an emulator is not installed."""

    def power_on(self) -> None:
        """Starts the processor; in the board's thread, with `uart` there."""

    def power_off(self) -> None:
        """Ends every child process; called exactly once for a power_on, even one that failed half way."""

    def received(self, data: bytes) -> None:
        """Bytes from the host."""

    def opened(self) -> None:
        """Somebody opened the port."""

    def closed(self) -> None:
        """The last program closed the port."""

    def chores(self) -> None:
        """Called every round, about 50 times a second."""

    def order(self, words: list[str]) -> str:
        """One order of `control`; raises InputError for an unknown one."""
        raise InputError("The virtual board {name} does not know {order!r}.", name=self.name, order=" ".join(words))
