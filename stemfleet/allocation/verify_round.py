"""Recomputes an allocation round from its published files:  python3 -I verify_round.py [DIR] [--beacon VALUE]

It needs nothing but Python 3.9 or later. It reads rules.json, applicants.json, commitment.json, events.json if there is
one, and of result.json only `beacon_value`; it computes the rest of result.json anew and compares. It was written apart
from the program that made the bundle: guarantees are counted by the deficiency formula over all sets of categories, and
replacements by computing the round again without the holder. The project's docs/bundle.md defines rule and format.

Exit code: 0 all is as computed; 1 the first difference is printed (file, key, expected, found); 2 a file is unreadable.
Compare the printed random value with its source yourself, and the files' hashes with `sha256sum -c SHA256SUMS`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

UNREADABLE = (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError)


class Differs(Exception):
    """The first difference; UNREADABLE is what a file raises that is missing or has another form."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load(files: dict[str, bytes], name: str) -> Any:
    """The value of one file, which must be canonical."""
    value = json.loads(files[name].decode())
    form = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    compare(name, "sha256, canonical", sha256(unicodedata.normalize("NFC", form).encode()), sha256(files[name]))
    return value


def verify(files: dict[str, bytes], beacon: str | None = None) -> tuple[Any, str]:
    """Check a bundle, file name → bytes. Gives its commitment and beacon value; raises Differs or UNREADABLE."""
    names = ("rules.json", "applicants.json", "commitment.json", "result.json")
    rules, applicants, commitment, result = (load(files, name) for name in names)
    events = load(files, "events.json")["events"] if "events.json" in files else []
    for key, name in (("rules_sha256", names[0]), ("applicants_sha256", names[1])):
        compare("commitment.json", key, sha256(files[name]), commitment[key])
    value = result["beacon_value"]
    compare("result.json", "beacon_value", value if beacon is None else beacon.strip(), value)
    text = f"stemfleet/1|{commitment['rules_sha256']}|{commitment['applicants_sha256']}|{value}"
    expected = {"format": "stemfleet-result/1", "beacon_value": value, "seed": sha256(text.encode())}
    check_applicants(rules, applicants["applicants"])
    schools = after_events(applicants["applicants"], events)
    check_applicants(rules, schools)
    expected.update(compute(rules, schools, expected["seed"]))
    compare("result.json", "", expected, result)
    return commitment, value


def compare(file: str, key: str, expected: Any, found: Any) -> None:
    """Raise at the first difference, with the path to it."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted({**expected, **found}):
            compare(file, f"{key}.{name}".lstrip("."), expected.get(name, ...), found.get(name, ...))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, item in enumerate(expected):
            compare(file, f"{key}[{index}]", item, found[index])
    elif type(expected) is not type(found) or expected != found:
        raise Differs(f"{file}: {key}: expected {str(expected)[:200]}, found {str(found)[:200]}")


def check_applicants(rules: Any, applicants: list[Any]) -> None:
    """Each code is there once, points are the sum of their lines, and lots are closed as the rules say."""
    file, codes = "applicants.json", [school["school"] for school in applicants]
    compare(file, "school", sorted(set(codes)), codes)
    for school in applicants:
        name = school["school"]
        compare(file, f"{name}.points", sum(number for _, number in school["lines"]), school["points"])
        for lot in rules["lots"]:
            fits = lot["levels"] is None or school["level"] in lot["levels"]
            admitted = lot["admits"] is None or not set(lot["admits"]).isdisjoint(school["categories"])
            given = school["ineligible"].get(lot["lot"])
            wrong = {None: not (fits and admitted), "level": fits, "admits": admitted}.get(given, False)
            if wrong or (given and lot["lot"] in school["preferences"]):
                raise Differs(f"{file}: {name}.ineligible.{lot['lot']}: {given} is not as the rules say")


def after_events(applicants: list[Any], events: list[Any]) -> list[Any]:
    """The schools as corrected, without those who left; who accepted a lot wishes for no other."""
    schools = {school["school"]: dict(school) for school in applicants}
    for number, event in enumerate(events):
        school = schools[event["school"]]
        if event["event"] == "correction":
            compare("events.json", f"events[{number}].old", school[event["field"]], event["old"])
            school[event["field"]] = event["new"]
        elif event["event"] == "acceptance":
            school["preferences"] = [event["lot"]]
        else:
            compare("events.json", f"events[{number}] leaves", True, event["event"] in ("decline", "expiry"))
            del schools[event["school"]]
    return list(schools.values())


def compute(rules: Any, applicants: list[Any], seed: str) -> dict[str, Any]:
    """Everything in result.json that follows from the inputs and the seed."""
    ticket = {s["school"]: sha256(f"{seed}|{rules['wave']}|{s['school']}".encode()) for s in applicants}
    field = sorted(applicants, key=lambda s: (-s["points"], ticket[s["school"]]))
    lots = [Lot(lot, field) for lot in rules["lots"]]
    chosen, asked = settle(lots, field, list(range(len(field))))
    holders = {rank for held in chosen.values() for rank in held}
    few = those_who_may_enter(lots, holders, asked)
    made: dict[str, Any] = {"awards": [], "waiting": {}, "replacements": {}, "cutoffs": [], "certificates": {}}
    for lot in lots:
        code, mine = lot.code, chosen[lot.code]
        replacements = made["replacements"][code] = {}
        for rank, place in mine.items():
            made["awards"].append({"school": field[rank]["school"], "lot": code, "place": place})
            after, _ = settle(lots, field, [other for other in few if other != rank])
            entered = {other for held in after.values() for other in held} - holders
            replacements[field[rank]["school"]] = field[min(entered)]["school"] if entered else None
        made["waiting"][code] = [field[rank]["school"] for rank in asked[code] if rank not in mine]
        made["cutoffs"] += lot.cutoffs(mine, asked[code], ticket)
        made["certificates"][code] = lot.certificate(asked[code])
    made["awards"].sort(key=lambda award: (award["school"], award["lot"]))
    made["cutoffs"].sort(key=lambda row: (row["lot"], row["signature"], row["region"] or "", row["place"]))
    return made


def settle(lots: list[Lot], field: list[Any], ranks: list[int]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Schools propose until nobody is rejected: lot → rank → place, and lot → ranks that asked, by merit."""
    wishes = {rank: list(field[rank]["preferences"]) for rank in ranks}
    asked: dict[str, list[int]] = {lot.code: [] for lot in lots}
    chosen: dict[str, dict[int, str]] = {lot.code: {} for lot in lots}
    moving = ranks
    while moving:
        for rank in moving:
            if wishes[rank]:
                asked[wishes[rank][0]].append(rank)
        fresh, moving = {wishes[rank][0] for rank in moving if wishes[rank]}, []
        for lot in (lot for lot in lots if lot.code in fresh):
            asked[lot.code].sort()
            chosen[lot.code] = (lot.choose if lot.cap is None else lot.choose_under_cap)(asked[lot.code])
            for rank in asked[lot.code]:
                if rank not in chosen[lot.code] and wishes[rank][:1] == [lot.code]:
                    del wishes[rank][0]
                    moving.append(rank)
    return chosen, asked


