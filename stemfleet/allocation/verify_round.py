"""Recomputes an allocation round from its published files:  python3 -I verify_round.py [DIR] [--beacon VALUE]

It needs Python 3.9 or later and nothing else, and shares no way of computing with the program that made the bundle:
guarantees are counted by the deficiency formula, replacements by computing the round again without the holder. Of
result.json it reads only `beacon_value` and computes the rest anew. docs/bundle.md of the project has rule and format.
Exit code: 0 all is as computed; 1 the first difference is printed (file, key, expected, found); 2 a file is unreadable.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

PLANNING = "planning"
UNREADABLE = (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, MemoryError)

NO_FORM = "A file does not have the form that docs/bundle.md defines, or the round is too large for this computer."


class Differs(Exception):
    """The first difference. UNREADABLE is what a file of another form raises; an OSError is a sentence."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load(files: dict[str, bytes], name: str) -> Any:
    """The value of one file, which must be canonical."""
    file = f"{name}.json"
    try:
        value = json.loads(files[file].decode(), parse_float=int, parse_constant=int)
        form = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
        data = unicodedata.normalize("NFC", form).encode()
    except (KeyError, ValueError):
        raise OSError(f"{file} is {'no JSON of whole numbers' if file in files else 'missing'}.") from None
    compare(file, "sha256, canonical", sha256(data), sha256(files[file]))
    return value


def verify(files: dict[str, bytes], beacon: str | None = None) -> tuple[Any, str]:
    """Check a bundle, file name → bytes. Gives its commitment and beacon value; raises Differs or UNREADABLE."""
    rules, applicants, commitment = (load(files, name) for name in ("rules", "applicants", "commitment"))
    result, events = load(files, "result"), load(files, "events")["events"] if "events.json" in files else []
    for name in ("rules", "applicants"):
        compare("commitment.json", f"{name}_sha256", sha256(files[f"{name}.json"]), commitment[f"{name}_sha256"])
    value = result["beacon_value"]
    check_value(value, commitment["beacon"], beacon)
    text = f"stemfleet/1|{commitment['rules_sha256']}|{commitment['applicants_sha256']}|{value}"
    expected = {"format": "stemfleet-result/1", "beacon_value": value, "seed": sha256(text.encode())}
    check_rules(rules)
    codes = [school["school"] for school in applicants["applicants"]]
    compare("applicants.json", "school", sorted(set(codes)), codes)
    schools = after_events(rules, applicants["applicants"], expected["seed"], events)
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
        said = [json.dumps(x, ensure_ascii=False, default=lambda _: "nothing")[:200] for x in (expected, found)]
        raise Differs(f"{file}: {key}: expected {said[0]}, found {said[1]}")


def check_value(value: str, beacon: Any, looked_up: str | None) -> None:
    """The random value has the form that its source gives it, and is the one that was looked up there."""
    source = re.sub(r"[\W_]", "", beacon["source"]).casefold() if beacon else PLANNING
    digits = {"drand": 64, "drandquicknet": 64, "nist": 128}.get(source)
    form = f"[0-9a-f]{{{digits}}}" if digits else "[!-~]{1,200}"
    wanted = f"{digits} hex digits in lower case" if digits else "a drawn value without blanks"
    known = digits or not source.startswith(("drand", "nist"))
    if not known or not re.fullmatch(form, value) or value == PLANNING != source:
        raise Differs(f"result.json: beacon_value: expected {wanted} from {source}, found {value}")
    if looked_up is not None:
        compare("result.json", "beacon_value", looked_up.strip().lower() if digits else looked_up.strip(), value)


def check_rules(rules: Any) -> None:
    """Lots are there once, and their places and caps go together."""
    codes = [lot["lot"] for lot in rules["lots"]]
    compare("rules.json", "lots", sorted({*codes, *rules["default_preferences"]}), sorted(codes))
    for lot in rules["lots"]:
        reserves, caps, cap = lot["reserves"], lot["category_region_caps"], lot["region_cap"]
        crossed = cap is not None and (caps or lot["open_region_cap"] is not None or len(codes) > 1)
        least = min([*reserves.values(), *caps.values(), lot["open_region_cap"] or 0, cap or 0])
        if crossed or least < 0 or caps.keys() - reserves.keys() or sum(reserves.values()) > lot["seats"]:
            raise Differs(f"rules.json: lot {lot['lot']}: its reserves, seats and caps do not go together")


