"""docs/bundle.md is for outsiders: what it says is what the files hold."""

import json
import re
from pathlib import Path

import pytest
from allocation_cases import a_lot, a_school, a_wave

from stemfleet.allocation.bundle import draw_round, inputs_of
from stemfleet.allocation.events import FIELDS, Event, Kind, events_bytes
from stemfleet.allocation.values import Ineligible
from stemfleet.words import Level

PAGE = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text(encoding="utf-8")


def section(title):
    """The text under a heading."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def names_in_first_column(text):
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.fixture(scope="module")
def bundle():
    lot = a_lot(seats=1, reserves={"special": 1}, open_region_cap=1)
    schools = [a_school("1", 2, ["special"]), a_school("2", 1, closed={})]
    return draw_round(inputs_of(a_wave(lot), schools), "x", events=[Event(Kind.DECLINE, "1")], explained=True).files


def test_every_file_of_the_bundle_has_its_section(bundle):
    headings = {
        name for line in re.findall(r"^## (.+)$", PAGE, re.MULTILINE) for name in re.findall(r"`([^`]+)`", line)
    }
    assert headings == set(bundle)


def test_the_keys_of_the_rules_are_described(bundle):
    rules = json.loads(bundle["rules.json"])
    whole, lot = section("`rules.json`").split("A **lot** is")
    assert names_in_first_column(whole) == rules.keys()
    assert names_in_first_column(lot) == rules["lots"][0].keys()


def test_the_keys_of_the_applicants_are_described(bundle):
    applicants = json.loads(bundle["applicants.json"])
    assert names_in_first_column(section("`applicants.json`")) == applicants["applicants"][0].keys()
    assert json.dumps({"format": applicants["format"]})[1:-1] in section("`applicants.json`")


def test_the_keys_of_the_commitment_are_described(bundle):
    assert set(re.findall(r'"(\w+)"', section("`commitment.json`"))) >= json.loads(bundle["commitment.json"]).keys()


def test_the_keys_of_the_result_are_described(bundle):
    result = json.loads(bundle["result.json"])
    text = section("`result.json`")
    assert names_in_first_column(text) == result.keys()
    for value in (result["cutoffs"][0], result["awards"][0], result["certificates"]["kit"]):
        assert value.keys() <= set(re.findall(r'"(\w+)"', text))


def test_the_kinds_of_events_and_their_keys_are_described():
    text = section("`events.json`")
    assert names_in_first_column(text) == {*Kind, "event"}
    for kind in Kind:
        written = json.loads(events_bytes([Event(kind, "1")]))["events"][0]
        row = next(line for line in text.splitlines() if line.startswith(f"| `{kind}`"))
        assert set(re.findall(r"`(\w+)`", row.split("|")[2])) == written.keys() - {"event"}
    assert set(FIELDS) | {"school"} == names_in_first_column(section("`applicants.json`"))


def test_the_words_of_levels_and_reasons_are_all_named():
    assert all(f"`{level}`" in section("`rules.json`") for level in Level)
    assert all(f"`{reason}`" in section("`applicants.json`") for reason in Ineligible)


def test_the_definition_of_canonical_json_is_the_one_that_is_used(bundle):
    """The one line of Python on the page, run on a file's value, gives the file."""
    line = re.search(r"```python\n(.+)\n```", section("Canonical JSON"))[1]
    for name in ("rules.json", "applicants.json", "result.json"):
        assert eval(line, {"json": json, "x": json.loads(bundle[name])}).encode() == bundle[name]
