"""`slots`: the positions of this computer's hubs, their names, what they are for, and auto-start."""

import time
from collections.abc import Mapping

import click

from stemfleet.bench import (
    boards,
    check_slot_name,
    choose_recipe,
    forget_slot,
    learn_slot,
    plugged_in,
    read_station,
    set_auto_start,
)
from stemfleet.cli.context import acting, opened
from stemfleet.cli.devices import station_name
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.devices.ports import list_serial_ports
from stemfleet.errors import InputError, Unavailable
from stemfleet.settings import Settings
from stemfleet.workshop import Workshop

_LOOK_S = 0.5


@click.group()
def slots() -> None:
    """Positions on the hubs of this computer, and their names."""


@slots.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the named positions and what is plugged in there now."""
    with opened(settings) as workshop:
        view = read_station(workshop.store, station_name(virtual=False))
        there = plugged_in(list_serial_ports(boards(workshop)))
    rows = [
        {
            "slot": slot.name,
            "place": slot.place,
            "recipe": slot.recipe,
            "port": there[slot.place].port if slot.place in there else None,
        }
        for slot in view.slots
    ]
    if as_json:
        by = view.auto_start_by.name if view.auto_start_by else None
        print_json({"station": view.name, "auto_start_by": by, "slots": rows})
        return
    click.echo(f"{view.name}: boards {'start by themselves' if view.auto_start_by else 'wait for a start'}")
    print_table(["slot", "place", "recipe", "port"], [tuple(row.values()) for row in rows])


@slots.command("learn")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option(
    "--timeout", type=click.IntRange(1, 3600), default=120, show_default=True, help="Seconds to wait for each board."
)
@click.pass_obj
def learn(settings: Settings, names: tuple[str, ...], timeout: int) -> None:
    """Name positions one after another, each by plugging a board into it."""
    names = tuple(check_slot_name(name) for name in names)
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError("The name {name} is given twice. One position has one name.", name=twice[0])
    with acting(settings) as (workshop, person):
        for name in names:
            click.echo(f"Plug a board into the position that you want to call {name} …")
            place = _next_place(workshop, timeout)
            learn_slot(workshop.store, person, station_name(virtual=False), name, place)
            click.echo(f"{name} is the position {place}.")


def _next_place(workshop: Workshop, timeout: int) -> str:
    """Where the next board is plugged in; one that was there may be pulled out and plugged in again."""
    known = boards(workshop)
    taken, until = set(plugged_in(list_serial_ports(known))), time.monotonic() + timeout
    while time.monotonic() < until:
        time.sleep(_LOOK_S)
        there: Mapping[str, object] = plugged_in(list_serial_ports(known))
        if fresh := sorted(set(there) - taken):
            return fresh[0]
        taken &= set(there)
    raise Unavailable(
        "Nothing was plugged in for {seconds} seconds. Is it a cable for charging only? Try another one.",
        seconds=timeout,
    )


@slots.command("forget")
@click.argument("name")
@click.pass_obj
def forget(settings: Settings, name: str) -> None:
    """Take a position's name away."""
    with acting(settings) as (workshop, person):
        forget_slot(workshop.store, person, station_name(virtual=False), name)


@slots.command("recipe")
@click.argument("name")
@click.argument("recipe")
@click.pass_obj
def recipe(settings: Settings, name: str, recipe: str) -> None:
    """Do all boards in a position by one RECIPE, or by what they are (any)."""
    with acting(settings) as (workshop, person):
        choose_recipe(workshop, person, station_name(virtual=False), name, None if recipe == "any" else recipe)


@slots.command("auto-start")
@click.argument("state", type=click.Choice(["on", "off"]))
@click.pass_obj
def auto_start(settings: Settings, state: str) -> None:
    """Whether boards start as they are plugged in."""
    with acting(settings) as (workshop, person):
        set_auto_start(workshop.store, person, station_name(virtual=False), state == "on")
