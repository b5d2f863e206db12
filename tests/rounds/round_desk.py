"""A round for the tests: rules with a guarantee, its two persons, and a clock that a test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from stemfleet.accounts import add_person
from stemfleet.allocation.commitment import Beacon
from stemfleet.allocation.values import Lot, Rules
from stemfleet.rounds import (
    Correction,
    accept_offer,
    change_rules,
    close_round,
    correct_applicant,
    decline_offer,
    draft_wave,
    draw,
    exclude_school,
    expire_offers,
    finalize,
    freeze_inputs,
    go_back,
    make_offers,
    publish_points,
    publish_results,
    publish_rules,
    show_round,
    uphold_appeal,
)
from stemfleet.store import Award, Evidence, ImportRun, Person, RoundFile, Store
from stemfleet.words import Level, Remedy, Role, RoundState, RoundStep
from stemfleet.workshop import Workshop

VALUE = "5f" * 32
LEVELS = (Level.LOWER_SECONDARY,)
RULES = Rules(
    wave="R1",
    title="Κύμα με διαδικασία",
    lots=(
        Lot("printer", "printer-3d", seats=2, reserves={"special": 1}, levels=LEVELS),
        Lot("kit", "arduino-kit", seats=2, levels=LEVELS),
    ),
    points=({"kind": "project", "points": 10},),
    repeat_years=4,
    default_preferences=("printer", "kit"),
)


@dataclass
class Desk:
    """The round R1 with the two persons that it takes, taken as far as a test wants."""

    workshop: Workshop
    niki: Person
    aris: Person
    schools: dict[str, str]  # name in the test → code
    rules: Rules = RULES
    taken: int = 0
    moment: list[datetime] = field(default_factory=lambda: [datetime(2026, 5, 4, 9, 0, tzinfo=UTC)])

    @property
    def now(self) -> datetime:
        return self.moment[0]

    def later(self, **span: float) -> datetime:
        return self.now + timedelta(**span)

    def wait(self, **span: float) -> None:
        """Moves the round's clock."""
        self.moment[0] = self.later(**span)

    @property
    def beacon(self) -> Beacon:
        """A drand round that will be public in twelve hours."""
        return Beacon("drand", f"{(int(self.later(hours=12).timestamp()) - 1595431050) // 30 + 1}")

    def reach(self, state: RoundState) -> "Desk":
        """Takes every step that is missing up to a state, without appeals."""
        steps: dict[RoundState, Callable[[], object]] = {
            RoundState.DRAFT: lambda: draft_wave(self.workshop, self.niki, self.rules, 2026),
            RoundState.RULES_PUBLISHED: lambda: publish_rules(self.workshop, self.niki, "R1"),
            RoundState.PROVISIONAL: self._publish_points,
            RoundState.FROZEN: self._freeze,
            RoundState.DRAWN: self._draw,
            RoundState.PUBLISHED: lambda: publish_results(
                self.workshop, self.niki, "R1", appeals_until=self.later(days=5)
            ),
            RoundState.FINAL: self._finalize,
            RoundState.OFFERS: lambda: make_offers(self.workshop, self.niki, "R1", 14),
        }
        order = list(steps)
        for reached in order[self.taken : order.index(state) + 1]:
            steps[reached]()
            self.taken += 1
        return self

    def _publish_points(self) -> None:
        publish_points(self.workshop, self.niki, "R1", until=self.later(days=5))

    def _freeze(self) -> None:
        self.wait(days=6)
        freeze_inputs(self.workshop, self.niki, "R1", self.beacon, self.later(days=1))

    def _draw(self) -> None:
        self.wait(days=2)
        draw(self.workshop, self.aris, "R1", VALUE)

    def _finalize(self) -> None:
        self.wait(days=6)
        finalize(self.workshop, self.niki, "R1")


