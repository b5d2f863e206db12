"""What an installation works with: database, kit models, recipes, kinds of evidence. One value for the use cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stemfleet.catalogue import Model, read_models
from stemfleet.catalogue.evidence import EvidenceCatalogue, read_evidence_catalogue
from stemfleet.devices.recipe import BadRecipe, Recipe, load_all
from stemfleet.registers import SPELLING, search_name
from stemfleet.store import Store, now, respell

DEMO_MARK = "demo.json"  # in a data folder: the demo made it


@dataclass(frozen=True)
class Workshop:
    """`models` and `recipes` by name, the shipped ones and the user's own from the data folder; `evidence` likewise.

    `clock` gives the time, in UTC, by which windows and deadlines end. `bad_recipes`: own ones that cannot be used.
    `demo`: nothing in the data folder is real; there, and only there, virtual boards count for kits.
    """

    store: Store
    models: Mapping[str, Model]
    recipes: Mapping[str, Recipe]
    clock: Callable[[], datetime] = now
    evidence: EvidenceCatalogue = field(default_factory=read_evidence_catalogue)
    bad_recipes: tuple[BadRecipe, ...] = ()
    demo: bool = False

    @classmethod
    def open(cls, database_url: str, data: Path) -> "Workshop":
        """Raises InputError naming a TOML file that cannot be used, Unavailable without a database.

        An own recipe that cannot be used keeps nothing else from being done.
        """
        models, (recipes, bad) = read_models(data / "models"), load_all(data / "recipes")
        store = Store.open(database_url)
        respell(store, SPELLING, search_name)
        return cls(
            store,
            models,
            recipes,
            evidence=read_evidence_catalogue(data),
            bad_recipes=tuple(bad),
            demo=(data / DEMO_MARK).exists(),
        )