def check_school(rules: Any, school: Any) -> None:
    """Points are the sum of their lines, no categories stand twice, and lots are closed as the rules say."""
    file, name, codes = "applicants.json", school["school"], {lot["lot"] for lot in rules["lots"]}
    compare(file, f"{name}.points", max(0, sum(number for _, number in school["lines"])), school["points"])
    compare(file, f"{name}.categories", sorted(set(school["categories"])), school["categories"])
    compare(file, f"{name}, unknown lots", [], sorted({*school["preferences"], *school["ineligible"]} - codes))
    for lot in rules["lots"]:
        fits = lot["levels"] is None or school["level"] in lot["levels"]
        admitted = lot["admits"] is None or not set(lot["admits"]).isdisjoint(school["categories"])
        given = school["ineligible"].get(lot["lot"])
        known = dict.fromkeys(("repeat", "obligation", "excluded"), False)
        wrong = {**known, "": not (fits and admitted), "level": fits, "admits": admitted}.get(given or "", True)
        if wrong or (given and lot["lot"] in school["preferences"]):
            raise Differs(f"{file}: {name}.ineligible.{lot['lot']}: {json.dumps(given)} is not as the rules say")


def after_events(rules: Any, applicants: list[Any], seed: str, events: list[Any]) -> list[Any]:
    """The schools as corrected, without those who left; who accepted a lot wishes for no other."""
    schools, held = {school["school"]: dict(school) for school in applicants}, None
    unchecked, accepted, beside = set(schools), set[str](), set[str]()
    for number, event in enumerate(events):
        file, key, kind, code = "events.json", f"events[{number}]", event["event"], event["school"]
        known = code in schools and kind in ("correction", "acceptance", "decline", "expiry")
        compare(file, f"{key}: an event of a school that is in the round", True, known)
        if kind == "correction":
            compare(file, f"{key}.old", {**schools[code], "school": ...}.get(event["field"], ...), event["old"])
            schools[code][event["field"]], held = event["new"], None
            unchecked.add(code)
            beside.update([code] if event["reason"].startswith("extra seat: ") else [])
            continue
        if held is None:
            while unchecked:
                check_school(rules, schools[unchecked.pop()])
            lots, ranked, _ = stage(rules, schools.values(), seed)
            chosen, _ = settle(lots, ranked, list(range(len(ranked))))
            held = {ranked[rank]["school"]: lot for lot, places in chosen.items() for rank in places}
        holds = held.get(code, "an extra seat" if code in beside else "nothing")
        expired = kind == "expiry" and code in accepted
        if kind != "decline" and (expired or holds == "nothing" or event.get("lot", holds) != holds):
            raise Differs(f"{file}: {key}: {kind} of school {code} is not possible: it holds {holds}")
        if kind == "acceptance":
            schools[code]["preferences"] = [holds]
            accepted.add(code)
        else:
            del schools[code]
            held = None
    for code in unchecked:
        check_school(rules, schools[code])
    return [*schools.values()]


def stage(rules: Any, applicants: Any, seed: str) -> tuple[list[Lot], list[Any], dict[str, str]]:
    """The lots, the schools in order of merit, and the ticket of each."""
    ticket = {s["school"]: sha256(f"{seed}|{rules['wave']}|{s['school']}".encode()) for s in applicants}
    field = sorted(applicants, key=lambda s: (-s["points"], ticket[s["school"]]))
    return [Lot(lot, field) for lot in rules["lots"]], field, ticket


def compute(rules: Any, applicants: list[Any], seed: str) -> dict[str, Any]:
    """Everything in result.json that follows from the inputs and the seed."""
    lots, field, ticket = stage(rules, applicants, seed)
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


