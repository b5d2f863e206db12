"""`verify`, `explain` and `whatif`: what can be asked of a published bundle."""

from collections.abc import Sequence
from pathlib import Path

import click

from stemfleet.allocation.bundle import read_file, read_inputs
from stemfleet.allocation.checking import read_bundle, verify_bundle
from stemfleet.allocation.compare import Comparison
from stemfleet.allocation.draw import PLANNING
from stemfleet.allocation.explaining import explain_school
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.sentences import LANGUAGES
from stemfleet.allocation.whatif import Drawn, OtherRules, compare_all, drawn_from_bundle, drawn_from_inputs
from stemfleet.cli.allocation import FILE, no_search_for_cycles
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.errors import InputError
from stemfleet.settings import Settings


@click.command()
@click.argument("bundle", type=FILE)
@click.option("--digest", "expected", metavar="HEX", help="The digest that was published with the lists.")
def verify(*, bundle: Path, expected: str | None) -> None:
    """Check a published bundle (a folder or its zip): hashes, digest, and the whole result computed again."""
    found = verify_bundle(bundle, expected)
    click.echo(f"OK     everything in {bundle} is as computed from its inputs")
    if found.planning:
        click.echo("PLANNING: made with the fixed value for planning, not drawn. It decides nothing.")
    click.echo(f"digest {found.digest}{'' if expected else ' (compare it with the published one)'}")
    beacon = found.commitment.beacon
    if beacon is None:
        click.echo(f"beacon {found.beacon_value} (nothing was committed to before)")
    else:
        click.echo(f"beacon {found.beacon_value} (compare it with {beacon.source}, {beacon.round})")
    if not found.own_verifier:
        click.echo("Notice: the bundle's verify_round.py is not this version's; it was not used.", err=True)


@click.command()
@click.argument("bundle", type=FILE)
@click.argument("school")
@click.option("--lang", type=click.Choice(sorted(LANGUAGES)), default="el", show_default=True, help="Greek or English.")
@json_option
def explain(*, bundle: Path, school: str, lang: str, as_json: bool) -> None:
    """Say why a school got what it got, from a published bundle (a folder or its zip)."""
    with no_search_for_cycles():
        text = explain_school(read_bundle(bundle), school, lang)
    if as_json:
        print_json({"school": school, "lang": lang, "text": text})
    else:
        click.echo(text)


@click.command()
@click.argument("files", nargs=-1, type=FILE, metavar="[BUNDLE] [OTHER.json]...")
@click.option("--wave", metavar="CODE", help="A stored wave instead of a bundle; --rules then names the other rules.")
@click.option("--rules", "rules_files", multiple=True, type=FILE, help="The wave's rules.json, with --applicants.")
@click.option("--applicants", type=FILE, help="The round's applicants.json.")
@click.option("--beacon", metavar="VALUE", help=f"The public random value; without one, `{PLANNING}`.")
@click.option("--other", "others", multiple=True, type=FILE, help="Other rules; may be given more than once.")
@click.option("--other-name", "names", multiple=True, help="What to call them, in their order; else the file's name.")
@json_option
@click.pass_obj
def whatif(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    wave: str | None,
    rules_files: tuple[Path, ...],
    applicants: Path | None,
    beacon: str | None,
    others: tuple[Path, ...],
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare a round with what other rules would have given: the same applicants, the same tickets.

    Over-and-above reserves and pure merit are always among the comparisons.
    """
    if applicants is None and beacon is not None:
        raise InputError("--beacon goes with --rules and --applicants; a bundle and a wave have their own value.")
    with no_search_for_cycles():
        if wave is not None:
            drawn, made = _of_stored(settings, wave, _named([*files, *rules_files, *others], names))
        else:
            drawn, rest = _of_files(files, rules_files, applicants, beacon)
            made = compare_all(drawn, _named([*rest, *others], names))
    if as_json:
        print_json(drawn.as_json() | {"comparisons": [comparison.as_json() for comparison in made]})
        return
    click.echo(f"wave {drawn.rules.wave}, beacon {drawn.beacon}{'  PLANNING, not a draw' if drawn.planning else ''}")
    for notice in drawn.notices:
        click.echo(f"Notice: {notice}", err=True)
    for comparison in made:
        _show(comparison)


def _of_files(
    files: tuple[Path, ...], rules_files: tuple[Path, ...], applicants: Path | None, beacon: str | None
) -> tuple[Drawn, tuple[Path, ...]]:
    """What is compared, and the files of other rules."""
    if applicants is not None:
        if len(rules_files) != 1:
            raise InputError("--applicants needs the wave's own rules: give --rules once, and others as --other.")
        return drawn_from_inputs(read_inputs(rules_files[0], applicants), beacon or PLANNING), files
    if not files:
        raise InputError("Nothing to compare. Name a bundle, or --wave, or --rules with --applicants.")
    return drawn_from_bundle(read_bundle(files[0])), (*files[1:], *rules_files)


def _of_stored(settings: Settings, wave: str, others: Sequence[OtherRules]) -> tuple[Drawn, list[Comparison]]:
    """With points and repeats counted anew; the database is opened for this only."""
    from stemfleet.cli.context import opened  # noqa: PLC0415
    from stemfleet.waves import compare_wave  # noqa: PLC0415

    with opened(settings) as workshop:
        return compare_wave(workshop, wave, [(other.name, other.rules) for other in others])


def _named(files: Sequence[Path], names: Sequence[str]) -> list[OtherRules]:
    if len(names) > len(files):
        raise InputError("{names} names for {files} files of other rules.", names=len(names), files=len(files))
    called = [*names, *(file.stem for file in files[len(names) :])]
    return [OtherRules(name, parse_rules(read_file(file), str(file))) for name, file in zip(called, files, strict=True)]


def _show(comparison: Comparison) -> None:
    click.echo(f"\n== {comparison.name}: {len(comparison.changes)} schools hold something else")
    for notice in comparison.notices:
        click.echo(f"Notice: {notice}", err=True)
    if comparison.steps:
        print_table(
            ["rule, changed in this order", "came in", "fell out", "moved"],
            [(step.rule, step.entered, step.left, step.moved) for step in comparison.steps],
        )
    for kind, table in comparison.counts.items():
        rows = [(value or "(none)", before, after, f"{after - before:+}") for value, (before, after) in table.items()]
        print_table([kind, "awards", "would be", ""], rows)
    print_table(["lot", "groups", "region", "place", "last points", "would be"], comparison.closings())
    changes = [
        (c.school, c.before or "nothing", c.after or "nothing", "; ".join(map(str, c.by))) for c in comparison.changes
    ]
    print_table(["school", "holds", "would hold", "by"], changes)