def those_who_may_enter(lots: list[Lot], holders: set[int], asked: dict[str, list[int]]) -> list[int]:
    """Holders, and the first of each kind of the empty-handed: only one of them comes in when one leaves.
    Under a cap on all places of a region, which breaks that promise, as many of each kind as it lets in, and one more.
    """
    found = set(holders)
    for lot in lots:
        seen = Counter[Any]()
        for rank in asked[lot.code]:
            seen[lot.kinds[rank]] += rank not in holders
            if seen[lot.kinds[rank]] <= (lot.cap or 0) + 1:
                found.add(rank)
    return sorted(found)


class Lot:
    """One lot with the field as it sees it. Sets of categories are bit masks; `sets` holds all, the smallest first."""

    def __init__(self, rules: Any, field: list[Any]) -> None:
        self.rules, self.code, self.field, self.cap = rules, rules["lot"], field, rules["region_cap"]
        self.names, caps = sorted(rules["reserves"]), rules["category_region_caps"]
        self.all = range(1 << len(self.names))
        self.sets = sorted(self.all, key=lambda a: bin(a).count("1"))
        self.reserved = [sum(rules["reserves"][name] for name in self.of(a)) for a in self.all]
        self.places = self.reserved[-1]
        # For every set A: the sets B of capped categories outside of A, with the sum of their caps.
        some = {b: sum(caps[name] for name in self.of(b)) for b in self.sets if not b & ~self.mask(caps)}
        self.splits = [[(b, cap) for b, cap in some.items() if not a & b] for a in self.all]
        self.outside = [[int(bool(mask & ~a)) for a in self.all] for mask in self.all]
        by_region = bool(caps) or rules["open_region_cap"] is not None or self.cap is not None
        self.kinds = [(self.mask(s["categories"]), (s["region"] or "") if by_region else "") for s in field]

    def mask(self, names: Any) -> int:
        return sum(1 << index for index, name in enumerate(self.names) if name in names)

    def of(self, mask: int) -> list[str]:
        return [name for index, name in enumerate(self.names) if mask >> index & 1]

    def choose(self, asked: list[int]) -> dict[int, str]:
        """Rank → kind of place, for those whom the lot takes of all that asked: first the guarantees, then the rest."""
        bound, dead, places = Bound(self), set(), dict[int, str]()
        for rank in asked:
            kind, n = self.kinds[rank], len(places)
            if n < self.places and kind not in dead and bound.add(kind, 1, 0, n + 1):
                places[rank] = "reserved"
            else:
                dead.add(kind)
        free = self.rules["seats"] - (len(places) if self.rules["unfilled"] == "open" else self.places)
        limit, by_region = self.rules["open_region_cap"], Counter[str]()
        for rank in asked:
            region = self.field[rank]["region"] or ""
            if free > 0 and rank not in places and (limit is None or by_region[region] < limit):
                places[rank], free = "open", free - 1
                by_region[region] += 1
        return places

    def choose_under_cap(self, asked: list[int]) -> dict[int, str]:
        """With a cap on all places of a region: by merit, whoever leaves the most guarantees within reach."""
        reach, taken, dead = self.bound(asked), Bound(self, capped=False), set()
        most, places = reach.n, dict[int, str]()
        size = self.rules["seats"] - (0 if self.rules["unfilled"] == "open" else self.places - most)
        for rank in asked:
            kind, n = self.kinds[rank], taken.n
            if kind in dead or reach.regions[kind[1]][0] == self.cap or not reach.add(kind, 1, -1, most):
                dead.add(kind)
            elif taken.add(kind, 1, 0, n + 1) or len(places) + most - n < size:
                places[rank] = "reserved" if taken.n > n else "open"
            else:
                reach.add(kind, -1, 1, most)
                dead.add(kind)
        return places

    def bound(self, asked: list[int]) -> Bound:
        """The formula over all that asked; under a cap on all places of a region, over those whom it can let in."""
        bound = Bound(self)
        for kind, count in Counter(self.kinds[rank] for rank in asked).items():
            bound.add(kind, *((count, 0) if self.cap is None else (0, count)), 0)
        return bound

    def certificate(self, asked: list[int]) -> dict[str, Any]:
        """The formula's minimum over all that asked, and the smallest sets at which it is reached."""
        bound = self.bound(asked)
        a = next(a for a in self.sets if bound.totals[a] == bound.n)
        by_region = {}
        for region, (_, sure, _) in bound.regions.items():
            b, _ = min(self.splits[a], key=lambda split: split[1] + sure[a | split[0]])
            by_region.update({region: self.of(b)} if b else {})
        return {"n": bound.n, "set": self.of(a), "by_region": by_region}

    def cutoffs(self, mine: dict[int, str], asked: list[int], ticket: dict[str, str]) -> list[Any]:
        rows = []
        for kind in {self.kinds[rank] for rank in asked}:
            ranks = [rank for rank in asked if self.kinds[rank] == kind]
            for place in ("reserved", "open") if kind[0] else ("open",):
                got = [self.field[rank] for rank in ranks if mine.get(rank) == place]
                last = {"points": got[-1]["points"], "ticket": ticket[got[-1]["school"]]} if got else None
                row = {"lot": self.code, "signature": self.of(kind[0]), "region": kind[1] or None, "place": place}
                rows.append({**row, "last": last, "chosen": len(got), "refused": sum(r not in mine for r in ranks)})
        return rows


