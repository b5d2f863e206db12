"""`serve`: the pages, and the bench of this computer behind its wall."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click

from stemfleet.bench import Lister, LiveBench
from stemfleet.bench import boards as known_boards
from stemfleet.cli.context import opened
from stemfleet.cli.devices import station_name
from stemfleet.devices.ports import list_serial_ports
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.settings import Settings
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.server import Server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--virtual", metavar="SPEC", help="Emulated boards on the bench, such as microbit:4,uno:4.")
@click.pass_obj
def serve(settings: Settings, host: str, port: int, virtual: str | None) -> None:
    """Serve the pages until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="stemfleet-boards-") as boards:
        serve_pages(settings, host, port, virtual, Path(boards))


def serve_pages(settings: Settings, host: str, port: int, virtual: str | None, boards: Path) -> None:
    """The pages with this computer's bench: its ports, or virtual boards that keep what they hold in `boards`."""
    with opened(settings) as workshop, _bench(workshop, virtual, boards) as bench:
        app = create_app(
            workshop,
            data=settings.data,
            secret_key=_secret_key(settings.data),
            public_url=settings.address,
            bench=bench,
            demo=workshop.demo,
        )
        server = Server(app, host, port)
        click.echo(f"stemfleet is at http://{host}:{server.port} (Ctrl-C ends it)")
        try:
            server.run()
        finally:
            server.close()


@contextmanager
def _bench(workshop: Workshop, virtual: str | None, boards: Path) -> Iterator[LiveBench]:
    with ExitStack() as stack:
        ports: Lister = partial(list_serial_ports, known_boards(workshop))
        if virtual:
            click.echo(f"Starting the virtual boards {virtual} …")
            ports = stack.enter_context(VirtualFleet(virtual, boards)).ports
        live = LiveBench(workshop, [], station_name(virtual=virtual is not None))
        stack.callback(live.close)
        live.watch(ports)
        yield live


def _secret_key(data: Path) -> str:
    """Made once, readable by its owner only: sign-ins outlive a restart."""
    file = data / "secret.key"
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened_file:
            opened_file.write(secrets.token_hex(32))
    return file.read_text().strip()
