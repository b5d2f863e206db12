"""What an installation works with: database, kit models, recipes, kinds of evidence. One value for the use cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stemfleet.catalogue import Model, read_models
from stemfleet.catalogue.evidence import EvidenceCatalogue, read_evidence_catalogue
from stemfleet.devices.recipe import Recipe, load_recipes
from stemfleet.store import Store, now


@dataclass(frozen=True)
class Workshop:
    """`models` and `recipes` by name, the shipped ones and the user's own from the data folder; `evidence` likewise.

    `clock` gives the time, in UTC, by which windows and deadlines end.
    """

    store: Store
    models: Mapping[str, Model]
    recipes: Mapping[str, Recipe]
    clock: Callable[[], datetime] = now
    evidence: EvidenceCatalogue = field(default_factory=read_evidence_catalogue)

    @classmethod
    def open(cls, database_url: str, data: Path) -> "Workshop":
        """Raises InputError naming a TOML file that cannot be used, Unavailable without a database."""
        models, recipes = read_models(data / "models"), load_recipes(data / "recipes")
        evidence = read_evidence_catalogue(data)
        return cls(Store.open(database_url), models, recipes, evidence=evidence)
