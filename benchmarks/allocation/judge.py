"""Counts what is wrong with an allocation.  python judge.py RULES APPLICANTS RESULT

It imports nothing of the program. Prints JSON: `envy`, the pairs of a refused school and a holder of fewer points whom
it could replace in a lot that it would rather have, with no guarantee used less; `wasted` places, empty while somebody
waits; `unmet` guarantees, used by fewer schools than could use them. Without regional caps; ties are no envy.
"""

import json
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import combinations


def most_reserved(reserves: dict[str, int], signatures: Counter) -> int:
    """n by the deficiency formula over all sets of categories."""
    return min(
        sum(reserves[category] for category in inside)
        + sum(count for signature, count in signatures.items() if not signature <= set(inside))
        for size in range(len(reserves) + 1)
        for inside in combinations(reserves, size)
    )


def judge_lot(lot: dict, holders: list[dict], refused: list[dict]) -> Counter:
    reserves = lot["reserves"]
    inside, outside = points_by_signature(reserves, holders), points_by_signature(reserves, refused)
    counts = Counter({signature: len(points) for signature, points in inside.items()})
    used = most_reserved(reserves, counts)
    envy = 0
    for out, losers in inside.items():
        for into, winners in outside.items():
            swapped = counts.copy()
            swapped[out] -= 1
            swapped[into] += 1
            if most_reserved(reserves, swapped) >= used:
                envy += sum(bisect_left(losers, points) for points in winners)
    everybody = counts + Counter({signature: len(points) for signature, points in outside.items()})
    reachable = most_reserved(reserves, everybody)
    room = lot["seats"] if lot["unfilled"] == "open" else reachable + lot["seats"] - sum(reserves.values())
    wasted = min(max(room - len(holders), 0), len(refused))
    return Counter(envy=envy, wasted=wasted, unmet=reachable - used)


def points_by_signature(reserves: dict[str, int], schools: list[dict]) -> dict[frozenset, list[int]]:
    found = defaultdict(list)
    for school in schools:
        found[frozenset(school["categories"]) & frozenset(reserves)].append(school["points"])
    return {signature: sorted(points) for signature, points in found.items()}


def judge(rules: dict, schools: list[dict], held: dict[str, str]) -> dict[str, int]:
    total = Counter(envy=0, wasted=0, unmet=0)
    for lot in rules["lots"]:
        code = lot["lot"]
        holders = [school for school in schools if held.get(school["school"]) == code]
        refused = []
        for school in schools:
            wanted, now = school["preferences"], held.get(school["school"])
            if code in wanted and now != code and (now is None or wanted.index(code) < wanted.index(now)):
                refused.append(school)
        total.update(judge_lot(lot, holders, refused))
    return dict(total)


def main() -> None:
    values = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            values.append(json.load(file))
    rules, applicants, result = values
    held = {award["school"]: award["lot"] for award in result["awards"]}
    sys.stdout.write(json.dumps(judge(rules, applicants["applicants"], held)) + "\n")


if __name__ == "__main__":
    main()