def open_desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    """Six schools by merit: best, second, third, fourth, fifth, and one special one with the fewest points."""
    names = ("best", "second", "third", "fourth", "fifth", "special")
    schools = {
        name: make_school(("special",) if name == "special" else (), level=Level.LOWER_SECONDARY) for name in names
    }
    for number, name in enumerate(reversed(names), start=1):
        record_projects(workshop.store, nso, schools[name], number)
    aris = add_person(workshop.store, nso, "Άρης του γραφείου", Role.NSO)
    made = Desk(workshop, nso, aris, schools)
    made.workshop = replace(workshop, clock=lambda: made.now)
    return made


def record_projects(store: Store, nso: Person, school: str, number: int) -> None:
    """Projects of 2024, as an import would store them."""
    with store.write() as session:
        run = ImportRun(
            what="evidence", file_name="e.csv", file_sha256="0" * 64, format="", counts={}, person_id=nso.id
        )
        session.add(run)
        session.flush()
        facts = {"kind": "project", "year": 2024, "number": number, "row": 2}
        session.add(Evidence(school_code=school, fingerprint=f"{run.id:064d}", import_id=run.id, **facts))


MORE = Correction(lines={"project 0-2026": 90})
STEPS: dict[RoundStep, Callable[[Desk], object]] = {
    RoundStep.RULES_CHANGED: lambda d: change_rules(d.workshop, d.niki, RULES, 2026),
    RoundStep.RULES_PUBLISHED: lambda d: publish_rules(d.workshop, d.niki, "R1"),
    RoundStep.POINTS_PUBLISHED: lambda d: publish_points(d.workshop, d.niki, "R1", until=d.later(days=5)),
    RoundStep.CORRECTED: lambda d: correct_applicant(d.workshop, d.niki, "R1", d.schools["fifth"], MORE, "why"),
    RoundStep.EXCLUDED: lambda d: exclude_school(d.workshop, d.niki, "R1", d.schools["best"], None, "why"),
    RoundStep.WITHDRAWN: lambda d: go_back(d.workshop, d.niki, "R1", "why"),
    RoundStep.FROZEN: lambda d: freeze_inputs(d.workshop, d.niki, "R1", d.beacon, d.later(days=1)),
    RoundStep.DRAWN: lambda d: draw(d.workshop, d.aris, "R1", VALUE),
    RoundStep.RESULTS_PUBLISHED: lambda d: publish_results(d.workshop, d.niki, "R1", appeals_until=d.later(days=5)),
    RoundStep.APPEAL_DECIDED: lambda d: uphold_appeal(
        d.workshop, d.niki, "R1", d.schools["fifth"], MORE, Remedy.REALLOCATION, "why"
    ),
    RoundStep.FINALIZED: lambda d: finalize(d.workshop, d.niki, "R1"),
    RoundStep.OFFERED: lambda d: make_offers(d.workshop, d.niki, "R1", 14),
    RoundStep.ACCEPTED: lambda d: accept_offer(d.workshop, d.niki, "R1", d.schools["best"]),
    RoundStep.DECLINED: lambda d: decline_offer(d.workshop, d.niki, "R1", d.schools["best"]),
    RoundStep.EXPIRED: lambda d: expire_offers(d.workshop, d.niki, "R1"),
    RoundStep.CLOSED: lambda d: close_round(d.workshop, d.niki, "R1"),
}


def state(desk: Desk) -> RoundState:
    return show_round(desk.workshop.store, "R1").round.state


def steps(desk: Desk) -> list[str]:
    return [step.step for step in show_round(desk.workshop.store, "R1").steps]


def stored(desk: Desk) -> dict[str, bytes]:
    with desk.workshop.store.read() as session:
        return {file.name: file.content for file in session.exec(select(RoundFile))}


def held(desk: Desk) -> dict[str, str]:
    """Name in the test → lot, of the stored awards."""
    names = {code: name for name, code in desk.schools.items()}
    with desk.workshop.store.read() as session:
        return {names[award.school_code]: award.lot for award in session.exec(select(Award))}
