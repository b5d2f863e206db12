"""`provision`, `check`, `bench`, `ports`, `recipe`: boards on their ports."""

import platform
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from stemfleet.bench import Lister, LiveBench, boards
from stemfleet.cli.context import acting
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.cli.signals import stop_on_signals
from stemfleet.cli.wall import Orders, show
from stemfleet.devices.ports import list_ports, list_serial_ports
from stemfleet.devices.recipe import Recipe, find_recipe, image_problem, load_all, load_recipes, read_recipe
from stemfleet.devices.state import Slot, Status
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.errors import InputError
from stemfleet.settings import Settings
from stemfleet.store import Person
from stemfleet.words import Outcome

# FAIL weighs less than not knowing: somebody has to look at those boards again.
_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1}
_COULD_NOT = 2

port_argument = click.argument("port")
recipe_option = click.option("--recipe", "recipe_name", required=True, help="What to do with the board: `recipe list`.")
volume_option = click.option("--volume", type=click.Path(path_type=Path), help="The MICROBIT drive's folder.")
kit_option = click.option("--kit", "kit_tag", metavar="TAG", help="The kit that the board is for.")

serial_option = click.option(
    "--serial", metavar="NUMBER", help="The serial number of the machine, scanned: for a board that tells no identity."
)


@click.command()
@port_argument
@recipe_option
@volume_option
@click.option("--firmware", type=click.Path(path_type=Path), help="An image instead of the recipe's own.")
@click.option("--version", metavar="TEXT", help="The version of that image, for the record.")
@click.option("--sha256", metavar="HEX", help="The sha256 that the image must have.")
@kit_option
@serial_option
@json_option
@click.pass_context
def provision(
    ctx: click.Context,
    *,
    port: str,
    recipe_name: str,
    volume: Path | None,
    firmware: Path | None,
    version: str | None,
    sha256: str | None,
    kit_tag: str | None,
    serial: str | None,
    as_json: bool,
) -> None:
    """Flash and check one board on PORT and store its record."""
    settings: Settings = ctx.obj
    if firmware is None and (version or sha256):
        raise InputError("--version and --sha256 are about the image of --firmware. Name it, or leave them out.")
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise InputError("--sha256 {given} is not 64 hexadecimal digits.", given=sha256)
    slot = _one_board(settings, recipe_name, port, volume)
    slot = replace(slot, firmware=firmware, version=version, sha256=sha256.lower() if sha256 else None)
    serials = {port: serial} if serial else {}
    ctx.exit(_run(settings, [slot], serials, kit_tag=kit_tag, flash=True, as_json=as_json))


@click.command()
@port_argument
@recipe_option
@volume_option
@kit_option
@serial_option
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    *,
    port: str,
    recipe_name: str,
    volume: Path | None,
    kit_tag: str | None,
    serial: str | None,
    as_json: bool,
) -> None:
    """Check one board on PORT without writing to it, and store its record."""
    settings: Settings = ctx.obj
    slot = _one_board(settings, recipe_name, port, volume)
    serials = {port: serial} if serial else {}
    ctx.exit(_run(settings, [slot], serials, kit_tag=kit_tag, flash=False, as_json=as_json))


def _one_board(settings: Settings, recipe_name: str, port: str, volume: Path | None) -> Slot:
    found = find_recipe(recipe_name, settings.data / "recipes")
    if volume is not None and found.family != "microbit":
        raise InputError("Recipe {recipe} is for boards without a drive. Leave --volume out.", recipe=found.name)
    return Slot(None, found, port, volume)


def _run(
    settings: Settings,
    slots: list[Slot],
    serials: Mapping[str, str],
    *,
    kit_tag: str | None = None,
    flash: bool,
    as_json: bool,
) -> int:
    """Runs the boards in the slots at once, on the wall; stores and prints their records. `serials` by slot."""
    with acting(settings) as (workshop, person), stop_on_signals() as stop:
        live = LiveBench(workshop, slots, station_name(virtual=any(slot.virtual for slot in slots)))
        try:
            for name, number in serials.items():
                live.scan_serial(person, name, number)
            for name in live.names():
                live.start(person, name, kit_tag, flash=flash)
            show(live.bench, stop=stop, console=Console(stderr=as_json), orders=_orders(live, person, flash))
        finally:
            live.close()
    return _told(live, as_json=as_json, alone=slots[0].name is None)


