"""What an installation works with: its database, its kit models, its recipes. Handed to the use cases as one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stemfleet.catalogue import Model, read_models
from stemfleet.devices.recipe import Recipe, load_recipes
from stemfleet.store import Store, now


@dataclass(frozen=True)
class Workshop:
    """`models` and `recipes` by name, the shipped ones and the user's own from the data folder.

    `clock` gives the time, in UTC, by which windows and deadlines end.
    """

    store: Store
    models: Mapping[str, Model]
    recipes: Mapping[str, Recipe]
    clock: Callable[[], datetime] = now

    @classmethod
    def open(cls, database_url: str, data: Path) -> "Workshop":
        """Raises InputError naming a model or recipe file that cannot be used, Unavailable without a database."""
        models, recipes = read_models(data / "models"), load_recipes(data / "recipes")
        return cls(Store.open(database_url), models, recipes)
