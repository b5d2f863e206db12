"""`audit`: is the history whole?"""

import click

from stemfleet.cli.context import opened
from stemfleet.settings import Settings
from stemfleet.store import first_broken_entry

_NO = 1


@click.group()
def audit() -> None:
    """The history and its chain of hashes."""


@audit.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check every entry of the history against the chain; exit 1 at the first that does not fit."""
    settings: Settings = ctx.obj
    with opened(settings) as workshop, workshop.store.read() as session:
        broken = first_broken_entry(session)
    if broken is not None:
        click.echo(f"Entry {broken} of the history was changed, or one before it was removed.")
        ctx.exit(_NO)
    click.echo("The history is whole.")
