"""`evidence`: kinds of evidence, the records behind a school's points, and what is past its retention period."""

import click

from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.rounds.evidence import PublishedLine, evidence_behind
from stemfleet.schools.imported import list_imports
from stemfleet.schools.retention import plan_pruning, prune
from stemfleet.schools.withdrawals import WITHDRAWN, plan_withdrawal, withdraw_import
from stemfleet.settings import Settings
from stemfleet.waves.coverage import training_coverage
from stemfleet.waves.points import in_words


@click.group()
def evidence() -> None:
    """eTwinning records: what counts, and what stands behind points."""


@evidence.command("kinds")
@json_option
@click.pass_obj
def kinds(settings: Settings, as_json: bool) -> None:
    """List the kinds of evidence and the courses, the shipped ones and one's own."""
    with opened(settings) as workshop:
        known = workshop.evidence
    if as_json:
        print_json(
            {
                "kinds": [k.as_json() for k in known.kinds.values()],
                "courses": [c.as_json() for c in known.courses.values()],
            }
        )
        return
    print_table(
        ["kind", "title", "has"], [(k.name, k.title["el"], " ".join(sorted(k.has))) for k in known.kinds.values()]
    )
    rows = [(c.code, c.number, c.title["el"], " ".join(c.models)) for c in known.courses.values()]
    print_table(["course", "number", "title", "models"], rows)


@evidence.command("lines")
@click.argument("wave")
@click.argument("school")
@json_option
@click.pass_obj
def lines(settings: Settings, wave: str, school: str, as_json: bool) -> None:
    """Show the records behind each line of a SCHOOL's points in a WAVE, and what was cut off."""
    with opened(settings) as workshop:
        behind = evidence_behind(workshop, wave, school)
    if as_json:
        print_json(behind.as_json())
        return
    for line in behind.lines:
        click.echo(f"{in_words(line.label)}: {line.published or 0}{_difference(line)}")
        for traced in line.evidence.records if line.evidence else ():
            record = traced.record
            what = ", ".join(filter(None, [record.edition, record.rank, record.title, record.person]))
            cut = f" ({traced.cut} of {traced.worth})" if traced.cut else ""
            source = f"{traced.file}, row {record.row}, {traced.imported:%Y-%m-%d}"
            if traced.inherited:
                source += f"; from school {record.school_code}, {traced.inherited.kind}: {traced.inherited.reason}"
            click.echo(f"  {traced.counted:>4}{cut}  {record.year} {record.number} × {what or record.kind}  [{source}]")
    if behind.others.others:
        click.echo(f"{len(behind.others.others)} records are of kinds that give no points in this wave")


def _difference(line: PublishedLine) -> str:
    return f" (the stored records give {line.evidence.points if line.evidence else 0})" if line.differs else ""


@evidence.command("training")
@click.argument("wave")
@json_option
@click.pass_obj
def training(settings: Settings, wave: str, as_json: bool) -> None:
    """Show how many recipients of a WAVE have somebody who completed a course for the kit that they get."""
    with opened(settings) as workshop:
        lots = training_coverage(workshop, wave)
    if as_json:
        print_json([lot.as_json() for lot in lots])
        return
    rows = [
        (lot.lot, lot.model, lot.recipients, lot.covered if lot.courses else "no course", " ".join(lot.courses))
        for lot in lots
    ]
    print_table(["lot", "model", "recipients", "trained", "courses"], rows)


@evidence.command("imports")
@json_option
@click.pass_obj
def imports(settings: Settings, as_json: bool) -> None:
    """List the lists of records that were imported, the newest first, with the number that `withdraw` takes."""
    with opened(settings) as workshop:
        runs = [(run, by) for run, by in list_imports(workshop.store) if run.what == "evidence"]
    listed = [
        {
            "number": run.id,
            "file": run.file_name,
            "applied": run.at.isoformat(),
            "by": by,
            "new": run.counts.get("new", 0),
            "withdrawn": run.counts.get(WITHDRAWN, 0),
        }
        for run, by in runs
    ]
    if as_json:
        print_json(listed)
        return
    titles = ["number", "file", "applied", "by", "new", "withdrawn"]
    print_table(titles, [[row[title] for title in titles] for row in listed])


@evidence.command("withdraw")
@click.argument("number", type=int)
@click.option("--reason", default="", help="Why the list was wrong; needed with --apply, and kept in the history.")
@click.option("--apply", is_flag=True, help="Take its records away; without it, only say how many.")
@json_option
@click.pass_obj
def withdraw(settings: Settings, number: int, reason: str, apply: bool, as_json: bool) -> None:
    """Take back the list that was imported as NUMBER: its records count no more. Published points stay."""
    with acting(settings) as (workshop, person):
        store = workshop.store
        plan = withdraw_import(store, person, number, reason) if apply else plan_withdrawal(store, number)
    if as_json:
        print_json({"applied": apply, **plan.as_json()})
        return
    click.echo(f"{plan.file}: {plan.records} records of {plan.schools} schools and departments")
    click.echo(
        "Withdrawn." if apply else "Nothing is changed yet. To do it: the same command with --apply --reason TEXT"
    )


@evidence.command("prune")
@click.option("--apply", is_flag=True, help="Delete; without it, only say what would be deleted.")
@json_option
@click.pass_obj
def prune_(settings: Settings, apply: bool, as_json: bool) -> None:
    """Delete the personal data that is past its retention period: ids of persons, texts and files of objections."""
    with acting(settings) as (workshop, person):
        years = settings.keep_years
        plan = prune(workshop, person, years) if apply else plan_pruning(workshop, years)
    if as_json:
        print_json({"applied": apply, **plan.as_json()})
        return
    click.echo(f"{plan.persons:>7}  records until {plan.last_year} lose the id of a person")
    click.echo(
        f"{plan.objections:>7}  objections decided before {plan.before:%Y-%m-%d} lose their text, answer and files"
    )
    click.echo(f"{plan.files:>7}  files of proof")
    click.echo("Deleted." if apply else "Nothing is deleted yet. To do it: the same command with --apply")