def _orders(live: LiveBench, person: Person, flash: bool) -> Orders:
    """What the wall's keys do."""
    return {
        "r": lambda slot: live.start(person, slot, flash=flash),
        "a": lambda slot: live.abort(person, slot),
        "s": lambda slot: live.skip(person, slot),
        "S": lambda _slot: live.start_all(person, flash=flash),
    }


def _serials(given: tuple[str, ...]) -> dict[str, str]:
    """By slot, of `SLOT=NUMBER`."""
    serials = {}
    for each in given:
        slot, _, number = each.partition("=")
        if not slot or not number:
            raise InputError("{given} is not SLOT=NUMBER, such as A1=CR2020-00123.", given=each)
        serials[slot] = number
    return serials


def _told(live: LiveBench, *, as_json: bool, alone: bool) -> int:
    """Prints the records; the exit code is that of the worst slot that did something."""
    states = [state for state in live.snapshot() if state.outcome is not None or state.status is Status.RUNNING]
    if as_json:
        documents = [state.result.record.to_json() if state.result else None for state in states]
        print_json(documents[0] if alone else [document for document in documents if document])
    codes = [_EXIT.get(state.outcome, _COULD_NOT) if state.outcome else _COULD_NOT for state in states]
    return max(codes, default=0)


def _run_plugged_in(
    settings: Settings, ports: Lister | None, serials: Mapping[str, str], *, watch: bool, flash: bool, as_json: bool
) -> int:
    """What is plugged in, under the names of its positions; with `watch` also what comes and goes, until a stop."""
    with acting(settings) as (workshop, person), stop_on_signals() as stop:
        live = LiveBench(workshop, [], station_name(virtual=ports is not None))
        try:
            live.watch(ports or partial(list_serial_ports, boards(workshop)))
            if not watch and not live.bench.ready():
                raise InputError("No board that is known is plugged in. Name one: --port /dev/ttyACM0=arduino-uno")
            for name, number in serials.items():
                live.scan_serial(person, name, number)
            for slot, problem in live.start_all(person, flash=flash).items():
                click.echo(f"{slot}: {problem}", err=True)
            orders = _orders(live, person, flash)
            show(live.bench, stop=stop, console=Console(stderr=as_json), orders=orders, stay=watch)
        finally:
            live.close()
    return _told(live, as_json=as_json, alone=False)


def station_name(*, virtual: bool) -> str:
    """The host's name; virtual boards have a station of their own, with positions of their own."""
    return f"{platform.node()} (virtual)" if virtual else platform.node()


@click.command()
@click.option("--virtual", metavar="SPEC", help="Emulated boards, such as microbit:4,uno:4,printer:1,esp32:2.")
@click.option("--port", "ports", multiple=True, metavar="PORT=RECIPE", help="A real board; may be repeated.")
@click.option("--check", "check_only", is_flag=True, help="Check without writing.")
@click.option(
    "--serial",
    "given",
    multiple=True,
    metavar="SLOT=NUMBER",
    help="The serial number of the machine in a slot, for a board that tells no identity; may be repeated.",
)
@click.option("--watch", is_flag=True, help="Stay, and follow boards that are plugged in and pulled out.")
@json_option
@click.pass_context
def bench(
    ctx: click.Context,
    *,
    virtual: str | None,
    ports: tuple[str, ...],
    check_only: bool,
    given: tuple[str, ...],
    watch: bool,
    as_json: bool,
) -> None:
    """Run all boards at once, on the live wall. Without options: every plugged-in board that is known."""
    settings: Settings = ctx.obj
    recipes, serials = load_recipes(settings.data / "recipes"), _serials(given)
    if watch and ports:
        raise InputError("--watch follows what is plugged in; --port names fixed ports. Choose one of them.")
    with tempfile.TemporaryDirectory(prefix="stemfleet-bench-") as folder:
        if virtual:
            with VirtualFleet(virtual, Path(folder)) as fleet:
                if watch:
                    code = _run_plugged_in(
                        settings, fleet.ports, serials, watch=True, flash=not check_only, as_json=as_json
                    )
                else:
                    code = _run(settings, fleet.bench_slots(recipes), serials, flash=not check_only, as_json=as_json)
        elif ports:
            slots = [_named_slot(recipes, named, f"A{n}") for n, named in enumerate(ports, 1)]
            code = _run(settings, slots, serials, flash=not check_only, as_json=as_json)
        else:
            code = _run_plugged_in(settings, None, serials, watch=watch, flash=not check_only, as_json=as_json)
    ctx.exit(code)


