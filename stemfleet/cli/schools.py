"""`school`: finding schools, what is known about each, and what the support organisation decides about it."""

from datetime import datetime

import click

from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.kits import confirm_legacy, deny_legacy
from stemfleet.kits.legacy_lists import LegacyChoice, list_legacy
from stemfleet.schools import (
    OVERRIDABLE,
    SchoolView,
    end_override,
    find_schools,
    let_evidence_count,
    move_school,
    override_category,
    school_row,
    show_school,
    undo_move,
)
from stemfleet.settings import Settings
from stemfleet.words import LegacyAnswer, MoveKind, RecipientKind

_REASON = click.option("--reason", required=True, help="Why; shown wherever the decision is.")


@click.group()
def school() -> None:
    """Schools and university departments."""


@school.command("list")
@click.argument("words", nargs=-1)
@click.option("--departments", is_flag=True, help="University departments instead of schools.")
@json_option
@click.pass_obj
def list_(settings: Settings, words: tuple[str, ...], departments: bool, as_json: bool) -> None:
    """List the schools that have all WORDS, in Greek or Latin letters, or whose code starts with them."""
    kind = RecipientKind.DEPARTMENT if departments else RecipientKind.SCHOOL
    with opened(settings) as workshop:
        found = find_schools(workshop.store, " ".join(words), kind=kind, limit=None)
    rows = [school_row(school, categories) for school, categories in found]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ["code", "name", "level", "region", "categories", "status"],
            [(r["code"], r["name"], r["level"], r["region"], " ".join(r["categories"]), r["status"]) for r in rows],
        )


@school.command("show")
@click.argument("code")
@json_option
@click.pass_obj
def show(settings: Settings, code: str, as_json: bool) -> None:
    """Show a school: its categories, evidence, awards and kits."""
    with opened(settings) as workshop:
        view = show_school(workshop.store, code)
    if as_json:
        print_json(view.as_json())
        return
    _print_school(view)
    print_table(
        ["evidence", "year", "number", "school", "file", "row", "imported"],
        [(e.kind, e.year, e.number, e.school_code, file, e.row, f"{at:%Y-%m-%d}") for e, file, at in view.evidence],
    )


def _print_school(view: SchoolView) -> None:
    school = view.school
    place = ", ".join(filter(None, [school.municipality, school.region]))
    click.echo(f"{school.code}  {school.name}  ({school.level}, {school.status})  {place}")
    click.echo(f"categories: {' '.join(view.categories) or 'none'}")
    for said in view.sources:
        source = f"{said.person}: {said.reason}" if said.person else f"{said.file}, row {said.row}"
        click.echo(f"  {'' if said.holds else 'not '}{said.category} ({source}; {said.at:%Y-%m-%d})")
    for move in view.moves:
        records = ", with its records" if move.evidence_counts else ""
        click.echo(f"{move.school_code} {move.kind} into {move.successor} on {move.since}{records}: {move.reason}")
    for award in view.awards:
        click.echo(f"award: {award.wave_code} {award.lot} ({award.model}), {award.place} place")
    for kit in view.kits:
        click.echo(f"kit: {kit.tag} {kit.model} {kit.state}{' (legacy)' if kit.legacy else ''}")
    for old, file in view.legacy:
        answer = f"{old.answer} {old.kit_tag or old.note or ''}" if old.answer else "not confirmed yet"
        click.echo(f"listed: {old.id} {old.model} {old.wave} {old.serial or ''} ({file}, row {old.row}): {answer}")


@school.command("override")
@click.argument("code")
@click.argument("category", type=click.Choice([str(category) for category in OVERRIDABLE]))
@click.option("--has/--has-not", "holds", default=None, help="Whether the school has the category.")
@click.option("--register", is_flag=True, help="What the register says counts again.")
@_REASON
@click.pass_obj
def override(settings: Settings, code: str, category: str, holds: bool | None, register: bool, reason: str) -> None:
    """Say against the register that a school has a CATEGORY, or has it not; kept through later imports."""
    if register == (holds is not None):
        raise click.UsageError("One of --has, --has-not and --register is needed.")
    with acting(settings) as (workshop, person):
        if holds is None:
            end_override(workshop.store, person, code, category, reason)
        else:
            override_category(workshop.store, person, code, category, holds, reason)
        categories = show_school(workshop.store, code).categories
    click.echo(f"{code}: {' '.join(categories) or 'no categories'}")


