"""Rules that use everything, rules for three small schools, and what a person can type wrong."""

from typing import Any

from stemfleet.allocation.values import Lot, Rules
from stemfleet.words import Level

RULES = Rules(
    wave="W1",
    title="Κύκλος δοκιμής",
    lots=(
        Lot("printer", "printer-3d", seats=1, reserves={"special": 1}, levels=(Level.PRIMARY,)),
        Lot("kit", "microbit-kit", seats=1, levels=(Level.PRIMARY,)),
    ),
    points=({"kind": "project", "points": 10, "max": 40},),
    repeat_years=4,
    default_preferences=("printer", "kit"),
)
RICH: dict[str, Any] = {
    "format": "stemfleet-rules/1",
    "wave": "RICH",
    "title": ' Όλα "μαζί" <b>&amp; ',
    "lots": [
        {
            "lot": "one",
            "model": "printer-3d",
            "seats": 9,
            "units_per_award": 2,
            "reserves": {"region:06": 1, "remote": 0, "rural": 3},
            "unfilled": "keep",
            "admits": [],
            "levels": ["second_chance", "primary"],
            "open_region_cap": 2,
            "category_region_caps": {"rural": 1, "region:06": 0},
            "region_cap": None,
        },
        {
            "lot": "two",
            "model": "a-model-of-old",
            "seats": 0,
            "units_per_award": 1,
            "reserves": {},
            "unfilled": "open",
            "admits": ["region:03", "special", "awarded"],
            "levels": None,
            "open_region_cap": None,
            "category_region_caps": {},
            "region_cap": None,
        },
        {
            "lot": "three",
            "model": "microbit-kit",
            "seats": 1,
            "units_per_award": 1,
            "reserves": {},
            "unfilled": "open",
            "admits": None,
            "levels": [],
            "open_region_cap": 0,
            "category_region_caps": {},
            "region_cap": None,
        },
    ],
    "points": [
        {"kind": "own_kind", "points": 0, "max": 0, "max_per_person": 8, "last_years": 4},
        {"kind": "project", "points": 5, "level_percent": {"primary": 150}, "rank_percent": {"1": 100, "α΄": 50}},
        {"kind": "workshop", "points": 5, "level_percent": {}},
        {"category": "rural", "kinds": ["workshop", "own_kind", "project"], "at_least": 1, "count": "items"},
        {"category": "active", "all_of": [{"kinds": ["project"], "at_least": 2, "count": "kinds", "last_years": 2}]},
        {
            "category": "active",
            "all_of": [
                {"kinds": ["project"], "at_least": 2, "from_year": 2020},
                {"kinds": ["mission"], "at_least": 1, "count": "persons"},
            ],
        },
    ],
    "repeat_years": 0,
    "default_preferences": ["three", "one"],
}

# (field, what is typed, the field where the sentence stands, a part of it)
WRONG: list[tuple[str, str, str, str]] = [
    ("wave", "ΣΤΕΜ", "wave", "δεν είναι κωδικός"),
    ("wave", "", "wave", "Συμπληρώστε το"),
    ("year", "1999", "year", "2005"),
    ("year", "12025", "year", "2005–2100"),
    ("repeat_years", "-1", "repeat_years", "ακέραιος αριθμός, 0 ή μεγαλύτερος"),
    ("lots[0].lot", "kit", "lots[1].lot", "υπάρχει δύο φορές"),
    ("lots[1].lot", "ένα δύο", "lots[1].lot", "δεν είναι κωδικός"),
    ("lots[0].seats", "πολλές", "lots[0].seats", "'πολλές' πρέπει να είναι ακέραιος"),
    ("lots[0].seats", "", "lots[0].seats", "Συμπληρώστε το"),
    ("lots[0].seats", "1.5", "lots[0].seats", "ακέραιος"),
    ("lots[1].units_per_award", "0", "lots[1].units_per_award", "1 ή μεγαλύτερος"),
    ("lots[1].preference", "1", "lots[1].preference", "υπάρχει δύο φορές"),
    ("lots[1].preference", "πρώτη", "lots[1].preference", "ακέραιος"),
    ("lots[0].reserves[0].places", "2", "lots[0].reserves", "Οι εγγυημένες θέσεις είναι 2"),
    ("lots[0].reserves[0].places", "x", "lots[0].reserves[0]", "ακέραιος"),
    ("lots[0].reserves[0].cap", "x", "lots[0].reserves[0]", "ακέραιος"),
    ("lots[0].open_region_cap", "x", "lots[0].open_region_cap", "ακέραιος"),
    ("lots[1].region_cap", "1", "lots[1].region_cap", "κύκλο με μία παρτίδα"),
    ("lots[1].model", "zeppelin", "lots[1].model", "zeppelin"),
    ("lots[1].levels", "kindergarten", "lots[1].levels", "δεν προορίζεται"),
    ("points[0].points", "x", "points[0].points", "Δώστε ακέραιους"),
    ("points[0].max", "x", "points[0].max", "Δώστε ακέραιους"),
    ("points[0].last_years", "x", "points[0].last_years", "Δώστε ακέραιους"),
    ("points[0].level_percent.primary", "x", "points[0].level_percent", "Δώστε ακέραιους"),
]
