"""Checks a finished wave from stored data alone. It imports nothing of the program and shares no way of computing.

Plain values, in the shapes of the published files:

`rules`       as in rules.json: {"lots": [{"lot", "seats", "reserves", "unfilled", "admits", "levels", ...}], ...}
`applicants`  as in applicants.json, one for every school that took part: {"school", "level", "categories", "points",
              "preferences", "ineligible", ...}; with a "ticket" (hex text) ties in points are judged too, without one
              equal points are no envy
`awards`      [{"school", "lot"}]; other keys are ignored

Rules with regional caps are not judged here: ValueError.
"""

from collections import Counter, defaultdict
from itertools import combinations


def violations(rules: dict, applicants: list[dict], awards: list[dict]) -> list[str]:
    """Everything that is wrong with the wave, one sentence each; an empty list is a clean wave."""
    by_code = {applicant["school"]: applicant for applicant in applicants}
    lots = {lot["lot"]: lot for lot in rules["lots"]}
    found = _unknown(awards, by_code, lots) + _more_than_one(awards)
    known = [award for award in awards if award["school"] in by_code and award["lot"] in lots]
    held = {award["school"]: award["lot"] for award in known}
    for award in known:
        found += _unfit(lots[award["lot"]], by_code[award["school"]])
    for applicant in applicants:
        found += _wrongly_closed(applicant, lots)
    for code, lot in lots.items():
        holders = [by_code[award["school"]] for award in known if award["lot"] == code]
        refused = [applicant for applicant in applicants if _wants_more(applicant, code, held)]
        found += _of_lot(lot, holders, refused)
    return found


def repeats(waves: list[dict]) -> list[str]:
    """Schools that got a model, or a family, again too early.

    `waves`: [{"wave", "year", "repeat_years", "lots": [{"lot", "model", "family" or missing}], "awards": [{"school",
    "lot"}]}] in any order. A wave of year y looks back to the years y - repeat_years to y, both included, and never
    at itself.
    """
    found = []
    got = defaultdict(list)  # (school, kind of kit) → earlier (year, wave)
    for wave in sorted(waves, key=lambda wave: wave["year"]):
        lots = {lot["lot"]: lot for lot in wave["lots"]}
        now = []
        for award in wave["awards"]:
            lot = lots[award["lot"]]
            for kind in ("model", "family"):
                if lot.get(kind):
                    key = (award["school"], kind, lot[kind])
                    now.append(key)
                    found += [
                        f"{wave['wave']}: school {award['school']} gets {kind} {lot[kind]} again, after {earlier}"
                        for year, earlier in got[key]
                        if wave["year"] - year <= wave["repeat_years"]
                    ]
        for key in now:
            got[key].append((wave["year"], wave["wave"]))
    return found


def most_reserved(reserves: dict[str, int], schools: list[dict]) -> int:
    """n by the deficiency formula: the smallest bound over all sets of categories."""
    return _bound(reserves, Counter(_signature(reserves, school) for school in schools))


def _bound(reserves: dict[str, int], signatures: Counter) -> int:
    bounds = []
    for size in range(len(reserves) + 1):
        for inside in combinations(reserves, size):
            outside = sum(count for signature, count in signatures.items() if not signature <= set(inside))
            bounds.append(sum(reserves[category] for category in inside) + outside)
    return min(bounds)


def _signature(reserves: dict[str, int], school: dict) -> frozenset:
    return frozenset(school["categories"]) & frozenset(reserves)


def _unknown(awards: list[dict], by_code: dict, lots: dict) -> list[str]:
    found = [
        f"school {award['school']} has an award but did not apply" for award in awards if award["school"] not in by_code
    ]
    return found + [
        f"school {award['school']} has an award of no lot: {award['lot']}"
        for award in awards
        if award["lot"] not in lots
    ]


def _more_than_one(awards: list[dict]) -> list[str]:
    counts = Counter(award["school"] for award in awards)
    return [f"school {school} has {count} awards" for school, count in counts.items() if count > 1]


