"""A stored wave as it was drawn, beside other rules. The comparison changes nothing; it can be kept to come back to.

With the database at hand, points and repeats are counted anew where the other rules count them in another way. What is
stored may have changed since the points were published, and a round corrects points that nothing stored explains; so
the difference between the two ways of counting *today* is added to what was published, and the comparison says for
how many applicants that mattered (`stemfleet.allocation.other_rules.recounted`).
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col, select

from stemfleet.allocation.checking import unzipped
from stemfleet.allocation.compare import Comparison, Recount, uncounted
from stemfleet.allocation.other_rules import Difference, recounted
from stemfleet.allocation.values import Applicant, Ineligible, Notice, Rules
from stemfleet.allocation.whatif import Drawn, OtherRules, compare_all, drawn_from_bundle
from stemfleet.catalogue import Model
from stemfleet.errors import NotFound, Refused
from stemfleet.store import Person, Round, School, Store, Wave, WhatIf
from stemfleet.waves.applicants import build_applicants
from stemfleet.words import Role
from stemfleet.workshop import Workshop

Tell = Callable[[int, int], None]
_WITHOUT_DOCUMENT = defer(cast(QueryableAttribute[Any], WhatIf.document))


def compare_wave(
    workshop: Workshop,
    wave: str,
    others: Sequence[tuple[str, Rules]],
    progress: Tell = lambda _done, _total: None,
) -> tuple[Drawn, list[Comparison]]:
    """The wave beside each of the other rules (name, rules), over and above, and pure merit.

    `progress`: (waves computed, waves to compute). Raises NotFound, Refused where nothing was drawn, and InputError for
    a points table that cannot be used.
    """
    drawn, _wave, compared = _compared(workshop, wave, others, progress)
    return drawn, compared


def keep_comparison(
    workshop: Workshop,
    person: Person,
    wave: str,
    others: Sequence[tuple[str, Rules]],
    progress: Tell = lambda _done, _total: None,
) -> str:
    """The same, kept for everybody of the NSO: gives the id under which it is found. Raises as `compare_wave`."""
    person.must_be(Role.NSO)
    drawn, stored, compared = _compared(workshop, wave, others, progress)
    assert person.id is not None
    with workshop.store.write() as session:
        kept = WhatIf(
            id=secrets.token_urlsafe(9),
            wave_code=wave,
            digest=stored.digest,
            person_id=person.id,
            names=[comparison.name for comparison in compared],
            document=_document(session, drawn, compared),
        )
        session.add(kept)
        session.flush()
        return kept.id


def list_comparisons(store: Store, wave: str) -> list[tuple[WhatIf, str]]:
    """(comparison without its document, who made it) of a wave, the newest first."""
    chosen = select(WhatIf, Person.name).join(Person, col(Person.id) == WhatIf.person_id)
    chosen = chosen.where(WhatIf.wave_code == wave).order_by(col(WhatIf.made).desc(), WhatIf.id)
    with store.read() as session:
        return list(session.exec(chosen.options(_WITHOUT_DOCUMENT)).all())


def show_comparison(store: Store, wave: str, comparison: str) -> tuple[WhatIf, str]:
    """(comparison, who made it). Raises NotFound."""
    chosen = select(WhatIf, Person.name).join(Person, col(Person.id) == WhatIf.person_id)
    with store.read() as session:
        found = session.exec(chosen.where(WhatIf.id == comparison, WhatIf.wave_code == wave)).first()
    if found is None:
        raise NotFound("Wave {wave} has no comparison {id}.", wave=wave, id=comparison)
    return found


def drop_comparison(store: Store, person: Person, wave: str, comparison: str) -> None:
    """Takes a kept comparison away. Raises NotFound."""
    person.must_be(Role.NSO)
    found, _who = show_comparison(store, wave, comparison)
    with store.write() as session:
        session.delete(found)


def _compared(
    workshop: Workshop, wave: str, others: Sequence[tuple[str, Rules]], progress: Tell
) -> tuple[Drawn, Wave, list[Comparison]]:
    with workshop.store.read() as session:
        stored = session.get(Wave, wave)
        if stored is None:
            if (round_ := session.get(Round, wave)) is not None:
                raise Refused(
                    "Round {wave} is in the state {state}: there is nothing to compare before it is drawn and its "
                    "results are published.",
                    wave=wave,
                    state=round_.state,
                )
            raise NotFound("There is no wave {code}.", code=wave)
        if stored.seed is None:
            raise Refused("Nothing was drawn in {wave}: there are no other rules to compare it with.", wave=wave)
        drawn = drawn_from_bundle(unzipped(stored.bundle, wave))
        given = [
            OtherRules(name, rules, _recounts(session, workshop.models, drawn, rules, stored.year))
            for name, rules in others
        ]
    return drawn, stored, compare_all(drawn, given, progress)


def _recounts(
    session: Session, models: Mapping[str, Model], drawn: Drawn, other: Rules, year: int
) -> tuple[Recount, ...]:
    keys = uncounted(drawn.rules, other)
    if not keys:
        return ()

    def counted(rules: Rules) -> dict[str, Applicant]:
        return {a.school: a for a in build_applicants(session, models, rules, year)}

    rules, standing, made = drawn.rules, list(drawn.applicants), []
    own = now = counted(rules)
    unequal = sum(not _equal(a, own.get(a.school)) for a in drawn.applicants)
    for key in keys:
        changed: dict[str, Any] = {key: getattr(other, key)}
        rules = replace(rules, **changed)
        then = counted(rules)
        standing = [
            recounted(a, now[a.school], then[a.school], drawn.rules) if a.school in now and a.school in then else a
            for a in standing
        ]
        made.append(Recount(_difference(key, drawn.rules, other), standing, unequal))
        now = then
    return tuple(made)


def _difference(key: str, base: Rules, other: Rules) -> Difference:
    """A points table is too long to be said."""
    values = (None, None) if key == "points" else (getattr(base, key), getattr(other, key))
    return Difference(None, key, *values)


def _equal(published: Applicant, now: Applicant | None) -> bool:
    """Whether what is stored now gives what was published."""
    return now is not None and _counted(published) == _counted(now)


def _counted(a: Applicant) -> tuple[Any, ...]:
    return a.points, a.categories, {lot for lot, reason in a.ineligible.items() if reason is Ineligible.REPEAT}


def _document(session: Session, drawn: Drawn, compared: Sequence[Comparison]) -> dict[str, Any]:
    """What a page shows, with the names of the schools: see `stemfleet.allocation.compare` for the values."""
    codes = {change.school for comparison in compared for change in comparison.changes}
    named = select(School.code, School.name).where(col(School.code).in_(codes))
    names = dict(session.exec(named).all())
    known = {a.school: a for a in drawn.applicants if a.school in codes}
    return {
        "title": drawn.rules.title,
        "planning": drawn.planning,
        "lots": {lot.code: lot.model for lot in drawn.rules.lots},
        "notices": [_notice(notice) for notice in drawn.notices],
        "comparisons": [_comparison(comparison, names, known) for comparison in compared],
    }


def _comparison(comparison: Comparison, names: Mapping[str, str], known: Mapping[str, Applicant]) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "notices": [_notice(notice) for notice in comparison.notices],
        "steps": [
            {"rule": _rule(step.rule), "entered": step.entered, "left": step.left, "moved": step.moved}
            for step in comparison.steps
        ],
        "changes": [
            {
                "school": change.school,
                "name": names.get(change.school, ""),
                "level": known[change.school].level.value,
                "region": known[change.school].region,
                "before": change.before,
                "after": change.after,
                "by": [_rule(rule) for rule in change.by],
            }
            for change in comparison.changes
        ],
        "counts": {
            kind: [[value, *both] for value, both in table.items()] for kind, table in comparison.counts.items()
        },
        "closings": [list(row) for row in comparison.closings()],
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"text": notice.text, "facts": dict(notice.facts)}


def _rule(rule: Difference) -> dict[str, Any]:
    return {"lot": rule.lot, "key": rule.key, "old": rule.old, "new": rule.new}
