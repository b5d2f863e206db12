"""Why a board did not pass, raised by a driver and turned into the record by the core.

    BoardFault
    ├── BoardFail      FAIL     the board is bad, or it is the wrong board
    ├── BoardError     ERROR    we could not tell: port, tool, garbage, files
    ├── BoardTimeout   TIMEOUT  silent, or past its limit
    └── BoardStopped   ABORTED  a person stopped it

These are results of a board, not errors of the program: they never leave `provision`. `reason` is a code of
`stemfleet.words.Reason`, or `measurement:<name>`; `detail` is one English sentence with the remedy, for the log and
the screen. `retry` says that the same phase may be tried again within the recipe's attempts.
"""

from typing import ClassVar

from stemfleet.words import Outcome, Reason


class BoardFault(Exception):
    """Root. Use a subclass: the outcome is its class's."""

    outcome: ClassVar[Outcome]

    def __init__(self, reason: Reason | str, detail: str = "", *, retry: bool = False) -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = str(reason)
        self.detail = detail
        self.retry = retry


class BoardFail(BoardFault):
    """The board is bad, or it is not the board that the recipe is for."""

    outcome = Outcome.FAIL


class BoardError(BoardFault):
    """We could not tell whether the board is good."""

    outcome = Outcome.ERROR


class BoardTimeout(BoardFault):
    """It was silent, or the phase ran past its limit."""

    outcome = Outcome.TIMEOUT

    def __init__(self, reason: Reason | str = Reason.PHASE_TIMEOUT, detail: str = "", *, retry: bool = False) -> None:
        super().__init__(reason, detail, retry=retry)


class BoardStopped(BoardFault):
    """A person stopped it."""

    outcome = Outcome.ABORTED

    def __init__(
        self, detail: str = "Stopped before the end. Start the slot again to do it from the beginning."
    ) -> None:
        super().__init__(Reason.STOPPED, detail)
