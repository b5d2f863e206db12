"""How commands print: JSON alone on standard output, or a table for people; progress only where somebody looks on.

rich is imported where something is drawn: most commands print a line, and would wait for it.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from stemfleet.errors import InputError

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


@contextmanager
def output_file(file: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Gives the function that writes the file. Raises InputError before any work is done if it cannot be written.

    When the work fails, the file is as it was before.
    """
    if file is None:
        yield lambda _content: None
        return
    there = file.exists()
    try:
        file.open("ab").close()
    except OSError as wrong:
        raise InputError("{file} cannot be written: {why}.", file=file, why=wrong.strerror) from wrong
    try:
        yield file.write_bytes
    except BaseException:
        if not there:
            file.unlink()
        raise


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Gives a function of (done, total) that moves a bar on standard error; nothing is drawn when nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
