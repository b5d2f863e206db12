"""Reads explanations as a person would and checks each statement against the published files alone.

It imports nothing of the program; `compute(rules, applicants, seed)` must give "awards" as in result.json, by whatever
way (the bundle's own verify_round.py has one). A line that it cannot read is a fault too.
"""

# ruff: noqa: E501  # a pattern is read in one piece

import json
import re
from hashlib import sha256

REASONS = {
    "en": {
        "level": r"the kit does not fit its level of education \(.+\)",
        "admits": r"it is only for schools of certain groups \(.+\)",
        "repeat": r"the school had the same equipment in a wave of the last (year|\d+ years)",
        "obligation": "the school has not fulfilled an obligation of an earlier wave",
        "excluded": "it was excluded by a decision, which is on record",
    },
    "el": {
        "level": r"το υλικό δεν ταιριάζει στη βαθμίδα του \(.+\)",
        "admits": r"είναι μόνο για σχολεία ορισμένων ομάδων \(.+\)",
        "repeat": r"το σχολείο έλαβε το ίδιο υλικό σε κύκλο (του τελευταίου έτους|των τελευταίων \d+ ετών)",
        "obligation": "το σχολείο δεν έχει εκπληρώσει υποχρέωση προηγούμενου κύκλου",
        "excluded": "αποκλείστηκε με απόφαση, που τηρείται στο αρχείο",
    },
}
NAMES = {
    "en": {"special": "special education", "second_chance": "second chance", "remote": "remote area"},
    "el": {
        "special": "ειδική αγωγή",
        "minority": "μειονοτικά",
        "second_chance": "δεύτερη ευκαιρία",
        "remote": "απομακρυσμένη περιοχή",
        "awarded": "βραβευμένα",
        "active": "ενεργά",
    },
}
POINTS = {"en": r"(?:1 point|(?:0|[2-9]|\d\d+) points)", "el": r"(?:1 μόριο|(?:0|[2-9]|\d\d+) μόρια)"}
TICKET = {"en": "ticket", "el": "κλήρος"}

