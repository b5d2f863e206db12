"""`wave`: allocated waves, and allocating one over what is stored."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, output_file, print_json, print_table
from stemfleet.errors import InputError
from stemfleet.registers import read_winners
from stemfleet.settings import Settings
from stemfleet.waves import (
    PLANNING,
    Draw,
    Winner,
    award_prizes,
    list_results,
    list_waves,
    read_bundle,
    run_wave,
    show_wave,
)
from stemfleet.workshop import Workshop

OUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def wave() -> None:
    """Waves: allocated lots of kits."""


@wave.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the waves with their lots."""
    with opened(settings) as workshop:
        waves = list_waves(workshop.store)
    if as_json:
        print_json([view.as_json() for view in waves])
        return
    rows = [
        (view.code, view.year, lot["lot"], lot["model"], lot["seats"], lot["units"], lot["awards"])
        for view in waves
        for lot in view.as_json()["lots"]
    ]
    print_table(["wave", "year", "lot", "model", "seats", "units", "awards"], rows)


@wave.command("show")
@click.argument("code")
@click.option("--bundle", type=OUT, help="Write the public bundle (zip) here.")
@click.option("--csv", "csv_file", type=OUT, help="Write the whole list in the order of merit here.")
@click.option("--xlsx", "xlsx_file", type=OUT, help="The same as a workbook.")
@click.option("--pdf", "pdf_file", type=OUT, help="Write who got what here, to be printed.")
@click.option("--lang", type=click.Choice(["el", "en"]), default="el", show_default=True, help="Of these lists.")
@json_option
@click.pass_obj
def show(
    settings: Settings,
    *,
    code: str,
    bundle: Path | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    pdf_file: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Show a wave: who got what, and why."""
    lists = {"csv": csv_file, "xlsx": xlsx_file, "pdf": pdf_file}
    with ExitStack() as files, opened(settings) as workshop:
        write = files.enter_context(output_file(bundle))
        writes = {kind: files.enter_context(output_file(file)) for kind, file in lists.items() if file is not None}
        view, awards = show_wave(workshop.store, code)
        if bundle is not None:
            write(read_bundle(workshop.store, code)[0])
        if writes:
            _write_lists(workshop, code, lang, f"{settings.address}/waves/{code}", writes)
    if as_json:
        print_json({**view.as_json(), "awards": [award.as_json() for award in awards]})
        return
    click.echo(f"{view.code}  {view.title}  ({view.schools} schools, {view.departments} departments)")
    click.echo(f"digest {view.digest}{'  PLANNING, not a draw' if view.planning else ''}")
    rows = [
        (a.award.lot, a.application.merit, a.application.points, a.award.place, a.school.code, a.school.name)
        for a in awards
    ]
    print_table(["lot", "merit", "points", "place", "code", "school"], rows)


def _write_lists(
    workshop: Workshop, code: str, lang: str, address: str, writes: Mapping[str, Callable[[bytes], object]]
) -> None:
    """The files that the wave's page offers, in its words."""
    from stemfleet_web.language import speaking  # noqa: PLC0415  the browser's door takes a while to load
    from stemfleet_web.sheets import result_files  # noqa: PLC0415

    with speaking(lang, workshop.evidence):
        files = result_files(list_results(workshop.store, code), workshop.models, address)
        for kind, write in writes.items():
            write(files[kind]())


@wave.command("run")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(2005, 2100), required=True, help="Year of the wave: decides about repeats.")
@click.option("--beacon", default=PLANNING, show_default=True, help="The public random value of the draw.")
@click.option("--beacon-source", help="Who publishes the value.")
@click.option("--beacon-round", help="Which of its values.")
@click.pass_obj
def run(
    settings: Settings, rules: Path, year: int, beacon: str, beacon_source: str | None, beacon_round: str | None
) -> None:
    """Allocate the wave of a RULES file over all stored schools and keep the result."""
    if (beacon_source is None) != (beacon_round is None):
        raise InputError("--beacon-source and --beacon-round belong together: give both or none.")
    draw = Draw(beacon, beacon_source, beacon_round)
    with acting(settings) as (workshop, person):
        code = run_wave(workshop, person, rules, year, draw, lambda step: click.echo(f"{step} …", err=True))
        view, _awards = show_wave(workshop.store, code)
    for lot in view.lots:
        click.echo(f"{view.code} {lot.lot.lot}: {lot.awards} awards of {lot.lot.seats} seats")
    click.echo(f"digest {view.digest}")


@wave.command("prizes")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--code", required=True, help="Code of the wave that the prizes are.")
@click.option("--title", required=True)
@click.option("--year", type=click.IntRange(2005, 2100), required=True)
@click.pass_obj
def prizes(settings: Settings, file: Path, code: str, title: str, year: int) -> None:
    """Give a contest's winners their equipment: a FILE of school, model, edition, rank, units. Nothing is drawn."""
    rows = read_winners(file)
    winners = [Winner(row.code, row.model, row.edition, row.rank, row.units) for row in rows]
    with acting(settings) as (workshop, person):
        digest = award_prizes(workshop, person, code, title, year, winners)
    click.echo(f"{len(winners)} prizes")
    click.echo(f"digest {digest}")
