"""Spreadsheets from outside, read in a child process with limits: a hostile one can only kill the child.

The child (`sheetreader.py`) first looks at the sizes inside the file and at the outermost cells, then reads. Memory
and processor time are limited where the system can (everywhere but on Windows).
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stemfleet.errors import InputError
from stemfleet.registers.values import Container

_READER = Path(__file__).with_name("sheetreader.py")


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, whether it has no cell, its first rows (from row 1 on), the rows where cells are merged.

    `shown`: whether it is itself; `hidden`: how many of its rows are.
    """

    name: str
    empty: bool
    head: list[list[str]]
    merged: list[int]
    hidden: int = 0
    shown: bool = True


@dataclass
class Workbook:
    """An open workbook; the rows of one of its sheets can be read once. `errors`: cells with one, in ODS."""

    file: str
    kind: Container
    sheets: list[Sheet]
    errors: int
    _child: "subprocess.Popen[str]"

    def rows(self, sheet: int) -> Iterator[list[str]]:
        """Every row of the sheet with that index, from row 1 on, every cell as text, blank ones as "".

        Raises InputError when the child could not go on.
        """
        to_child, from_child = _pipes(self._child)
        with contextlib.suppress(BrokenPipeError):  # it has died: its answer says so
            to_child.write(f"{sheet}\n")
            to_child.flush()
        while isinstance(answer := _answer(self._child, from_child, self.file), list):
            yield answer


@contextmanager
def open_workbook(path: Path, kind: Container) -> Iterator[Workbook]:
    """Opens an .xlsx or .ods workbook. Raises InputError naming the file and what is wrong with it."""
    command = [sys.executable, "-P", str(_READER), str(path.resolve())]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    try:
        found = _answer(child, _pipes(child)[1], path.name)
        yield Workbook(path.name, kind, [Sheet(**sheet) for sheet in found["sheets"]], found["errors"], child)
    finally:
        child.kill()
        for pipe in _pipes(child):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        child.wait()


def _pipes(child: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert child.stdin is not None
    assert child.stdout is not None
    return child.stdin, child.stdout


def _answer(child: "subprocess.Popen[str]", pipe: IO[str], file: str) -> Any:
    """The child's next line: a row, the list of sheets, or the end. Its refusal or death is raised."""
    line = pipe.readline()
    if line.endswith("\n"):
        answer = json.loads(line)
        if isinstance(answer, dict) and "refused" in answer:
            raise InputError(answer["refused"], file=file, **answer["facts"])
        return answer
    child.wait()
    raise InputError(
        "{file}: reading it takes more memory or time than any table of schools needs. Look for cells or formats far "
        "to the right or far below the table, or copy the table into a new workbook.",
        file=file,
    )