HEAD = {
    "en": r"School (?P<school>.+?): (?P<points>POINTS)(?: \((?P<lines>.*)\))?, ticket (?P<ticket>[0-9a-f]{12})\.",
    "el": r"Σχολείο (?P<school>.+?): (?P<points>POINTS)(?: \((?P<lines>.*)\))?, κλήρος (?P<ticket>[0-9a-f]{12})\.",
}
LOT = {
    "en": r"Lot (?P<lot>\S+)(?: \(choice (?P<choice>\d+)\))?: (?P<rest>.+)",
    "el": r"Παρτίδα (?P<lot>\S+)(?: \(προτίμηση (?P<choice>\d+)\))?: (?P<rest>.+)",
}
# What a line about a lot says after its head, by kind.
KINDS = {
    "en": {
        "reserved": r"the school gets a place\. It counts towards the guaranteed places for (?P<set>.+)\.",
        "open": r"the school gets a place, an open one\. (?P<open>.+)",
        "refused": r"no place\. (?P<guaranteed>.+?) (?P<open>(?:No|\d+) open places? .+?) On the waiting list: number "
        r"(?P<number>\d+) \(of (?P<length>\d+)\)\. (?P<enough>.+)",
        "behind": "not considered, because the school holds one that it prefers.",
        "closed": r"closed to the school: (?P<reason>.+)\.",
        "not_asked": "the school does not ask for it.",
    },
    "el": {
        "reserved": r"το σχολείο παίρνει θέση\. Μετρά στις εγγυημένες θέσεις για: (?P<set>.+)\.",
        "open": r"το σχολείο παίρνει ανοιχτή θέση\. (?P<open>.+)",
        "refused": r"χωρίς θέση\. (?P<guaranteed>.+?) (?P<open>(?:Δεν δόθηκε|Δόθηκε|Δόθηκαν) .+?) Σειρά στη λίστα "
        r"αναμονής: (?P<number>\d+) \(σύνολο (?P<length>\d+)\)\. (?P<enough>.+)",
        "behind": "δεν εξετάστηκε, γιατί το σχολείο έχει θέση που προτιμά.",
        "closed": r"κλειστή για το σχολείο: (?P<reason>.+)\.",
        "not_asked": "το σχολείο δεν τη ζητά.",
    },
}
OPEN = {
    "en": r"(?:No open place was given\.|(?P<n>1) open place was given, at (?P<last1>MERIT)\.|(?P<many>\d+) open places were "
    r"given, the last at (?P<last>MERIT)\.)(?: (?P<what>Open places|Places of any kind), (?P<where>[^:]+): (?P<number>\d+), "
    r"the most being (?P<cap>\d+)\.)?",
    "el": r"(?:Δεν δόθηκε ανοιχτή θέση\.|Δόθηκε (?P<n>1) ανοιχτή θέση, με (?P<last1>MERIT)\.|Δόθηκαν (?P<many>\d+) ανοιχτές "
    r"θέσεις, η τελευταία με (?P<last>MERIT)\.)(?: (?P<what>Ανοιχτές θέσεις|Θέσεις κάθε είδους), (?P<where>[^:]+): "
    r"(?P<number>\d+), με ανώτατο όριο (?P<cap>\d+)\.)?",
}
NO_GROUP = {
    "en": "The school is in no group with guaranteed places here.",
    "el": "Το σχολείο δεν ανήκει σε ομάδα με εγγυημένες θέσεις εδώ.",
}
GUARANTEED = {
    "en": [
        r"Its groups with guaranteed places: (?P<own>.+?)\. Guaranteed places: (?P<places>[^;]+?)(?:, taken by a school with no "
        r"other guaranteed group: (?P<one>MERIT)|, all taken by schools with no other guaranteed group, the last of them with "
        r"(?P<last>MERIT))?\.",
        r"Its groups with guaranteed places: (?P<own>.+?)\. Guaranteed places: (?P<places>.+?); (?:no school with the same "
        r"groups got one|(?P<n>1) school with the same groups got one|(?P<many>\d+) schools with the same groups got one) "
        r"\((?P<where>[^)]+)\)(?:: (?P<one>MERIT)|, the last of them with (?P<last>MERIT))?\.",
    ],
    "el": [
        r"Ομάδες του με εγγυημένες θέσεις: (?P<own>.+?)\. Εγγυημένες θέσεις: (?P<places>[^·]+?)(?:, την πήρε σχολείο χωρίς άλλη "
        r"εγγυημένη ομάδα, με (?P<one>MERIT)|, τις πήραν όλες σχολεία χωρίς άλλη εγγυημένη ομάδα, το τελευταίο με "
        r"(?P<last>MERIT))?\.",
        r"Ομάδες του με εγγυημένες θέσεις: (?P<own>.+?)\. Εγγυημένες θέσεις: (?P<places>.+?)· (?:κανένα σχολείο με τις ίδιες "
        r"ομάδες δεν πήρε τέτοια θέση|τέτοια θέση πήρε (?P<n>1) σχολείο με τις ίδιες ομάδες|τέτοια θέση πήραν (?P<many>\d+) "
        r"σχολεία με τις ίδιες ομάδες) \((?P<where>[^)]+)\)(?:, με (?P<one>MERIT)|, το τελευταίο με (?P<last>MERIT))?\.",
    ],
}
ENOUGH = {
    "en": r"With (?P<points>POINTS), all else being equal, it would have had a place(?: in this lot or in one that it prefers)?; "
    r"with (?P<less>POINTS), it would not\.",
    "el": r"Με (?P<points>POINTS), και όλα τα άλλα ίδια, θα έπαιρνε θέση(?: σε αυτή την παρτίδα ή σε άλλη που προτιμά)?· με "
    r"(?P<less>POINTS), όχι\.",
}
NEVER = {"en": "No number of points would have been enough.", "el": "Κανένας αριθμός μορίων δεν θα αρκούσε."}
NOTHING = {"en": "The school asks for no lot.", "el": "Το σχολείο δεν ζητά καμία παρτίδα."}
PLANNING = {"en": "Planning, not a draw: this decides nothing.", "el": "Σχεδιασμός, όχι κλήρωση: δεν κρίνει τίποτα."}
NOWHERE = {"en": "schools without a region", "el": "σχολεία χωρίς περιφέρεια"}
REGION = {"en": "region ", "el": "περιφέρεια "}


class Fault(Exception):
    """A statement that the files do not bear out."""


def check_all(rules, applicants, result, explanations, language, compute):
    """Check every school's text; `applicants` as they stand after the events. Raises Fault. Gives the number of reruns."""
    book = Book(rules, applicants, result, language, compute)
    if explanations.keys() < {school["school"] for school in applicants}:
        raise Fault("a school has no explanation")
    for school in applicants:
        book.check(school, explanations[school["school"]])
    return book.reruns


