"""Codes of waves and lots: files, drafts and prizes take the same ones."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Lot, Rules
from stemfleet.errors import InputError
from stemfleet.rounds import draft_wave
from stemfleet.store import Person
from stemfleet.waves import Winner, award_prizes
from stemfleet.words import Level
from stemfleet.workshop import Workshop

LOT = Lot("kit", "microbit-kit", seats=1, levels=(Level.PRIMARY,))
RULES = Rules(wave="W1", title="Δοκιμή", lots=(LOT,))
WRONG = ["ΣΤΕΜ5", "STEM 5", "a/b", "..", ".hidden", "STEM5\n", "é", "S" * 33]


@pytest.mark.parametrize("code", ["STEM5", "stem-5_b.2", "-", "5", "S" * 32])
def test_plain_codes_are_taken(code: str) -> None:
    rules = replace(RULES, wave=code, lots=(replace(LOT, code=code + code),))
    assert parse_rules(rules_bytes(rules)) == rules


def test_a_code_that_could_mislead_is_refused_everywhere_by_the_same_sentence(
    workshop: Workshop, nso: Person, make_school: Callable[..., str]
) -> None:
    school = make_school()
    for code in WRONG:
        told = "longer than 32 characters" if len(code) > 32 else "is no code. Use Latin letters, digits"
        with pytest.raises(InputError, match=f"wave: .*{told}"):
            parse_rules(rules_bytes(replace(RULES, wave=code)))
        with pytest.raises(InputError, match=told):
            draft_wave(workshop, nso, replace(RULES, wave=code), 2026)
        with pytest.raises(InputError, match=told):
            award_prizes(workshop, nso, code, "Βραβεία", 2026, [Winner(school, "microbit-kit", "1", "1")])


def test_a_lots_code_is_as_plain_and_may_be_longer() -> None:
    with pytest.raises(InputError, match=r"lots\[0\]\.lot: .* is no code"):
        parse_rules(rules_bytes(replace(RULES, lots=(replace(LOT, code="παρτίδα"),))))
    with pytest.raises(InputError, match=r"lots\[0\]\.lot: .*longer than 64"):
        parse_rules(rules_bytes(replace(RULES, lots=(replace(LOT, code="k" * 65),))))