class Bound:
    """n by the deficiency formula: the smallest of `totals` over all sets A, kept up to date as schools are added.

    By region: how many are taken, and for every set A how many of those taken, and of the others, lie outside of A.
    """

    def __init__(self, lot: Lot, capped: bool = True) -> None:
        self.lot, self.cap = lot, lot.cap if capped else None
        self.regions: dict[str, tuple[int, list[int], list[int]]] = {}
        self.totals, self.n = list(lot.reserved), 0

    def add(self, kind: Any, taken: int, others: int, least: int) -> bool:
        """Add so many schools of the kind if n is then at least so much; say whether it is."""
        every, out = self.lot.all, self.lot.outside[kind[0]]
        count, sure, more = before = self.regions.get(kind[1], (0, [0] * len(every), [0] * len(every)))
        after = count + taken, [sure[a] + taken * out[a] for a in every], [more[a] + others * out[a] for a in every]
        old, new = self.share(*before), self.share(*after)
        totals = [self.totals[a] - old[a] + new[a] for a in every]
        if min(totals) < least:
            return False
        self.totals, self.n, self.regions[kind[1]] = totals, min(totals), after
        return True

    def share(self, count: int, sure: list[int], more: list[int]) -> list[int]:
        """What a region adds to the total of every set A."""
        if self.cap is not None:
            return [sure[a] + min(self.cap - count, more[a]) for a in self.lot.all]
        if not self.lot.rules["category_region_caps"]:
            return sure
        return [min(cap + sure[a | b] for b, cap in self.lot.splits[a]) for a in self.lot.all]


def main() -> int:
    options = argparse.ArgumentParser(description="Recompute an allocation round from its published files.")
    options.add_argument("folder", nargs="?", default=".", type=Path)
    options.add_argument("--beacon", help="the random value that you looked up at its source")
    given = options.parse_args()
    try:
        files = {path.name: path.read_bytes() for path in given.folder.glob("*.json")}
        commitment, value = verify(files, given.beacon)
    except (Differs, *UNREADABLE) as wrong:
        sys.stdout.write(f"{wrong!r}\n")
        return 1 if isinstance(wrong, Differs) else 2
    sys.stdout.write(f"OK\nbeacon {json.dumps(commitment['beacon'], ensure_ascii=False)}\nvalue {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