def need(right, what):
    if not right:
        raise Fault(what)


class Book:
    """The published files, and one language."""

    def __init__(self, rules, applicants, result, language, compute):
        self.rules, self.applicants, self.result, self.language, self.compute = (
            rules,
            applicants,
            result,
            language,
            compute,
        )
        self.lots = {lot["lot"]: lot for lot in rules["lots"]}
        self.awards = {award["school"]: award for award in result["awards"]}
        self.reruns = 0

    def read(self, pattern, text):
        points = POINTS[self.language]
        merit = rf"{points} \({TICKET[self.language]} [0-9a-f]{{12}}\)"
        found = re.fullmatch(pattern.replace("MERIT", merit).replace("POINTS", points), text)
        need(found, f"cannot read: {text}")
        return found.groupdict()

    def check(self, school, text):
        lines = text.split("\n")
        if self.result["beacon_value"] == "planning":
            need(lines.pop(0) == PLANNING[self.language], "planning is not marked")
        self.check_head(school, lines[0])
        seen = set()
        for line in lines[1:]:
            if line == NOTHING[self.language]:
                need(not school["preferences"], line)
                seen |= self.lots.keys()
            elif re.fullmatch(LOT[self.language], line):
                seen.add(self.check_lot(school, line))
        need(seen == self.lots.keys(), f"{school['school']}: a lot is not spoken of: {text}")

    def check_head(self, school, line):
        said = self.read(HEAD[self.language], line)
        ticket = sha256(f"{self.result['seed']}|{self.rules['wave']}|{school['school']}".encode()).hexdigest()
        lines = ", ".join(f"{label}: {points}" for label, points in school["lines"])
        need((said["school"], said["lines"] or "") == (school["school"], lines), line)
        need(self.points(said["points"]) == school["points"], line)
        need(ticket.startswith(said["ticket"]), line)

    def check_lot(self, school, line):
        head = self.read(LOT[self.language], line)
        code = head["lot"]
        kind = next((k for k, p in KINDS[self.language].items() if re.fullmatch(p, head["rest"])), None)
        need(kind, f"cannot read: {line}")
        said = self.read(KINDS[self.language][kind], head["rest"])
        if head["choice"]:
            need(school["preferences"][int(head["choice"]) - 1] == code, line)
        else:
            need(code not in school["preferences"], line)
        getattr(self, f"check_{kind}")(school, code, said)
        return code

    def check_reserved(self, school, code, said):
        need(self.awards[school["school"]] == {"school": school["school"], "lot": code, "place": "reserved"}, str(said))
        need(self.categories(said["set"]) == self.signature(school, code), str(said))

    def check_open(self, school, code, said):
        need(self.awards[school["school"]] == {"school": school["school"], "lot": code, "place": "open"}, str(said))
        self.check_open_places(school, code, said["open"])

    def check_behind(self, school, code, _said):
        held = self.awards[school["school"]]["lot"]
        need(school["preferences"].index(held) < school["preferences"].index(code), "behind")

    def check_closed(self, school, code, said):
        need(re.fullmatch(REASONS[self.language][school["ineligible"][code]], said["reason"]), str(said))

    def check_not_asked(self, school, code, _said):
        need(code not in school["preferences"] and code not in school["ineligible"], "not asked")

    def check_refused(self, school, code, said):
        need(self.result["waiting"][code][int(said["number"]) - 1] == school["school"], str(said))
        need(len(self.result["waiting"][code]) == int(said["length"]), str(said))
        self.check_guaranteed(school, code, said["guaranteed"])
        self.check_open_places(school, code, said["open"])
        self.check_enough(school, code, said["enough"])

    def check_guaranteed(self, school, code, text):
        own, lot = self.signature(school, code), self.lots[code]
        if not own:
            need(text == NO_GROUP[self.language], text)
            return
        capped = bool(lot["category_region_caps"]) or lot["region_cap"] is not None
        said = self.read(GUARANTEED[self.language][capped], text)
        need(self.categories(said["own"]) == own, text)
        places = self.places(said["places"], lot)
        rows = [row for row in self.result["cutoffs"] if row["lot"] == code and row["place"] == "reserved"]
        if capped:
            rows = [r for r in rows if r["signature"] == own and r["region"] == school["region"]]
            need(self.where(said["where"]) == school["region"] and places == own, text)
            number = int(said["n"] or said["many"] or 0)
        else:
            rows = [row for row in rows if set(row["signature"]) <= set(places)]
            need(set(own) <= set(places), text)
            number = sum(lot["reserves"][name] for name in places)
        need(sum(row["chosen"] for row in rows) == number, text)
        self.check_last(rows, said["one"] or said["last"], text)

    def check_open_places(self, school, code, text):
        said, lot = self.read(OPEN[self.language], text), self.lots[code]
        rows = [row for row in self.result["cutoffs"] if row["lot"] == code]
        opened = [row for row in rows if row["place"] == "open"]
        need(sum(row["chosen"] for row in opened) == int(said["n"] or said["many"] or 0), text)
        self.check_last(opened, said["last1"] or said["last"], text)
        cap = lot["open_region_cap"] if lot["region_cap"] is None else lot["region_cap"]
        need((said["cap"] is None) == (cap is None), text)
        if cap is not None:
            counted = opened if lot["region_cap"] is None else rows
            inside = sum(row["chosen"] for row in counted if row["region"] == school["region"])
            need(self.where(said["where"]) == school["region"], text)
            need((int(said["number"]), int(said["cap"])) == (inside, cap), text)

    def check_last(self, rows, merit, text):
        lasts = [row["last"] for row in rows if row["last"]]
        need(bool(lasts) == bool(merit), text)
        if lasts:
            worst = max(lasts, key=lambda last: (-last["points"], last["ticket"]))
            need(self.points(merit) == worst["points"], text)
            need(worst["ticket"].startswith(re.search(r"([0-9a-f]{12})\)", merit)[1]), text)

    def check_enough(self, school, code, text):
        if text == NEVER[self.language]:
            most = max(other["points"] for other in self.applicants)
            need(not self.gets(school, code, most + 1), text)
            return
        said = self.read(ENOUGH[self.language], text)
        points, less = self.points(said["points"]), self.points(said["less"])
        need(less == points - 1 >= school["points"], text)
        need(self.gets(school, code, points), f"{text}: it would still be out")
        need(not self.gets(school, code, less), f"{text}: it would be in already")

    def gets(self, school, code, points):
        """Put in and rerun: whether the school has the lot, or one that it prefers."""
        self.reruns += 1
        corrected = {**school, "points": points, "lines": [["all", points]]}
        field = [corrected if other is school else other for other in self.applicants]
        awards = self.compute(self.rules, field, self.result["seed"])["awards"]
        held = next((award["lot"] for award in awards if award["school"] == school["school"]), None)
        wanted = school["preferences"]
        return held is not None and wanted.index(held) <= wanted.index(code)

    def signature(self, school, code):
        return sorted(set(school["categories"]) & self.lots[code]["reserves"].keys())

    def categories(self, text):
        codes = {name: code for code, name in NAMES[self.language].items()}
        return sorted(codes.get(name, name) for name in text.split(", "))

    def places(self, text, lot):
        """Category names of `remote area 2 (at most 1 in one region), awarded 3`, once their numbers are right."""
        found = []
        for part in text.split(", "):
            name, number, cap = re.fullmatch(r"(.+) (\d+)(?: \(\D*(\d+)\D*\))?", part).groups()
            (category,) = self.categories(name)
            need(lot["reserves"][category] == int(number), text)
            need(lot["category_region_caps"].get(category) == (None if cap is None else int(cap)), text)
            found.append(category)
        return sorted(found)

    def where(self, text):
        return None if text == NOWHERE[self.language] else text.removeprefix(REGION[self.language])

    def points(self, text):
        return int(re.match(r"\d+", text)[0])


def check_bundle(files, verifier):
    """All explanations of a bundle, file name → bytes; `verifier` has the functions of verify_round.py."""
    load = {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}
    events = load.get("events.json", {"events": []})["events"]
    applicants, seed = load["applicants.json"]["applicants"], load["result.json"]["seed"]
    schools = verifier.after_events(load["rules.json"], applicants, seed, events)
    return sum(
        check_all(
            load["rules.json"],
            schools,
            load["result.json"],
            load[f"explanations.{language}.json"],
            language,
            verifier.compute,
        )
        for language in ("el", "en")
    )