@school.command("move")
@click.argument("code")
@click.argument("successor", required=False)
@click.option("--merged", "kind", flag_value=MoveKind.MERGED.value, help="CODE is part of SUCCESSOR now.")
@click.option("--renumbered", "kind", flag_value=MoveKind.RENUMBERED.value, help="CODE is called SUCCESSOR now.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From which day on.")
@click.option("--with-evidence", "evidence", is_flag=True, help="Its eTwinning records count for SUCCESSOR.")
@click.option("--undo", is_flag=True, help="CODE is a school of its own again.")
@_REASON
@click.pass_obj
def move(
    settings: Settings,
    code: str,
    successor: str | None,
    kind: str | None,
    since: datetime | None,
    evidence: bool,
    undo: bool,
    reason: str,
) -> None:
    """Say that school CODE became SUCCESSOR. Its kits stay until `kit hand-over`, its records until `records`."""
    with acting(settings) as (workshop, person):
        if undo:
            undo_move(workshop.store, person, code, reason)
            click.echo(f"{code} is a school of its own again")
        elif successor is None or kind is None or since is None:
            raise click.UsageError("SUCCESSOR, --merged or --renumbered, and --since are needed.")
        else:
            move_school(
                workshop.store, person, code, successor, MoveKind(kind), since.date(), reason, evidence=evidence
            )
            click.echo(f"{code} {kind} into {successor}{', with its records' if evidence else ''}")


@school.command("records")
@click.argument("code")
@click.option("--count/--stay", "counts", required=True, help="Whether they count for the successor.")
@_REASON
@click.pass_obj
def records(settings: Settings, code: str, counts: bool, reason: str) -> None:
    """Say whether the eTwinning records of CODE, a school that became another one, count for its successor."""
    with acting(settings) as (workshop, person):
        let_evidence_count(workshop.store, person, code, counts, reason)
    click.echo(f"the records of {code} {'count for its successor' if counts else 'stay with it'}")


@school.command("legacy")
@click.argument("words", nargs=-1)
@click.option("--gone", "answer", flag_value="gone", help="Those that are said not to be there any more.")
@click.option("--here", "answer", flag_value="here", help="Those that were confirmed.")
@click.option("--model", default="", help="Of this kit model only.")
@click.option("--wave", default="", help="Of this wave only, as the list names it.")
@click.option("--region", default="", help="Of schools in this region only, as two digits.")
@json_option
@click.pass_obj
def legacy(
    settings: Settings, words: tuple[str, ...], answer: str | None, model: str, wave: str, region: str, as_json: bool
) -> None:
    """List the kits of earlier waves that no school has confirmed yet, at schools that have all WORDS."""
    chosen = LegacyChoice(LegacyAnswer(answer) if answer else None, model, wave, region, " ".join(words))
    with opened(settings) as workshop:
        found = list_legacy(workshop.store, chosen)
    rows = [
        {
            "number": one.kit.id,
            "school": one.school.code,
            "name": one.school.name,
            "model": one.kit.model,
            "wave": one.kit.wave,
            "serial": one.kit.serial,
            "note": one.kit.note,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ["number", "school", "name", "model", "wave", "serial", "note"], [tuple(row.values()) for row in rows]
        )


@school.command("confirm")
@click.argument("number", type=int)
@click.pass_obj
def confirm(settings: Settings, number: int) -> None:
    """Say for its school that the listed kit NUMBER is there; issues its tag."""
    with acting(settings) as (workshop, person):
        click.echo(confirm_legacy(workshop, person, number))


@school.command("deny")
@click.argument("number", type=int)
@click.option("--note", required=True, help="What became of it.")
@click.pass_obj
def deny(settings: Settings, number: int, note: str) -> None:
    """Say for its school that the listed kit NUMBER is not there."""
    with acting(settings) as (workshop, person):
        deny_legacy(workshop.store, person, number, note)
    click.echo(f"kit {number} of the list is not there")
