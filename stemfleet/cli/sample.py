"""`stemfleet sample …`: synthetic files in the shapes of the real ones."""

from pathlib import Path

import click

from stemfleet.registers.sample import sample_departments, sample_evidence, sample_register

_OUT = click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
_SEED = click.option("--seed", default=1, show_default=True, help="Another seed gives another country.")


@click.group()
def sample() -> None:
    """Writes synthetic files: the same seed gives the same file everywhere."""


@sample.command()
@click.option("--schools", default=14_000, show_default=True, help="Number of schools that work.")
@_SEED
@_OUT
def register(schools: int, seed: int, out: Path) -> None:
    """A school register: .json as the mm.sch.gr API gives it, .csv or .xlsx as its export with Greek titles."""
    rows = sample_register(out, schools=schools, seed=seed)
    click.echo(f"{out}: {schools} schools in {rows} rows")


@sample.command()
@_OUT
def departments(out: Path) -> None:
    """The 23 university departments: .csv or .xlsx."""
    click.echo(f"{out}: {sample_departments(out)} departments")


@sample.command()
@click.option("--register", required=True, type=click.Path(path_type=Path), help="Register whose schools get records.")
@_SEED
@_OUT
def evidence(register: Path, seed: int, out: Path) -> None:
    """eTwinning records for the schools of a register and for the departments: .csv or .xlsx."""
    click.echo(f"{out}: {sample_evidence(register, out, seed=seed)} records")
