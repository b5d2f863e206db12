"""Migrations, by Alembic. Loaded only for a database that needs one: a command must not wait for it."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from stemfleet.errors import Unavailable
from stemfleet.store.revisions import MIGRATIONS


def upgrade(connection: Connection, url: str) -> None:
    """Brings the tables to the newest revision, in the caller's transaction. Raises Unavailable for newer ones."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Unavailable(
            "The database at {url} was made by a newer version of stemfleet. Update this one.", url=url
        ) from error


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