def _unfit(lot: dict, school: dict) -> list[str]:
    found = []
    if lot["levels"] is not None and school["level"] not in lot["levels"]:
        found.append(f"lot {lot['lot']} does not fit the level of school {school['school']}: {school['level']}")
    if lot["admits"] is not None and not set(lot["admits"]) & set(school["categories"]):
        found.append(f"lot {lot['lot']} does not admit school {school['school']}")
    if lot["lot"] in school["ineligible"]:
        found.append(f"lot {lot['lot']} is closed to school {school['school']}: {school['ineligible'][lot['lot']]}")
    if lot["lot"] not in school["preferences"]:
        found.append(f"school {school['school']} has lot {lot['lot']}, which it does not want")
    return found


def _wrongly_closed(school: dict, lots: dict) -> list[str]:
    """A lot that is closed for a reason that the rules do not give."""
    found = []
    for code, reason in school["ineligible"].items():
        lot = lots[code]
        fits = lot["levels"] is None or school["level"] in lot["levels"]
        admitted = lot["admits"] is None or bool(set(lot["admits"]) & set(school["categories"]))
        if (reason == "level" and fits) or (reason == "admits" and admitted):
            found.append(f"lot {code} is closed to school {school['school']} for a wrong reason: {reason}")
    return found


def _wants_more(school: dict, code: str, held: dict[str, str]) -> bool:
    """Whether the school would rather have this lot than what it holds."""
    wanted = school["preferences"]
    if code not in wanted or held.get(school["school"]) == code:
        return False
    now = held.get(school["school"])
    return now not in wanted or wanted.index(code) < wanted.index(now)


def _of_lot(lot: dict, holders: list[dict], refused: list[dict]) -> list[str]:
    if lot["open_region_cap"] is not None or lot["category_region_caps"] or lot["region_cap"] is not None:
        raise ValueError(f"lot {lot['lot']} has a regional cap, which is not judged here")
    found = []
    reserves, name = lot["reserves"], f"lot {lot['lot']}"
    reachable = most_reserved(reserves, holders + refused)
    used = most_reserved(reserves, holders)
    if used < reachable:
        found.append(f"{name}: {used} guaranteed places are used where {reachable} could be")
    room = lot["seats"] if lot["unfilled"] == "open" else reachable + lot["seats"] - sum(reserves.values())
    if len(holders) > room:
        found.append(f"{name}: {len(holders)} awards, but only {room} can be made")
    if len(holders) < room and refused:
        found.append(f"{name}: {room - len(holders)} places are wasted while {len(refused)} schools wait")
    return found + _envy(lot, holders, refused)


def _envy(lot: dict, holders: list[dict], refused: list[dict]) -> list[str]:
    """Refused schools that are better than a holder whom they could replace at no loss of a guarantee."""
    reserves = lot["reserves"]
    inside = Counter(_signature(reserves, school) for school in holders)
    used = _bound(reserves, inside)
    found = []
    for out_signature, worst in _extreme(reserves, holders, _worst).items():
        for in_signature, best in _extreme(reserves, refused, _best).items():
            swapped = inside.copy()
            swapped[out_signature] -= 1
            swapped[in_signature] += 1
            if _better(best, worst) and _bound(reserves, swapped) >= used:
                found.append(
                    f"lot {lot['lot']}: school {best['school']} ({best['points']} points) envies "
                    f"{worst['school']} ({worst['points']} points), and no guarantee would suffer"
                )
    return found


def _extreme(reserves: dict[str, int], schools: list[dict], pick) -> dict:
    groups = defaultdict(list)
    for school in schools:
        groups[_signature(reserves, school)].append(school)
    return {signature: pick(members) for signature, members in groups.items()}


def _better(one: dict, other: dict) -> bool:
    if one["points"] != other["points"]:
        return one["points"] > other["points"]
    return "ticket" in one and "ticket" in other and one["ticket"] < other["ticket"]


def _best(schools: list[dict]) -> dict:
    return min(schools, key=lambda school: (-school["points"], school.get("ticket", "")))


def _worst(schools: list[dict]) -> dict:
    return max(schools, key=lambda school: (-school["points"], school.get("ticket", "")))
