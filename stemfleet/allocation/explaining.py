"""Explanations on demand: the files of a bundle, with or without explanations in it, and one school."""

from collections.abc import Mapping

from stemfleet.allocation.applicants_file import parse_applicants
from stemfleet.allocation.bundle import APPLICANTS, EVENTS, RESULT, RULES
from stemfleet.allocation.canonical import digest, parse
from stemfleet.allocation.draw import PLANNING, beacon_value, round_seed
from stemfleet.allocation.engine import settle_wave
from stemfleet.allocation.events import Event, after_events, parse_events
from stemfleet.allocation.explanations import Explainer, Findings
from stemfleet.allocation.reading import At, a_mapping, a_text
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.sentences import LANGUAGES
from stemfleet.errors import InputError, NotFound, Refused


def seed_of(files: Mapping[str, bytes]) -> tuple[str, str]:
    """(seed, beacon value) of a bundle, from its input files.

    Raises InputError when a file is missing or unreadable, Refused when `result.json` has another seed.
    """
    for name in (RULES, APPLICANTS, RESULT):
        if name not in files:
            raise InputError("{name} is missing: this is no bundle, or not all of it.", name=name)
    at = At(RESULT)
    result = a_mapping(parse(files[RESULT], RESULT), at)
    value = beacon_value(a_text(result.get("beacon_value"), at.key("beacon_value")))
    seed = round_seed(digest(files[RULES]), digest(files[APPLICANTS]), value)
    if result.get("seed") != seed:
        raise Refused(
            "result.json: seed: expected {expected}, found {found}. Check the bundle with `stemfleet verify`.",
            expected=seed,
            found=str(result.get("seed")),
        )
    return seed, value


def findings_of(files: Mapping[str, bytes]) -> Findings:
    """What the explanations of a bundle rest on: its wave, computed again, and its events. Raises as `seed_of`."""
    seed, value = seed_of(files)
    rules = parse_rules(files[RULES])
    applicants = parse_applicants(files[APPLICANTS], rules)
    happened: tuple[Event, ...] = ()
    if EVENTS in files:
        happened = parse_events(files[EVENTS])
        applicants = after_events(rules, applicants, seed, happened)
    return Findings(settle_wave(rules, applicants, seed), happened, planning=value == PLANNING)


def explain_school(files: Mapping[str, bytes], school: str, language: str) -> str:
    """The explanation of one school, made from the bundle's inputs. `language` is `el` or `en`.

    Raises NotFound for a school that did not apply, else as `seed_of`.
    """
    try:
        return Explainer(findings_of(files), LANGUAGES[language]).one(school)
    except KeyError:
        raise NotFound(
            "There is no school {school} in this round. Look for its code in {file}.", school=school, file=APPLICANTS
        ) from None
