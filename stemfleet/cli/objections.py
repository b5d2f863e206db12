"""`objection`: what schools object to in provisional points, and the support organisation's answer."""

from typing import Any

import click

from stemfleet.cli.context import acting
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.cli.rounds import read_line
from stemfleet.errors import InputError
from stemfleet.rounds.objection_views import list_objections, show_objection
from stemfleet.rounds.objections import (
    Acceptance,
    NewRecord,
    accept_objection,
    preview_acceptance,
    refuse_objection,
)
from stemfleet.settings import Settings
from stemfleet.words import ObjectionState


@click.group()
def objection() -> None:
    """Objections to provisional points."""


@objection.command("list")
@click.option("--wave", help="Of one round only.")
@click.option("--state", type=click.Choice([state.value for state in ObjectionState]), help="In one state only.")
@json_option
@click.pass_obj
def list_(settings: Settings, wave: str | None, state: str | None, as_json: bool) -> None:
    """List the objections, the newest first."""
    with acting(settings) as (workshop, person):
        chosen = ObjectionState(state) if state else None
        found = list_objections(workshop.store, person, wave=wave, state=chosen)
    if as_json:
        print_json([view.as_json() for view in found])
        return
    rows = [
        (o.id, o.wave_code, o.school_code, o.state, f"{o.made:%Y-%m-%d %H:%M}", o.kind, o.year, len(view.proofs))
        for view in found
        for o in [view.objection]
    ]
    print_table(["number", "wave", "school", "state", "made", "kind", "year", "files"], rows)


@objection.command("show")
@click.argument("number", type=int)
@json_option
@click.pass_obj
def show(settings: Settings, number: int, as_json: bool) -> None:
    """Show an objection: what the school says, and the answer."""
    with acting(settings) as (workshop, person):
        view = show_objection(workshop.store, person, number)
    if as_json:
        print_json(view.as_json())
        return
    said = view.objection
    click.echo(f"{said.id}  {said.wave_code}  {said.school_code} {view.school.name}  {said.state}")
    click.echo(said.text)
    for proof in view.proofs:
        click.echo(f"file: {proof.name} ({proof.type}) {proof.sha256}")
    if said.answer:
        click.echo(f"answer: {said.answer}")


@objection.command("accept")
@click.argument("number", type=int)
@click.option("--kind", help="Kind of the record that was missing.")
@click.option("--year", type=int, help="Its year.")
@click.option("--n", type=int, default=1, show_default=True, help="How many items it stands for.")
@click.option("--edition")
@click.option("--rank")
@click.option("--person", help="Pseudonymous id.")
@click.option("--title")
@click.option("--line", "lines", multiple=True, callback=read_line, help="LABEL=POINTS, put right by hand.")
@click.option("--answer", default="", help="To the school.")
@click.option("--preview", is_flag=True, help="Only say what it would change.")
@click.pass_obj
def accept(
    settings: Settings,
    /,
    number: int,
    kind: str | None,
    year: int | None,
    n: int,
    lines: dict[str, int],
    answer: str,
    preview: bool,
    **more: Any,
) -> None:
    """The school is right: add the record that was missing, or put a line right."""
    if (kind is None) != (year is None):
        raise InputError("--kind and --year belong together: give both or none.")
    record = NewRecord(kind, year, n, **more) if kind is not None and year is not None else None
    acceptance = Acceptance(record, lines)
    with acting(settings) as (workshop, person):
        for event in preview_acceptance(workshop, number, acceptance):
            click.echo(f"{event.field}: {event.old} → {event.new}")
        if not preview:
            accept_objection(workshop, person, number, acceptance, answer)
    click.echo("Nothing is changed yet." if preview else f"objection {number} is accepted")


@objection.command("refuse")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="For the school; not in the public log.")
@click.pass_obj
def refuse(settings: Settings, number: int, reason: str) -> None:
    """The points stand: the school reads why."""
    with acting(settings) as (workshop, person):
        refuse_objection(workshop, person, number, reason)
    click.echo(f"objection {number} is refused")
