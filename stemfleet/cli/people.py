"""`user`: named persons and their one-time sign-in links."""

import click

from stemfleet.accounts import activate_person, add_person, deactivate_person, issue_link, list_people
from stemfleet.cli.context import acting, opened
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.settings import Settings
from stemfleet.words import Role


@click.group()
def user() -> None:
    """Named persons and their sign-in links."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--school", metavar="CODE", help="The school of a person of the role school.")
@click.pass_obj
def add(settings: Settings, name: str, role: str, school: str | None) -> None:
    """Add a person and print a one-time sign-in link."""
    with acting(settings) as (workshop, person):
        added = add_person(workshop.store, person, name, Role(role), school)
        _print_link(settings, issue_link(workshop.store, person, added.name))


@user.command("link")
@click.argument("name")
@click.pass_obj
def link(settings: Settings, name: str) -> None:
    """Print a fresh one-time sign-in link for a person."""
    with acting(settings) as (workshop, person):
        _print_link(settings, issue_link(workshop.store, person, name))


@user.command("deactivate")
@click.argument("name")
@click.pass_obj
def deactivate(settings: Settings, name: str) -> None:
    """Shut a person out: signed out at once, links void; what they did stays."""
    with acting(settings) as (workshop, person):
        deactivate_person(workshop.store, person, name)


@user.command("activate")
@click.argument("name")
@click.pass_obj
def activate(settings: Settings, name: str) -> None:
    """Let a person in again who was shut out."""
    with acting(settings) as (workshop, person):
        activate_person(workshop.store, person, name)


@user.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the persons."""
    with opened(settings) as workshop:
        people = list_people(workshop.store)
    if as_json:
        print_json([{"name": p.name, "role": p.role, "school": p.school_code, "active": p.active} for p in people])
    else:
        rows = [(p.name, p.role, p.school_code, "" if p.active else "shut out") for p in people]
        print_table(["name", "role", "school", ""], rows)


def _print_link(settings: Settings, token: str) -> None:
    click.echo(sign_in_address(settings.address, token))


def sign_in_address(root: str, token: str) -> str:
    return f"{root}/sign-in/{token}"
