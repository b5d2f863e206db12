"""`import` and `school`: what comes from the registers, and what is known about a school."""

from pathlib import Path

import click

from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, print_json, print_table, progress_bar
from stemfleet.schools import ImportPlan, apply_import, find_schools, plan_import, school_row, show_school
from stemfleet.settings import Settings
from stemfleet.words import RecipientKind

_SHOWN_FINDINGS = 20


@click.command("import")
@click.argument("what", type=click.Choice(["schools", "departments", "evidence", "legacy"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--preview", "apply", flag_value=False, type=bool, default=False, help="Show what would change (default)."
)
@click.option("--apply", "apply", flag_value=True, type=bool, help="Change it, all or nothing.")
@json_option
@click.pass_obj
def import_(settings: Settings, what: str, file: Path, apply: bool, as_json: bool) -> None:
    """Import a register of schools, the university departments, eTwinning records, or kits of earlier waves."""
    with acting(settings) as (workshop, person):
        plan = plan_import(workshop.store, what, file, models=workshop.models, evidence=workshop.evidence)
        if apply:
            with progress_bar(f"{what} from {file.name}", quiet=as_json) as progress:
                plan = apply_import(workshop.store, person, plan, progress)
    if as_json:
        print_json({"applied": apply, **plan.as_json()})
    else:
        _print_plan(plan, apply)


@click.group()
def school() -> None:
    """Schools and university departments."""


@school.command("list")
@click.argument("words", nargs=-1)
@click.option("--departments", is_flag=True, help="University departments instead of schools.")
@json_option
@click.pass_obj
def list_(settings: Settings, words: tuple[str, ...], departments: bool, as_json: bool) -> None:
    """List the schools whose name holds all WORDS, or whose code starts with them."""
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
    place = ", ".join(filter(None, [view.school.municipality, view.school.region]))
    click.echo(f"{view.school.code}  {view.school.name}  ({view.school.level}, {view.school.status})  {place}")
    click.echo(f"categories: {' '.join(view.categories) or 'none'}")
    for award in view.awards:
        click.echo(f"award: {award.wave_code} {award.lot} ({award.model}), {award.place} place")
    for kit in view.kits:
        click.echo(f"kit: {kit.tag} {kit.model} {kit.state}")
    print_table(
        ["evidence", "year", "number", "file", "row"],
        [(e.kind, e.year, e.number, file, e.row) for e, file in view.evidence],
    )


def _print_plan(plan: ImportPlan, applied: bool) -> None:
    click.echo(f"{plan.file}: {plan.read.format}")
    for name, number in plan.counts.items():
        click.echo(f"  {number:>7}  {name.replace('_', ' ')}")
    for code, fields in list(plan.changed.items())[:_SHOWN_FINDINGS]:
        changes = "; ".join(f"{name}: {before!r} → {after!r}" for name, (before, after) in fields.items())
        click.echo(f"  {code}: {changes}")
    for finding in plan.findings[:_SHOWN_FINDINGS]:
        click.echo(f"  {finding.weight}{f', row {finding.row}' if finding.row else ''}: {finding}")
    if (more := len(plan.findings) - _SHOWN_FINDINGS) > 0:
        click.echo(f"  … and {more} more findings: --json lists them all")
    click.echo("Applied." if applied else "Nothing is changed yet. To apply it: the same command with --apply")
