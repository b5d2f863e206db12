"""`kit` and `ship`: asset tags, labels, the way out. `model`: what kits are made of."""

from pathlib import Path

import click

from stemfleet.catalogue import find_model, read_models
from stemfleet.cli.context import acting, acting_as, console_name, link_option, opened
from stemfleet.cli.output import json_option, output_file, print_json, print_table
from stemfleet.kits import (
    ask_override,
    decide_override,
    hand_over_kits,
    kit_archive,
    label_kits,
    list_kits,
    receive_kits,
    show_kit,
    stale_kits,
    take_out,
)
from stemfleet.settings import Settings
from stemfleet.shipments import pack_kit, print_note, reserve_kit, ship_kits
from stemfleet.words import KitState


@click.group()
def kit() -> None:
    """Kits under their asset tags."""


@kit.command("receive")
@click.argument("model")
@click.option("--count", type=int, default=1, show_default=True)
@click.option("--lot", default="", help="Delivery lot, as on the supplier's papers.")
@click.option("--supplier", default="", help="Who delivered them.")
@click.pass_obj
def receive(settings: Settings, *, model: str, count: int, lot: str, supplier: str) -> None:
    """Issue asset tags for kits of a MODEL that arrived."""
    with acting(settings) as (workshop, person):
        for tag in receive_kits(workshop, person, model, count, lot=lot, supplier=supplier):
            click.echo(tag)


@kit.command("hand-over")
@click.argument("tags", nargs=-1)
@click.option("--from", "school", required=True, help="Code of the school that has them.")
@click.option("--to", "successor", required=True, help="Code of the school that answers for them from now on.")
@click.option("--reason", required=True, help="Why; stands in the history of the kits and of both schools.")
@click.pass_obj
def hand_over(settings: Settings, tags: tuple[str, ...], school: str, successor: str, reason: str) -> None:
    """Let another school answer for kits: those of TAGS, or all that the school has."""
    with acting(settings) as (workshop, person):
        for tag in hand_over_kits(workshop.store, person, school, successor, reason, tags or None):
            click.echo(tag)


@kit.command("list")
@click.option("--state", type=click.Choice([state.value for state in KitState]))
@click.option("--model")
@json_option
@click.pass_obj
def list_(settings: Settings, state: str | None, model: str | None, as_json: bool) -> None:
    """List kits."""
    with opened(settings) as workshop:
        kits = list_kits(workshop.store, state=KitState(state) if state else None, model=model)
    rows = [
        {"tag": k.tag, "model": k.model, "state": k.state, "school": k.school_code, "recipient": name}
        for k, name in kits
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["tag", "model", "state", "school", "recipient"], [tuple(row.values()) for row in rows])


@kit.command("show")
@click.argument("tag")
@json_option
@click.pass_obj
def show(settings: Settings, tag: str, as_json: bool) -> None:
    """Show a kit: boards, what is open, and its whole history."""
    with opened(settings) as workshop:
        view = show_kit(workshop, tag)
    if as_json:
        print_json(view.as_json())
        return
    recipient = f" → {view.school.code} {view.school.name}" if view.school else ""
    click.echo(f"{view.kit.tag}  {view.kit.model}  {view.kit.state}{recipient}")
    for board in view.boards:
        click.echo(f"board {board.id} ({board.recipe})")
    for point in view.open_points:
        click.echo(f"open: {point.code} ({point.subject}) {point.detail}".rstrip())
    for point in view.waived:
        click.echo(f"waived by an override: {point.code} ({point.subject}) {point.detail}".rstrip())
    rows = [(f"{entry.at:%Y-%m-%d %H:%M}", name, entry.verb, _facts(entry.facts)) for entry, name in view.history]
    print_table(["time (UTC)", "person", "what", "facts"], rows)


@kit.command("stale")
@click.option("--model")
@json_option
@click.pass_obj
def stale(settings: Settings, model: str | None, as_json: bool) -> None:
    """List kits that were ready before the firmware or test of their boards was released anew."""
    with opened(settings) as workshop:
        found = stale_kits(workshop, model)
    if as_json:
        print_json([one.as_json() for one in found])
    else:
        rows = [(one.kit.tag, one.kit.model, one.kit.state, " ".join(p.code for p in one.open)) for one in found]
        print_table(["tag", "model", "state", "open"], rows)


@kit.command("take-out")
@click.argument("board")
@click.option("--reason", required=True, help="Why; stands in the kit's history.")
@click.pass_obj
def take_out_(settings: Settings, board: str, reason: str) -> None:
    """Take a BOARD out of its kit, whose state follows."""
    with acting(settings) as (workshop, person):
        tag = take_out(workshop, person, board, reason)
        state = show_kit(workshop, tag).kit.state
    click.echo(f"{board} is not part of {tag} any more; the kit is {state}.")


