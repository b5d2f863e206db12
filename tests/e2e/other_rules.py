"""Two ways of choosing that others use, to show that ours gives something else on the same applicants."""

from collections.abc import Callable
from typing import Any

Applicant = dict[str, Any]
Choice = Callable[[dict[str, Any], list[Applicant]], list[Applicant]]


def merit_alone(lot: dict[str, Any], by_merit: list[Applicant]) -> list[Applicant]:
    """The best, whatever their categories."""
    return by_merit[: lot["seats"]]


def quotas_in_turn(lot: dict[str, Any], by_merit: list[Applicant]) -> list[Applicant]:
    """Each category's places are filled with its best that are left, one category after another; then the rest."""
    taken: list[Applicant] = []
    for category, places in lot["reserves"].items():
        members = [a for a in by_merit if category in a["categories"] and a not in taken]
        taken += members[:places]
    return taken + [a for a in by_merit if a not in taken][: lot["seats"] - len(taken)]


def propose(rules: dict[str, Any], applicants: list[Applicant], choice: Choice) -> set[tuple[str, str]]:
    """Schools propose to their lots in order of preference; each lot keeps its choice. Pairs of school and lot."""
    lots = {lot["lot"]: lot for lot in rules["lots"]}
    wishes = {a["school"]: list(a["preferences"]) for a in applicants}
    by_merit = sorted(applicants, key=lambda a: (-a["points"], a["ticket"]))
    held: dict[str, list[Applicant]] = {lot: [] for lot in lots}
    order = {applicant["school"]: place for place, applicant in enumerate(by_merit)}
    free = by_merit
    while free:
        asking: dict[str, list[Applicant]] = {lot: list(kept) for lot, kept in held.items()}
        for applicant in free:
            if wishes[applicant["school"]]:
                asking[wishes[applicant["school"]].pop(0)].append(applicant)
        order = {a["school"]: place for place, a in enumerate(by_merit)}
        held = {
            code: choice(lots[code], sorted(those, key=lambda a: order[a["school"]])) for code, those in asking.items()
        }
        kept = {a["school"] for those in held.values() for a in those}
        free = [a for a in by_merit if a["school"] not in kept and wishes[a["school"]]]
    return {(a["school"], lot) for lot, those in held.items() for a in those}
