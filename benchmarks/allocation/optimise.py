"""What a user would pick instead.  python optimise.py highs|mincostflow RULES APPLICANTS SECONDS OUT

Both solve the same assignment: a school takes at most one place of a lot that it lists, a guaranteed one of one of its
categories or an open one. Using a guarantee is worth more than anything else, then points, then the better choice.
`OUT` gets the awards; exit code 3: no answer within SECONDS.
"""

import json
import sys
from collections.abc import Iterator

GUARANTEE = 10_000


def slots(lot: dict) -> dict[str, int]:
    """Places of a lot by kind: its categories, and "" for the open ones."""
    return {**lot["reserves"], "": lot["seats"] - sum(lot["reserves"].values())}


def options(rules: dict, school: dict) -> Iterator[tuple[str, str, int]]:
    """Lot, kind of place and worth, of every place that the school may take."""
    lots = {lot["lot"]: lot for lot in rules["lots"]}
    for choice, code in enumerate(school["preferences"]):
        worth = 10 * school["points"] + 3 - choice
        yield code, "", worth
        for category in school["categories"]:
            if category in lots[code]["reserves"]:
                yield code, category, worth + GUARANTEE


def highs(rules: dict, schools: list[dict], seconds: float) -> list[tuple[str, str]] | None:
    """As a linear program with whole numbers, by scipy's HiGHS."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    places = [(lot["lot"], kind, number) for lot in rules["lots"] for kind, number in slots(lot).items()]
    at = {(code, kind): len(schools) + index for index, (code, kind, _) in enumerate(places)}
    taken = [
        (row, code, kind, worth) for row, school in enumerate(schools) for code, kind, worth in options(rules, school)
    ]
    columns = np.arange(len(taken))
    rows = np.concatenate([[row for row, *_ in taken], [at[code, kind] for _, code, kind, _ in taken]])
    shape = (len(schools) + len(places), len(taken))
    matrix = csr_array((np.ones(2 * len(taken)), (rows, np.concatenate([columns, columns]))), shape=shape)
    limits = np.concatenate([np.ones(len(schools)), [number for *_, number in places]])
    found = milp(
        c=[-worth for *_, worth in taken],
        constraints=LinearConstraint(matrix, ub=limits),
        integrality=np.ones(len(taken)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0},
    )
    if found.status != 0:
        return None
    return [(schools[row]["school"], code) for (row, code, *_), x in zip(taken, found.x, strict=True) if x > 0.5]


def mincostflow(rules: dict, schools: list[dict], _seconds: float) -> list[tuple[str, str]]:
    """As a flow of least cost, by networkx. The caller stops it when the time is over."""
    import networkx as nx

    graph = nx.DiGraph()
    total = sum(lot["seats"] for lot in rules["lots"])
    graph.add_node("source", demand=-total)
    graph.add_node("sink", demand=total)
    graph.add_edge("source", "sink", capacity=total, weight=0)  # places that nobody takes
    for lot in rules["lots"]:
        for kind, number in slots(lot).items():
            graph.add_edge((lot["lot"], kind), "sink", capacity=number, weight=0)
    for school in schools:
        graph.add_edge("source", school["school"], capacity=1, weight=0)
        for code, kind, worth in options(rules, school):
            graph.add_edge(school["school"], (code, kind), capacity=1, weight=-worth)
    flow = nx.min_cost_flow(graph)
    return [
        (school["school"], place[0]) for school in schools for place, units in flow[school["school"]].items() if units
    ]


def main() -> int:
    method, rules_file, applicants_file, seconds, out = sys.argv[1:]
    with open(rules_file, encoding="utf-8") as file:
        rules = json.load(file)
    with open(applicants_file, encoding="utf-8") as file:
        schools = json.load(file)["applicants"]
    awards = {"highs": highs, "mincostflow": mincostflow}[method](rules, schools, float(seconds))
    if awards is None:
        return 3
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"awards": [{"school": school, "lot": lot} for school, lot in awards]}, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
