"""Profiles of printers: the settings that a machine of a kind must have, as TOML files (docs/bench.md)."""

from collections.abc import Iterator
from pathlib import Path

from stemfleet.devices.tomltable import Table, read_toml

SHIPPED = Path(__file__).parent / "profiles"


def profile_limits(recipe: Table, named: str | None) -> Iterator[tuple[str, str, float, float]]:
    """Name, unit, low and high of each setting of NAME.toml, in profiles/ beside the recipe's folder or a shipped one.

    Raises InputError naming the file that is not there or cannot be used.
    """
    if named is None:
        return
    own, shipped = recipe.file.parent.parent / "profiles" / f"{named}.toml", SHIPPED / f"{named}.toml"
    path = own if own.exists() else shipped
    if not path.is_file():
        raise recipe.refuse(
            "{file}: {key}: there is no profile {profile}. Shipped: {names}.",
            "settings.profile",
            profile=str(own),
            names=", ".join(sorted(file.stem for file in SHIPPED.glob("*.toml"))),
        )
    profile = read_toml(path)
    profile.text("title")
    for part in profile.tables("settings"):
        order, unit, tolerance = part.text("order"), part.get("unit", str, ""), part.between("tolerance", 0, 1)
        values = part.table("values")
        for letter in values:
            value = values.number(letter) or 0.0
            slack = abs(value) * tolerance
            yield f"{order}_{letter}", unit, round(value - slack, 4), round(value + slack, 4)
        part.nothing_else()
    profile.nothing_else()