def find_apart(reserves: Any, kinds: set[Any], crossed: bool) -> set[str]:
    """Categories of which no school has two (and, under caps, each in one region): who meets the fewest comes first."""
    meets, apart = {}, set[str]()
    for name in sorted(reserves):
        mine = [kind for kind in kinds if name in kind[0]]
        if not crossed or len({region for _, region in mine}) < 2:
            meets[name] = {name}.union(*(names for names, _ in mine))
    while meets:
        name = min(meets, key=lambda name: len(meets[name] & meets.keys()))
        apart.add(name)
        meets = {other: met for other, met in meets.items() if other not in meets[name]}
    return apart


class Lot:
    """One lot with the field as it sees it: a school's kind is its reserved categories, and its region if that matters.
    In the formula each of the categories `apart` decides for itself; sets A of the others are bit masks.
    """

    def __init__(self, rules: Any, field: list[Any]) -> None:
        self.rules, self.code, self.field, self.cap = rules, rules["lot"], field, rules["region_cap"]
        reserves, caps = rules["reserves"], rules["category_region_caps"]
        self.crossed, self.places = bool(caps) or self.cap is not None, sum(reserves.values())
        by_region = self.crossed or rules["open_region_cap"] is not None
        known = {names: frozenset(reserves).intersection(names) for names in {tuple(s["categories"]) for s in field}}
        self.kinds = [(known[tuple(s["categories"])], (s["region"] or "") if by_region else "") for s in field]
        apart = find_apart(reserves, set(self.kinds), self.crossed)
        self.names = sorted(reserves.keys() - apart)
        if 3 ** len(caps.keys() & {*self.names}) << len(self.names) > 1 << 20:
            raise OSError(f"Lot {self.code}: {len(self.names)} of its categories overlap, too many to be checked.")
        self.all = range(1 << len(self.names))
        self.most = {name: min(reserves[name], caps.get(name, reserves[name])) for name in apart}
        self.reserved = [sum(reserves[name] for name in self.of(a)) for a in self.all]
        # For every set A: the sets B of capped categories outside of A, with the sum of their caps.
        some = [(b, sum(caps[t] for t in self.of(b))) for b in self.all if caps.keys() >= {*self.of(b)}]
        self.splits = [[(b, cap) for b, cap in some if not a & b] for a in self.all] if caps else []
        # For every signature: whether it is outside of each set A, and the apart category in it.
        self.outside = {}
        for names in known.values():
            mask = sum(1 << index for index, name in enumerate(self.names) if name in names)
            self.outside[names] = bytes(mask & ~a > 0 for a in self.all), next(iter(names & apart), None)

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
            if kind in dead or reach.regions[kind[1]][0] == self.cap or not reach.add(kind, 1, 0, most):
                dead.add(kind)
            elif taken.add(kind, 1, 0, n + 1) or len(places) + most - n < size:
                places[rank] = "reserved" if taken.n > n else "open"
            else:
                reach.add(kind, -1, 0, most)
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
        bound, reserves, caps = self.bound(asked), self.rules["reserves"], self.rules["category_region_caps"]
        a = min((a for a in self.all if bound.totals[a] == bound.n), key=lambda a: len(self.of(a)))
        inside, by_region = self.of(a), {}
        for region, (count, sure, more, _) in bound.regions.items():
            options = [(b, cap + bound.count(sure)[a | b], sure) for b, cap in (self.splits or {a: [(0, 0)]})[a]]
            if self.cap is not None:
                options = [(0, self.cap - count, {}), (0, bound.count(more)[a], more)]
            b, _, cells = min(options, key=lambda option: (option[1], len(self.of(option[0]))))
            capped = self.of(b)
            for name, (number, out) in cells.items():
                rest = number - out[a | b]
                if name and reserves[name] < min(rest, caps.get(name, rest)):
                    inside.append(name)
                elif caps.get(name, rest) < rest:
                    capped.append(name)
            by_region.update({region: sorted(capped)} if capped else {})
        return {"n": bound.n, "set": sorted(inside), "by_region": by_region}

    def cutoffs(self, mine: dict[int, str], asked: list[int], ticket: dict[str, str]) -> list[Any]:
        rows = []
        for kind in {self.kinds[rank] for rank in asked}:
            ranks = [rank for rank in asked if self.kinds[rank] == kind]
            for place in ("reserved", "open") if kind[0] else ("open",):
                got = [self.field[rank] for rank in ranks if mine.get(rank) == place]
                last = {"points": got[-1]["points"], "ticket": ticket[got[-1]["school"]]} if got else None
                row = {"lot": self.code, "signature": sorted(kind[0]), "region": kind[1] or None, "place": place}
                rows.append({**row, "last": last, "chosen": len(got), "refused": sum(r not in mine for r in ranks)})
        return rows


