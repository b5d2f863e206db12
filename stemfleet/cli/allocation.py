"""`commit` and `allocate`: a round from files alone, without a database."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from stemfleet.allocation.beacons import published_at
from stemfleet.allocation.bundle import (
    check_free,
    commitment_files,
    draw_round,
    read_commitment,
    read_events,
    read_inputs,
    write_files,
)
from stemfleet.allocation.commitment import Beacon, a_date, named_beacon
from stemfleet.allocation.draw import PLANNING
from stemfleet.allocation.events import changes
from stemfleet.allocation.reading import At
from stemfleet.allocation.values import Result
from stemfleet.errors import InputError

FILE = click.Path(path_type=Path)

rules_option = click.option("--rules", required=True, type=FILE, help="The wave's rules.json.")
applicants_option = click.option("--applicants", required=True, type=FILE, help="The round's applicants.json.")
out_option = click.option("--out", required=True, type=FILE, help="Folder to make; it must not exist or be empty.")


@click.command()
@rules_option
@applicants_option
@click.option(
    "--beacon-source", required=True, help="Who publishes the value: drand, drand-quicknet, nist, or another."
)
@click.option("--beacon-round", required=True, help="Which of its values: a number, or the draw of a named day.")
@click.option("--published", required=True, metavar="DATE", help="Day of publication, YYYY-MM-DD.")
@out_option
def commit(*, rules: Path, applicants: Path, beacon_source: str, beacon_round: str, published: str, out: Path) -> None:
    """Freeze a round's inputs: publish the hashes together with the future random value that will be used."""
    check_free(out)
    day = a_date(published, At("--published"))
    for option, value in (("--beacon-source", beacon_source), ("--beacon-round", beacon_round)):
        if not value.strip():
            At(option).refuse("it is empty. Name the public random value that will be used.")
    beacon = named_beacon(beacon_source, beacon_round)
    _check_not_public(beacon, day)
    inputs = read_inputs(rules, applicants)
    write_files(out, commitment_files(inputs, beacon, day), zipped=False)
    click.echo(f"rules_sha256      {inputs.commitment.rules_sha256}")
    click.echo(f"applicants_sha256 {inputs.commitment.applicants_sha256}")
    click.echo(f"Publish {out} before {beacon.source} publishes {beacon.round}.")


@click.command()
@rules_option
@applicants_option
@click.option("--beacon", required=True, metavar="VALUE", help="The public random value, as published.")
@click.option("--commitment", type=FILE, help="The commitment.json that was published before the draw.")
@click.option("--events", type=FILE, help="What happened since the draw: corrections, acceptances, declines.")
@click.option("--explanations", type=click.Choice(["none"]), help="Leave the explanations out.")
@out_option
def allocate(
    *,
    rules: Path,
    applicants: Path,
    beacon: str,
    commitment: Path | None,
    events: Path | None,
    explanations: str | None,
    out: Path,
) -> None:
    """Allocate a wave and write the bundle from which anyone can check it."""
    check_free(out)
    with no_search_for_cycles():
        committed = None if commitment is None else read_commitment(commitment)
        inputs = read_inputs(rules, applicants)
        happened = None if events is None else read_events(events)
        drawn = draw_round(inputs, beacon, committed, happened, explained=explanations is None)
        write_files(out, drawn.files, zipped=True)
    if beacon.strip() == PLANNING:
        click.echo("PLANNING: made with the fixed value for planning, not drawn.", err=True)
    for notice in drawn.result.notices:
        click.echo(f"Notice: {notice}", err=True)
    if events is not None:
        _show_changes(draw_round(inputs, beacon, committed).result, drawn.result)
    for lot, waiting in drawn.result.waiting.items():
        awards = len(drawn.result.replacements[lot])
        click.echo(f"lot {lot}: {awards} awards, {len(waiting)} waiting")
    click.echo(f"digest {drawn.digest}")


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Many small values that all live to the end: looking for cycles among them doubles the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _show_changes(before: Result, after: Result) -> None:
    for change in changes(before, after):
        click.echo(f"school {change.school}: {change.before or 'nothing'} -> {change.after or 'nothing'}")


def _check_not_public(beacon: Beacon, day: str) -> None:
    """Refuses a value that was public before the day of the commitment."""
    seconds = published_at(beacon.source, beacon.round)
    at = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    if at is not None and at.date().isoformat() < day:
        raise InputError(
            "{source} published round {round} at {at}, before {day}. Name a round that nobody can know yet.",
            source=beacon.source,
            round=beacon.round,
            at=at.isoformat(timespec="seconds"),
            day=day,
        )
