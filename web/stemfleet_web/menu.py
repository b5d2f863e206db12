"""The menu: areas, each with its pages, for whoever is asking. An area of one page is a plain link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from stemfleet.store import Person
from stemfleet.words import Role


@dataclass(frozen=True)
class Entry:
    """A page of the menu; `others` are the blueprints and single endpoints that belong to it."""

    endpoint: str
    title: Any
    others: frozenset[str] = frozenset()

    def holds(self, endpoint: str) -> bool:
        return endpoint == self.endpoint or not self.others.isdisjoint({endpoint, endpoint.partition(".")[0]})


@dataclass(frozen=True)
class Area:
    """Pages that belong together; its own link is that of its first page."""

    title: Any
    entries: Sequence[Entry]

    @property
    def endpoint(self) -> str:
        return self.entries[0].endpoint

    def holds(self, endpoint: str) -> bool:
        return any(entry.holds(endpoint) for entry in self.entries)


_LISTS = frozenset({"public.wave", "lists.results", "lists.cutoffs", "lists.standing", "lists.find"})
_POINTS = frozenset({"lists.points", "lists.points_of"})
_WAVES = Entry("public.waves", _("Waves"), _LISTS | {"whatif"})
_ROUNDS = Entry("rounds.rounds", _("Rounds"), _POINTS | {"rounds", "round_steps", "applicants", "offers"})
_PLANNER = Entry("planner.new", _("Planner"), frozenset({"planner"}))
_FIGURES = Entry("figures.figures", _("Figures"))
_BENCH = Entry("bench.wall", _("Bench"), frozenset({"bench", "positions"}))
_KITS = Entry("kits.kits", _("Kits"), frozenset({"kits", "gate", "firmware"}))
_EARLIER = Entry("legacy.listed", _("Earlier waves"))
_QUALITY = Entry("quality.quality", _("Quality"), frozenset({"quality"}))
_SCHOOLS = Entry("school.schools", _("Schools"), frozenset({"school", "decisions", "evidence"}))
_OBJECTIONS = Entry("objections.objections", _("Objections"), frozenset({"objections"}))
_REPORTS = Entry("nso.reports", _("Reports"))
_IMPORTS = Entry("imports.imports", _("Imports"), frozenset({"imports"}))
_PEOPLE = Entry("nso.people", _("People"))


def menu_of(person: Person | None, *, has_bench: bool) -> list[Area]:
    """What stands at the top of every page for this person; for a school, its own page comes beside it."""
    bench = [_BENCH] if has_bench else []
    if person is None:
        return _plain(_WAVES, _ROUNDS, _FIGURES)
    if person.role is Role.SCHOOL:
        return _plain(_WAVES, _ROUNDS, _OBJECTIONS)
    if person.role is Role.WAREHOUSE:
        return _plain(*bench, _KITS, _QUALITY, _SCHOOLS, _WAVES)
    return [
        Area(_("Allocation"), (_WAVES, _ROUNDS, _PLANNER, _OBJECTIONS)),
        Area(_("Kits"), (_KITS, _EARLIER, *bench, _QUALITY)),
        Area(_("Schools"), (_SCHOOLS, _REPORTS, _IMPORTS)),
        *_plain(_FIGURES, _PEOPLE),
    ]


def _plain(*entries: Entry) -> list[Area]:
    return [Area(entry.title, (entry,)) for entry in entries]
