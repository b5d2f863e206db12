"""`verify`, `explain` and `whatif`: what can be asked of a published bundle."""

from pathlib import Path

import click

from stemfleet.allocation.checking import read_bundle, verify_bundle
from stemfleet.allocation.explaining import explain_school
from stemfleet.allocation.sentences import LANGUAGES
from stemfleet.cli.allocation import FILE, no_search_for_cycles
from stemfleet.cli.output import json_option, print_json


@click.command()
@click.argument("bundle", type=FILE)
@click.option("--digest", "expected", metavar="HEX", help="The digest that was published with the lists.")
def verify(*, bundle: Path, expected: str | None) -> None:
    """Check a published bundle (a folder or its zip): hashes, digest, and the whole result computed again."""
    found = verify_bundle(bundle, expected)
    click.echo(f"OK     everything in {bundle} is as computed from its inputs")
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
