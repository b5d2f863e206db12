"""`import`: a file is read and shown; with `--apply` it is loaded, all or nothing."""

from pathlib import Path

import click

from stemfleet.cli.context import acting
from stemfleet.cli.output import json_option, print_json, progress_bar
from stemfleet.registers import SKIP_TEXTS, Finding, Skipped, SkipReason
from stemfleet.schools import ImportPlan, apply_import, plan_import
from stemfleet.settings import Settings

_SHOWN = 20


@click.command("import")
@click.argument("what", type=click.Choice(["schools", "departments", "evidence", "legacy"]))
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--preview", "apply", flag_value=False, type=bool, default=False, help="Show what would change (default)."
)
@click.option("--apply", "apply", flag_value=True, type=bool, help="Change it, all or nothing.")
@json_option
@click.pass_obj
def import_(settings: Settings, what: str, files: tuple[Path, ...], apply: bool, as_json: bool) -> None:
    """Import a register of schools, the university departments, eTwinning records, or kits of earlier waves.

    A register of schools may come in several files, such as the pages of the mm.sch.gr API: give all of them at once.
    """
    with acting(settings) as (workshop, person):
        with progress_bar(f"reading {files[0].name}", quiet=as_json) as progress:
            plan = plan_import(
                workshop.store, what, *files, models=workshop.models, evidence=workshop.evidence, progress=progress
            )
        if apply:
            with progress_bar(f"{what} from {files[0].name}", quiet=as_json) as progress:
                plan = apply_import(workshop.store, person, plan, progress)
    if as_json:
        print_json({"applied": apply, **plan.as_json()})
    else:
        _print_plan(plan, apply)


def _print_plan(plan: ImportPlan, applied: bool) -> None:
    for file, form in zip(plan.files, plan.formats, strict=True):
        sheet = f", sheet «{form.sheet}»" if form.sheet else ""
        titles = f", titles in row {form.titles_row}" if form.titles_row else ""
        click.echo(f"{file}: {form}{sheet}{titles}")
    for name, number in plan.counts.items():
        if not name.startswith("skipped_"):
            click.echo(f"  {number:>7}  {name.replace('_', ' ')}")
    for reason, number in plan.skipped_counts.items():
        click.echo(f"  {number:>7}  left out: {SKIP_TEXTS[SkipReason(reason)]}")
    changed = [
        f"{code}: "
        + "; ".join(f"{name}: {_shown(before)} → {_shown(after)}" for name, (before, after) in fields.items())
        for code, fields in plan.changed.items()
    ]
    _print_first("changed", changed)
    _print_first("closed", [f"{code}: {status}" for code, status in plan.closed.items()])
    _print_first("left out", [f"{_place(s)}: {SKIP_TEXTS[s.reason]}{_what(s)}" for s in plan.read.skipped])
    findings = [f"{', '.join(filter(None, [f.weight, _place(f)]))}: {f}" for f in plan.findings]
    _print_first("findings", findings)
    click.echo("Applied." if applied else "Nothing is changed yet. To apply it: the same command with --apply")


def _place(of: Skipped | Finding) -> str:
    """File and sheet, where there are several, and row."""
    row = f"row {of.row}" if of.row else None
    return ", ".join(filter(None, [of.sheet, row]))


def _what(skipped: Skipped) -> str:
    """What stands there, and whose row it is."""
    detail = f"«{skipped.detail}»" if skipped.detail else None
    told = " ".join(filter(None, [detail, skipped.code, skipped.name]))
    return f": {told}" if told else ""


def _shown(value: object) -> str:
    return ", ".join(value) or "–" if isinstance(value, list) else "–" if value is None else f"«{value}»"


def _print_first(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title}:")
    for line in lines[:_SHOWN]:
        click.echo(f"  {line.rstrip()}")
    if len(lines) > _SHOWN:
        click.echo(f"  … and {len(lines) - _SHOWN} more: --json lists them")
