"""`yield`: first-pass yield and what boards failed at; the claim sheet for a supplier."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from stemfleet.bench import (
    Chosen,
    Dimension,
    ParetoRow,
    check_chosen,
    first_runs,
    pareto,
    supplier_claim,
    yield_by,
)
from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, output_file, print_json, print_table
from stemfleet.settings import Settings

day_type = click.DateTime(["%Y-%m-%d"])


@click.command("yield")
@click.option("--by", type=click.Choice([one.value for one in Dimension]), default="lot", show_default=True)
@click.option("--model")
@click.option("--lot")
@click.option("--supplier")
@click.option("--slot", help="With its station, as `--by slot` shows it.")
@click.option("--since", type=day_type, help="First day, such as 2026-03-02.")
@click.option("--until", type=day_type, help="Last day.")
@click.option("--claim", type=click.Path(path_type=Path, dir_okay=False), help="Write the claim to --supplier (PDF).")
@click.option("--virtual", is_flag=True, help="Count virtual boards instead of real ones.")
@click.option("--lang", type=click.Choice(["el", "en"]), default="el", show_default=True, help="Of the claim.")
@json_option
@click.pass_obj
def yield_(
    settings: Settings,
    *,
    by: str,
    model: str | None,
    lot: str | None,
    supplier: str | None,
    slot: str | None,
    since: datetime | None,
    until: datetime | None,
    virtual: bool,
    claim: Path | None,
    lang: Literal["el", "en"],
    as_json: bool,
) -> None:
    """Show how many boards passed at the first try, and what the others failed at."""
    days = since.date() if since else None, until.date() if until else None
    chosen = Chosen(model, lot, supplier, *days, slot, virtual)
    if claim is not None:
        _write_claim(settings, chosen, lang, claim)
        return
    with opened(settings) as workshop:
        check_chosen(workshop, chosen)
        runs = first_runs(workshop, chosen)
    rows, reasons = yield_by(runs, Dimension(by)), pareto(runs)
    if as_json:
        print_json(
            {
                "boards": len(runs),
                "passed_first": sum(run.passed for run in runs),
                "by": by,
                "rows": [
                    {"value": r.value, "boards": r.boards, "passed_first": r.passed, "could_not_tell": r.untold}
                    for r in rows
                ],
                "reasons": [{"reason": r.reason, "boards": r.boards} for r in reasons],
            }
        )
        return
    table = [(r.value or "not known", r.boards, r.passed, f"{r.share:.1%}", r.untold) for r in rows]
    print_table([by, "boards", "passed first", "yield", "could not tell"], table)
    print_table(["failed at", "boards", "share", "together"], [_reason(row) for row in reasons])


def _reason(row: ParetoRow) -> tuple[object, ...]:
    return row.reason, row.boards, f"{row.share:.1%}", f"{row.together:.1%}"


def _write_claim(settings: Settings, chosen: Chosen, language: Literal["el", "en"], out: Path) -> None:
    if chosen.supplier is None:
        raise click.UsageError("--claim needs --supplier.")
    if chosen != Chosen(lot=chosen.lot, supplier=chosen.supplier):
        raise click.UsageError("A claim is for a supplier's real deliveries: only --lot may be chosen beside.")
    with output_file(out) as write, acting(settings) as (workshop, person):
        write(supplier_claim(workshop, person, chosen.supplier, language, chosen.lot))
    click.echo(f"{out}")