class Bound:
    """n by the deficiency formula: the smallest of `totals` over all sets A, kept up to date as schools are added.
    By region: how many are taken; of these and of all by apart category how many, and how many outside of A; its share.
    """

    def __init__(self, lot: Lot, capped: bool = True) -> None:
        self.lot, self.cap = lot, lot.cap if capped else None
        self.regions: dict[str | None, Any] = {}
        self.totals, self.n = list(lot.reserved), 0

    def add(self, kind: Any, taken: int, every: int, least: int) -> bool:
        """Add schools of the kind, to those taken and to all, if n is then at least so much; say whether it is."""
        names, region = kind if self.lot.crossed else (kind[0], self.lot.outside[kind[0]][1])
        count, sure, more, old = self.regions.get(region, (0, {}, {}, [0] * len(self.totals)))
        after = count + taken, self.put(sure, names, taken), self.put(more, names, every)
        new = self.share(*after)
        totals = [self.totals[a] - old[a] + new[a] for a in self.lot.all]
        if min(totals) < least:
            return False
        self.totals, self.n, self.regions[region] = totals, min(totals), (*after, new)
        return True

    def put(self, cells: Any, names: frozenset[str], number: int) -> Any:
        outside, apart = self.lot.outside[names]
        count, out = cells.get(apart, (0, [0] * len(outside)))
        after = count + number, [out[a] + number * outside[a] for a in self.lot.all]
        return {**cells, apart: after} if number else cells

    def count(self, cells: Any) -> list[int]:
        """For every set A those outside of it, with the rest of an apart category as far as it has places."""
        counts = [0] * len(self.totals)
        for apart, (count, out) in cells.items():
            most = self.lot.most.get(apart, 0)
            counts = [counts[a] + out[a] + min(most, count - out[a]) for a in self.lot.all]
        return counts

    def share(self, count: int, sure: Any, more: Any) -> list[int]:
        """What a region adds to the total of every set A."""
        counts = self.count(sure)
        if self.cap is not None:
            return [min(self.cap - count + n, m) for n, m in zip(counts, self.count(more))]  # noqa: B905  # Python 3.9
        return [min(cap + counts[a | b] for b, cap in s) for a, s in enumerate(self.lot.splits)] or counts


def main() -> int:
    options = argparse.ArgumentParser(description="Recompute an allocation round from its published files.")
    options.add_argument("folder", nargs="?", default=".", type=Path)
    options.add_argument("--beacon", help="the random value that you looked up at its source")
    given = options.parse_args()
    try:
        commitment, value = verify({f.name: f.read_bytes() for f in given.folder.glob("*.json")}, given.beacon)
    except (Differs, *UNREADABLE) as wrong:
        sys.stdout.write(f"{wrong if isinstance(wrong, (Differs, OSError)) else NO_FORM}\n")
        return 1 if isinstance(wrong, Differs) else 2
    plan = "PLANNING: made with the fixed value for planning, not drawn. It decides nothing.\n" * (value == PLANNING)
    sys.stdout.write(f"OK\n{plan}beacon {json.dumps(commitment['beacon'], ensure_ascii=False)}\nvalue {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
