"""Lists that name a school instead of giving its code: read where exactly one recipient is called so."""

from functools import cached_property

from sqlmodel import Session, select

from stemfleet.registers import Finding, recipient_code, search_key
from stemfleet.store import School

_NONE = "There is no school or department {code}; the row is left out."
_READ = "«{name}» is read as {code} by its name. The code would be certain."
_SEVERAL = "Several schools are called «{name}» ({codes}); the row is left out. Give the code."
_SHOWN = 5


class Recipients:
    """Every stored recipient, by code, and by name where a list asks for it. `findings`: what was read by its name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._codes = frozenset(session.exec(select(School.code)))
        self.findings: list[Finding] = []

    def code_of(self, written: str, row: int) -> str | None:
        """The code that is meant; None, with a finding, for one that nobody has, and a name that none or several have.

        Names are equal when they have the same words, whatever their order, case, accents and short forms: «1ο ΓΕΛ
        Χανίων» is the 1ο Γενικό Λύκειο Χανίων.
        """
        if written in self._codes:
            return written
        called = () if recipient_code(written)[0] else self._by_name.get(_words(written), ())
        if not called:
            self.findings.append(Finding("unknown_school", _NONE, {"code": written}, row))
            return None
        one = called[0] if len(called) == 1 else None
        facts = {"name": written, "code": one, "codes": ", ".join(called[:_SHOWN])}
        code, text = ("read_by_name", _READ) if one else ("several_of_this_name", _SEVERAL)
        self.findings.append(Finding(code, text, facts, row))
        return one

    @cached_property
    def _by_name(self) -> dict[frozenset[str], list[str]]:
        found: dict[frozenset[str], list[str]] = {}
        for code, name in self._session.exec(select(School.code, School.name).order_by(School.code)):
            found.setdefault(_words(name), []).append(code)
        return found


def _words(name: str) -> frozenset[str]:
    return frozenset(search_key(name).split())
