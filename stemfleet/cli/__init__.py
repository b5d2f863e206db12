"""The command line: parse, call one use case, print. Errors become a sentence and an exit code here, and only here.

Exit codes: 0 done; 1 the answer is no (FAIL, refused, differs); 2 could not (bad input, ERROR, missing tool, stopped).
"""

import gc
import importlib
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import click

from stemfleet import __version__
from stemfleet.errors import StemfleetError
from stemfleet.settings import Settings

COULD_NOT = 2

# Command → module:function, imported only when called: `allocate` must not wait for the web or the devices.
COMMANDS = {
    "allocate": "stemfleet.cli.allocation:allocate",
    "audit": "stemfleet.cli.audit:audit",
    "bench": "stemfleet.cli.devices:bench",
    "check": "stemfleet.cli.devices:check",
    "commit": "stemfleet.cli.allocation:commit",
    "demo": "stemfleet.cli.demo:demo",
    "evidence": "stemfleet.cli.evidence:evidence",
    "explain": "stemfleet.cli.bundles:explain",
    "firmware": "stemfleet.cli.firmware:firmware",
    "import": "stemfleet.cli.imports:import_",
    "kit": "stemfleet.cli.kits:kit",
    "model": "stemfleet.cli.kits:model",
    "objection": "stemfleet.cli.objections:objection",
    "ports": "stemfleet.cli.devices:ports",
    "provision": "stemfleet.cli.devices:provision",
    "recipe": "stemfleet.cli.devices:recipe",
    "round": "stemfleet.cli.rounds:round_",
    "sample": "stemfleet.cli.sample:sample",
    "school": "stemfleet.cli.schools:school",
    "serve": "stemfleet.cli.serve:serve",
    "ship": "stemfleet.cli.kits:ship",
    "slots": "stemfleet.cli.slots:slots",
    "user": "stemfleet.cli.people:user",
    "verify": "stemfleet.cli.bundles:verify",
    "wave": "stemfleet.cli.waves:wave",
    "whatif": "stemfleet.cli.bundles:whatif",
    "yield": "stemfleet.cli.quality:yield_",
}


class LazyGroup(click.Group):
    """A group whose commands are named in a table and imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(_load(module), name)
        assert isinstance(command, click.Command)
        return command


def _load(module: str) -> ModuleType:
    """Imports it in two thirds of the time: what is loaded stays, so the garbage collector looks at none of it."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stemfleet")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder that holds everything.")
@click.pass_context
def stemfleet(ctx: click.Context, data: Path | None) -> None:
    """Allocates STEM kits to schools, prepares every kit, and tracks it until it is retired."""
    ctx.obj = Settings.read(data)


def main() -> None:
    """Entry point of the program; never returns."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        told = stemfleet(standalone_mode=False)  # outside standalone mode, ctx.exit(code) comes back as a value
        code = told if isinstance(told, int) else 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as wrong:
        wrong.show()
        code = COULD_NOT
    except StemfleetError as error:
        click.echo(f"stemfleet: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("stemfleet: stopped", err=True)
        code = COULD_NOT
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"stemfleet: {where}{error.strerror or error}", err=True)
        code = COULD_NOT
    except Exception as bug:
        click.echo(f"stemfleet: a fault of the program ({type(bug).__name__}). Details: {_details(bug)}", err=True)
        code = COULD_NOT
    sys.exit(code)


def _details(bug: Exception) -> str:
    """The file that the stack trace was written to."""
    with tempfile.NamedTemporaryFile("w", prefix="stemfleet-fault-", suffix=".log", delete=False) as log:
        traceback.print_exception(bug, file=log)
    return log.name


def _interrupt(_number: int, _frame: Any) -> NoReturn:
    """SIGTERM ends the program as Ctrl-C does: in order."""
    raise KeyboardInterrupt