@kit.command("override")
@click.argument("tag")
@click.option("--reason", help="Asks that the kit may leave with what is open now.")
@click.option("--approve", "decision", flag_value="approve", help="The second person says yes.")
@click.option("--refuse", "decision", flag_value="refuse", help="The second person says no.")
@link_option
@click.pass_obj
def override(settings: Settings, *, tag: str, reason: str | None, decision: str | None, link: str | None) -> None:
    """Let a kit leave although something is open: one person asks with a reason, another one decides."""
    if (reason is None) == (decision is None):
        raise click.UsageError("Give --reason to ask, or --approve or --refuse to decide.")
    with acting_as(settings, link) as (workshop, person):
        if reason is not None:
            ask_override(workshop, person, tag, reason, console=console_name())
            click.echo(f"Asked for. Another person decides on the kit's page: {settings.address}/kits/{tag}")
        else:
            decide_override(workshop, person, tag, approve=decision == "approve", console=console_name())
            click.echo("Approved." if decision == "approve" else "Refused.")


@kit.command("records")
@click.argument("tag")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The ZIP file to write.")
@click.pass_obj
def records(settings: Settings, tag: str, out: Path) -> None:
    """Write a kit's records with their raw logs and photos."""
    with output_file(out) as write, opened(settings) as workshop:
        write(kit_archive(workshop.store, show_kit(workshop, tag)))
    click.echo(f"{out}")


@kit.command("label")
@click.argument("tags", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PDF to write.")
@click.pass_obj
def label(settings: Settings, tags: tuple[str, ...], out: Path) -> None:
    """Write a sheet of labels for kits that passed."""
    with output_file(out) as write, acting(settings) as (workshop, person):
        write(label_kits(workshop, person, tags, settings.address))
    click.echo(f"{len(tags)} labels in {out}")


@kit.command("reserve")
@click.argument("tag")
@click.option("--to", "school", required=True, metavar="CODE")
@click.pass_obj
def reserve(settings: Settings, tag: str, school: str) -> None:
    """Set a ready kit aside for an awarded school."""
    with acting(settings) as (workshop, person):
        award = reserve_kit(workshop, person, tag, school)
    click.echo(f"{tag} is reserved for {school} ({award.wave_code} {award.lot})")


@kit.command("pack")
@click.argument("tags", nargs=-1, required=True)
@click.pass_obj
def pack(settings: Settings, tags: tuple[str, ...]) -> None:
    """Put reserved kits into their boxes."""
    with acting(settings) as (workshop, person):
        for tag in tags:
            pack_kit(workshop, person, tag)
            click.echo(f"{tag} is packed")


@click.command()
@click.argument("tags", nargs=-1, required=True)
@click.option("--to", "school", required=True, metavar="CODE")
@click.option("--note", type=click.Path(path_type=Path, dir_okay=False), help="Write the delivery note (PDF) here.")
@click.pass_obj
def ship(settings: Settings, tags: tuple[str, ...], school: str, note: Path | None) -> None:
    """Ship kits to an awarded school, all or none. A kit without a pass is refused."""
    with output_file(note) as write, acting(settings) as (workshop, person):
        shipment = ship_kits(workshop, person, tags, school)
        if note is not None:
            write(print_note(workshop, person, shipment.id, settings.address))
    click.echo(f"Shipment {shipment.id}: {' '.join(tags)} to {school}")


@click.group()
def model() -> None:
    """Kit models: what a kit is made of."""


@model.command("list")
@json_option
@click.pass_obj
def model_list(settings: Settings, as_json: bool) -> None:
    """List the kit models."""
    models = read_models(settings.data / "models").values()
    if as_json:
        print_json([found.as_json() for found in models])
    else:
        print_table(["model", "family", "levels"], [(m.name, m.family, " ".join(m.levels)) for m in models])


@model.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def model_show(settings: Settings, name: str, as_json: bool) -> None:
    """Show a kit model."""
    found = find_model(read_models(settings.data / "models"), name)
    if as_json:
        print_json(found.as_json())
        return
    click.echo(f"{found.name}  {found.title['en']}  ({found.family}; {' '.join(found.levels)})")
    for component in found.components:
        click.echo(f"  {component.count} × board by {' or '.join(component.recipes)}")
    for part in found.parts:
        click.echo(f"  {part.count} × {part.title['en']}")


def _facts(facts: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
