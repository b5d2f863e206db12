"""`explain` and `whatif`: why a school got what it got, and what other rules would have given. No database needed."""

from pathlib import Path

import click

from stemfleet.allocation.checking import read_bundle
from stemfleet.allocation.explaining import explain_school
from stemfleet.allocation.sentences import LANGUAGES
from stemfleet.cli.allocation import FILE, no_search_for_cycles
from stemfleet.cli.output import json_option, print_json


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
