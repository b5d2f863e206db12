"""The serial line to one board: pyserial behind names for what goes wrong, and reads that always end."""

import re
from types import TracebackType


class Line:
    """An open line; a context manager. Every read is bounded in time and in bytes.

    Raises BoardError port_missing, port_busy, port_denied on opening; BoardError unplugged, BoardTimeout silent,
    BoardError unreadable, BoardStopped while talking.
    """

    def write(self, data: bytes | str) -> None:
        """Send; a text is sent as UTF-8, exactly as given."""
        raise NotImplementedError

    def read(self, size: int = 4096, timeout: float = 0.0) -> bytes:
        """What is there, at most `size` bytes, waiting up to `timeout` seconds for the first; b"" when nothing came."""
        raise NotImplementedError

    def read_line(self, timeout: float) -> str | None:
        """The next whole line without its end, None when none came in time. Over-long or binary: unreadable."""
        raise NotImplementedError

    def read_until(self, mark: bytes, timeout: float, limit: int = 65536) -> bytes:
        """Everything up to and with `mark`. Nothing came: silent; other things only: unreadable."""
        raise NotImplementedError

    def ask(
        self, text: str, answer: str, timeout: float = 2.0, *, repeat: float | None = None
    ) -> re.Match[str]:
        """Send a line and give the first line that matches the regular expression `answer`; others are skipped.

        `repeat`: send again every so many seconds (a board that is still starting). Nothing at all: silent;
        lines, but never that one: unreadable.
        """
        raise NotImplementedError

    def drain(self, quiet: float = 0.1, limit: float = 1.0) -> bytes:
        """Throw away what is waiting until it is quiet; returned for the log."""
        raise NotImplementedError

    @property
    def serial(self) -> object:
        """The pyserial object, for libraries that need it (ampy). Faults from it are the caller's to name."""
        raise NotImplementedError

    def close(self) -> None:
        """Close; never raises."""

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
