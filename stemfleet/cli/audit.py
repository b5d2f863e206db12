"""`audit`: is the history whole?"""

import click

from stemfleet.audit import find_tampering
from stemfleet.cli.context import opened
from stemfleet.settings import Settings

_NO = 1


@click.group()
def audit() -> None:
    """The history and its chain of hashes."""


@audit.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check the history's chain, and the records and kit states it vouches for; exit 1 at the first misfit."""
    settings: Settings = ctx.obj
    with opened(settings) as workshop:
        found = find_tampering(workshop.store)
    if found is not None:
        click.echo(found)
        ctx.exit(_NO)
    click.echo("The history is whole; records and states are what it says.")