def _named_slot(recipes: Mapping[str, Recipe], named: str, slot: str) -> Slot:
    port, _, recipe = named.rpartition("=")
    if not port or recipe not in recipes:
        raise InputError("{named} is not PORT=RECIPE. Recipes: {known}", named=named, known=", ".join(recipes))
    return Slot(slot, recipes[recipe], port)


@click.command()
@json_option
@click.pass_obj
def ports(settings: Settings, as_json: bool) -> None:
    """List the serial ports and what is likely plugged in there."""
    found = list_ports(load_recipes(settings.data / "recipes"))
    if as_json:
        print_json([port.to_json() for port in found])
    else:
        rows = [(p.device, p.location, p.serial_number, " ".join(p.recipes), p.volume) for p in found]
        print_table(["port", "place", "serial number", "recipes", "drive"], rows)


@click.group()
def recipe() -> None:
    """Recipes: what is done to a kind of board."""


@recipe.command("list")
@json_option
@click.pass_obj
def recipe_list(settings: Settings, as_json: bool) -> None:
    """List the recipes."""
    recipes = load_recipes(settings.data / "recipes").values()
    if as_json:
        print_json([_recipe_json(found) for found in recipes])
    else:
        rows = [(r.name, r.family, r.title, r.firmware.name, r.firmware.version) for r in recipes]
        print_table(["recipe", "family", "board", "firmware", "version"], rows)


@recipe.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@click.pass_context
def recipe_check(ctx: click.Context, *, files: tuple[Path, ...], as_json: bool) -> None:
    """Say what is wrong with FILES, or with all own recipes: file, key and remedy."""
    settings: Settings = ctx.obj
    own = settings.data / "recipes"
    found = [problem for file in files if (problem := _problem_of(file)) is not None]
    if not files:
        recipes, unusable = load_all(own)
        found = [bad.error for bad in unusable]
        mine = (recipe for recipe in recipes.values() if recipe.path and recipe.path.parent == own)
        found += [problem for recipe in mine if (problem := image_problem(recipe)) is not None]
    if as_json:
        print_json([{"file": str(error.facts["file"]), "problem": str(error)} for error in found])
    else:
        click.echo("\n".join(map(str, found)) or "Nothing is wrong.")
    ctx.exit(1 if found else 0)


def _problem_of(file: Path) -> InputError | None:
    try:
        return image_problem(read_recipe(file))
    except InputError as error:
        return error


@recipe.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def recipe_show(settings: Settings, name: str, as_json: bool) -> None:
    """Show a recipe: firmware, phases, checks with their limits."""
    found = find_recipe(name, settings.data / "recipes")
    if as_json:
        print_json(_recipe_json(found))
        return
    click.echo(f"{found.name}  {found.title}  ({found.family})")
    if found.is_checklist:
        rows = [(step.id, step.title["en"], "yes" if step.needs_photo else "") for step in found.steps]
        print_table(["step", "what to see", "photo"], rows)
        return
    click.echo(f"firmware {found.firmware.name} {found.firmware.version}, sha256 {found.firmware.sha256}")
    print_table(["phase", "limit (s)", "attempts"], [(p.name, p.timeout_s, p.attempts) for p in found.phases])
    print_table(["check", "low", "high", "unit"], [(c.name, c.low, c.high, c.unit) for c in found.checks])


def _recipe_json(found: Recipe) -> dict[str, Any]:
    plain: dict[str, Any] = _plain({name: value for name, value in asdict(found).items() if name != "path"})
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
