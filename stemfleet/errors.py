"""Everything that can go wrong for a reason a user can act on.

    StemfleetError
    ├── InputError        what was given cannot be used: a file, a row, a value        exit 2
    │   └── NotFound      it names something that is not there                         exit 2
    ├── Refused           understood, and the answer is no                             exit 1
    └── Unavailable       something the work needs is not there: a tool, a port        exit 2
        ├── ToolMissing   a program is not installed; names the command to install it
        └── Busy          in use by somebody else just now; *retryable*

An error is a sentence with facts: `Refused("Kit {tag} has no PASS.", tag=tag)`. The sentence is English and is the
key under which the browser's door finds its Greek; the facts are filled in afterwards. It says what is wrong, where,
and what to do. Anything that is not a StemfleetError is a bug of ours.
"""

import re
from typing import Any

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00|(:\d\d))\+00:00")


class StemfleetError(Exception):
    """Root of the tree. `text` is the sentence with {fact} places, `facts` their values."""

    exit_code = 2

    def __init__(self, text: str, /, **facts: Any) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts

    def __str__(self) -> str:
        return self.text.format(**{name: _readable(value) for name, value in self.facts.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.text, self.facts))


def _readable(fact: Any) -> Any:
    """A fact that is a time in UTC, as people read it."""
    stamp = _STAMP.fullmatch(fact) if isinstance(fact, str) else None
    return f"{stamp[1]} {stamp[2]}{stamp[3] or ''} UTC" if stamp else fact


def _rebuild(kind: type[StemfleetError], text: str, facts: dict[str, Any]) -> StemfleetError:
    return kind(text, **facts)


class InputError(StemfleetError):
    """What was given cannot be used: a file, a row, a value."""


class NotFound(InputError):
    """It names something that is not there."""


class Refused(StemfleetError):
    """Understood, and the answer is no."""

    exit_code = 1


class Unavailable(StemfleetError):
    """Something that the work needs is not there."""


class ToolMissing(Unavailable):
    """A program is not installed. Facts: `tool`, `install` (the command that installs it)."""

    def __init__(self, text: str = "{tool} is not installed. Install it with: {install}", /, **facts: Any) -> None:
        super().__init__(text, **facts)


class Busy(Unavailable):
    """In use by somebody else just now; the same call may succeed later."""
