"""`firmware`: which release has to be on the boards of each recipe, and approving one where the recipe is open."""

from pathlib import Path

import click

from stemfleet.cli.context import acting_as, link_option, opened
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.kits import Image, approve_release, list_current_firmware
from stemfleet.settings import Settings


@click.group()
def firmware() -> None:
    """Firmware releases: which one is current for the boards of a recipe."""


@firmware.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the current firmware of every recipe, and who approved it."""
    with opened(settings) as workshop:
        found = list_current_firmware(workshop)
    if as_json:
        print_json([one.as_json() for one in found])
        return
    rows = [
        (
            one.recipe,
            f"{one.name} {one.version}" if one.sha256 else "none approved yet",
            (one.sha256 or "")[:12],
            one.approved_by or ("" if one.open else "the recipe"),
            one.file,
        )
        for one in found
    ]
    print_table(["recipe", "firmware", "sha256", "approved by", "image kept"], rows)


@firmware.command("approve")
@click.argument("recipe")
@click.option("--version", required=True, help="As its makers call it.")
@click.option("--name", default="", help="Name of the firmware; the recipe's own if not told.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The image; it is kept.")
@click.option("--sha256", default="", help="Its hash, without a file: the image is given at each run (--firmware).")
@link_option
@click.pass_obj
def approve(
    settings: Settings, *, recipe: str, version: str, name: str, file: Path | None, sha256: str, link: str | None
) -> None:
    """Make a release the current firmware of an open RECIPE; kits with another one are stale at once."""
    image = Image(file.name, file.read_bytes()) if file else None
    with acting_as(settings, link) as (workshop, person):
        approval = approve_release(workshop, person, recipe, version, name=name, sha256=sha256, image=image)
    release = approval.release
    click.echo(f"{recipe}: {release.name} {release.version}, sha256 {release.sha256}")
    for tag in approval.stale:
        click.echo(f"{tag} has to be done again")
