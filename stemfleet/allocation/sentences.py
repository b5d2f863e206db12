"""The words of an explanation, in each language: all of them stand here, and nothing is computed.

Every sentence has the same facts in both languages. `{points}`, `{less}` are counted nouns, `{last}` is points with a
ticket, `{where}` a region.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stemfleet.allocation.values import Ineligible
from stemfleet.words import Category, Level

# One form for exactly 1, the other for every other number: both languages count so.
Forms = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """`sentences` by key; `forms` are (for one, for many); names of categories, levels and corrected fields."""

    code: str
    sentences: Mapping[str, str]
    forms: Mapping[str, Forms]
    closed: Mapping[Ineligible, str]
    categories: Mapping[str, str]
    levels: Mapping[Level, str]
    fields: Mapping[str, str]

    def count(self, key: str, number: int, /, **facts: str) -> str:
        """The form of `key` for that many, with {number} and the facts filled in."""
        return self.forms[key][number != 1].format(number=number, **facts)

    def category(self, name: str) -> str:
        """A category's name; one that a wave's rules made up is called as there."""
        kind, _, code = name.partition(":")
        if kind == "region" and code:
            return self.sentences["region"].format(region=code)
        return self.categories.get(name, name)


ENGLISH = Language(
    code="en",
    sentences={
        "planning": "Planning, not a draw: this decides nothing.",
        "head": "School {school}: {points}, ticket {ticket}.",
        "head_lines": "School {school}: {points} ({lines}), ticket {ticket}.",
        "left": "School {school}.",
        "decline": "The school declined and left the wave.",
        "expiry": "The school did not answer in time and left the wave.",
        "acceptance": "The school accepted lot {lot} and asks for no other.",
        "correction": "Corrected after the draw: {field}, from {old} to {new} ({reason}).",
        "merit": "{points} (ticket {ticket})",
        "region": "region {region}",
        "no_region": "schools without a region",
        "got_reserved": "Lot {lot} (choice {choice}): the school gets a place. It counts towards the guaranteed places "
        "for {categories}.",
        "got_open": "Lot {lot} (choice {choice}): the school gets a place, an open one. {open}",
        "refused": "Lot {lot} (choice {choice}): no place. {guaranteed} {open}",
        "waiting": "On the waiting list: number {number} (of {length}).",
        "enough": "With {points}, all else being equal, it would have had a place; with {less}, it would not.",
        "enough_or_better": "With {points}, all else being equal, it would have had a place in this lot or in one that "
        "it prefers; with {less}, it would not.",
        "never_enough": "No number of points would have been enough.",
        "behind": "Lot {lot} (choice {choice}): not considered, because the school holds one that it prefers.",
        "closed": "Lot {lot}: closed to the school: {reason}.",
        "not_asked": "Lot {lot}: the school does not ask for it.",
        "nothing": "The school asks for no lot.",
        "extra_seat": "Lot {lot}: the school has an extra seat, given by a decision beside the rule; it asks for no "
        "other.",
        "no_group": "The school is in no group with guaranteed places here.",
        "groups": "Its groups with guaranteed places: {categories}.",
        "no_places": "Guaranteed places: {places}.",
        "capped": "at most {cap} in one region",
        "nobody_alike": "Guaranteed places: {places}; no school with the same groups got one ({where}).",
        "no_open": "No open place was given.",
        "open_in_region": "Open places, {where}: {number}, the most being {cap}.",
        "all_in_region": "Places of any kind, {where}: {number}, the most being {cap}.",
    },
    forms={
        "points": ("{number} point", "{number} points"),
        "taken": (
            "Guaranteed places: {places}, taken by a school with no other guaranteed group: {last}.",
            "Guaranteed places: {places}, all taken by schools with no other guaranteed group, the last of them with "
            "{last}.",
        ),
        "alike": (
            "Guaranteed places: {places}; {number} school with the same groups got one ({where}): {last}.",
            "Guaranteed places: {places}; {number} schools with the same groups got one ({where}), the last of them "
            "with {last}.",
        ),
        "open": (
            "{number} open place was given, at {last}.",
            "{number} open places were given, the last at {last}.",
        ),
        "years": ("year", "{number} years"),
    },
    closed={
        Ineligible.LEVEL: "the kit does not fit its level of education ({level})",
        Ineligible.ADMITS: "it is only for schools of certain groups ({categories})",
        Ineligible.REPEAT: "the school had the same equipment in a wave of the last {years}",
        Ineligible.OBLIGATION: "the school has not fulfilled an obligation of an earlier wave",
        Ineligible.EXCLUDED: "it was excluded by a decision, which is on record",
    },
    categories={
        Category.SPECIAL: "special education",
        Category.MINORITY: "minority",
        Category.SECOND_CHANCE: "second chance",
        Category.REMOTE: "remote area",
        Category.AWARDED: "awarded",
        Category.ACTIVE: "active",
    },
    levels={
        Level.KINDERGARTEN: "kindergarten",
        Level.PRIMARY: "primary",
        Level.LOWER_SECONDARY: "lower secondary",
        Level.GENERAL_UPPER: "general upper secondary",
        Level.VOCATIONAL_UPPER: "vocational upper secondary",
        Level.SPECIAL_VOCATIONAL: "special vocational",
        Level.SECOND_CHANCE: "second chance",
        Level.UNIVERSITY: "university",
    },
    fields={
        "level": "level",
        "region": "region",
        "categories": "groups",
        "points": "points",
        "lines": "lines of points",
        "preferences": "choices",
        "ineligible": "closed lots",
    },
)

GREEK = Language(
    code="el",
    sentences={
        "planning": "Σχεδιασμός, όχι κλήρωση: δεν κρίνει τίποτα.",
        "head": "Σχολείο {school}: {points}, κλήρος {ticket}.",
        "head_lines": "Σχολείο {school}: {points} ({lines}), κλήρος {ticket}.",
        "left": "Σχολείο {school}.",
        "decline": "Το σχολείο δεν αποδέχθηκε και αποχώρησε από τον κύκλο.",
        "expiry": "Το σχολείο δεν απάντησε εμπρόθεσμα και αποχώρησε από τον κύκλο.",
        "acceptance": "Το σχολείο αποδέχθηκε την παρτίδα {lot} και δεν ζητά άλλη.",
        "correction": "Διορθώθηκε μετά την κλήρωση: {field}, από {old} σε {new} ({reason}).",
        "merit": "{points} (κλήρος {ticket})",
        "region": "περιφέρεια {region}",
        "no_region": "σχολεία χωρίς περιφέρεια",
        "got_reserved": "Παρτίδα {lot} (προτίμηση {choice}): το σχολείο παίρνει θέση. Μετρά στις εγγυημένες θέσεις "
        "για: {categories}.",
        "got_open": "Παρτίδα {lot} (προτίμηση {choice}): το σχολείο παίρνει ανοιχτή θέση. {open}",
        "refused": "Παρτίδα {lot} (προτίμηση {choice}): χωρίς θέση. {guaranteed} {open}",
        "waiting": "Σειρά στη λίστα αναμονής: {number} (σύνολο {length}).",
        "enough": "Με {points}, και όλα τα άλλα ίδια, θα έπαιρνε θέση· με {less}, όχι.",
        "enough_or_better": "Με {points}, και όλα τα άλλα ίδια, θα έπαιρνε θέση σε αυτή την παρτίδα ή σε άλλη που "
        "προτιμά· με {less}, όχι.",
        "never_enough": "Κανένας αριθμός μορίων δεν θα αρκούσε.",
        "behind": "Παρτίδα {lot} (προτίμηση {choice}): δεν εξετάστηκε, γιατί το σχολείο έχει θέση που προτιμά.",
        "closed": "Παρτίδα {lot}: κλειστή για το σχολείο: {reason}.",
        "not_asked": "Παρτίδα {lot}: το σχολείο δεν τη ζητά.",
        "nothing": "Το σχολείο δεν ζητά καμία παρτίδα.",
        "extra_seat": "Παρτίδα {lot}: το σχολείο έχει επιπλέον θέση, που δόθηκε με απόφαση εκτός του κανόνα· δεν ζητά "
        "άλλη.",
        "no_group": "Το σχολείο δεν ανήκει σε ομάδα με εγγυημένες θέσεις εδώ.",
        "groups": "Ομάδες του με εγγυημένες θέσεις: {categories}.",
        "no_places": "Εγγυημένες θέσεις: {places}.",
        "capped": "έως {cap} σε κάθε περιφέρεια",
        "nobody_alike": "Εγγυημένες θέσεις: {places}· κανένα σχολείο με τις ίδιες ομάδες δεν πήρε τέτοια θέση "
        "({where}).",
        "no_open": "Δεν δόθηκε ανοιχτή θέση.",
        "open_in_region": "Ανοιχτές θέσεις, {where}: {number}, με ανώτατο όριο {cap}.",
        "all_in_region": "Θέσεις κάθε είδους, {where}: {number}, με ανώτατο όριο {cap}.",
    },
    forms={
        "points": ("{number} μόριο", "{number} μόρια"),
        "taken": (
            "Εγγυημένες θέσεις: {places}, την πήρε σχολείο χωρίς άλλη εγγυημένη ομάδα, με {last}.",
            "Εγγυημένες θέσεις: {places}, τις πήραν όλες σχολεία χωρίς άλλη εγγυημένη ομάδα, το τελευταίο με {last}.",
        ),
        "alike": (
            "Εγγυημένες θέσεις: {places}· τέτοια θέση πήρε {number} σχολείο με τις ίδιες ομάδες ({where}), με {last}.",
            "Εγγυημένες θέσεις: {places}· τέτοια θέση πήραν {number} σχολεία με τις ίδιες ομάδες ({where}), το "
            "τελευταίο με {last}.",
        ),
        "open": (
            "Δόθηκε {number} ανοιχτή θέση, με {last}.",
            "Δόθηκαν {number} ανοιχτές θέσεις, η τελευταία με {last}.",
        ),
        "years": ("του τελευταίου έτους", "των τελευταίων {number} ετών"),
    },
    closed={
        Ineligible.LEVEL: "το υλικό δεν ταιριάζει στη βαθμίδα του ({level})",
        Ineligible.ADMITS: "είναι μόνο για σχολεία ορισμένων ομάδων ({categories})",
        Ineligible.REPEAT: "το σχολείο έλαβε το ίδιο υλικό σε κύκλο {years}",
        Ineligible.OBLIGATION: "το σχολείο δεν έχει εκπληρώσει υποχρέωση προηγούμενου κύκλου",
        Ineligible.EXCLUDED: "αποκλείστηκε με απόφαση, που τηρείται στο αρχείο",
    },
    categories={
        Category.SPECIAL: "ειδική αγωγή",
        Category.MINORITY: "μειονοτικά",
        Category.SECOND_CHANCE: "δεύτερη ευκαιρία",
        Category.REMOTE: "απομακρυσμένη περιοχή",
        Category.AWARDED: "βραβευμένα",
        Category.ACTIVE: "ενεργά",
    },
    levels={
        Level.KINDERGARTEN: "νηπιαγωγείο",
        Level.PRIMARY: "δημοτικό",
        Level.LOWER_SECONDARY: "γυμνάσιο",
        Level.GENERAL_UPPER: "γενικό λύκειο",
        Level.VOCATIONAL_UPPER: "επαγγελματικό λύκειο",
        Level.SPECIAL_VOCATIONAL: "ειδικό επαγγελματικό σχολείο",
        Level.SECOND_CHANCE: "σχολείο δεύτερης ευκαιρίας",
        Level.UNIVERSITY: "πανεπιστήμιο",
    },
    fields={
        "level": "βαθμίδα",
        "region": "περιφέρεια",
        "categories": "ομάδες",
        "points": "μόρια",
        "lines": "ανάλυση μορίων",
        "preferences": "προτιμήσεις",
        "ineligible": "κλειστές παρτίδες",
    },
)

LANGUAGES = {language.code: language for language in (GREEK, ENGLISH)}
