"""The browser's door: pages and a small JSON API over the use cases. It knows Flask; no SQL and no rule lives here."""

from stemfleet_web.app import create_app
from stemfleet_web.server import Server

__all__ = ["Server", "create_app"]
