"""The demo, run once as a user runs it: the installed command, in a folder of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

STEMFLEET = str(Path(sys.executable).with_name("stemfleet"))


@dataclass(frozen=True)
class Demo:
    """A finished demo: its folder, and what it printed."""

    folder: Path
    printed: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`stemfleet --data FOLDER ARGUMENTS`, run from elsewhere."""
        return run_stemfleet("--data", str(self.folder), *arguments)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the stored file, past all of our code."""
        connection = sqlite3.connect(f"file:{self.folder / 'stemfleet.sqlite'}?mode=ro", uri=True)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


def run_stemfleet(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STEMFLEET_")}
    return subprocess.run(
        [STEMFLEET, *arguments],
        cwd="/",
        env={**inherited, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "data"
    done = run_stemfleet("--data", str(folder), "demo", "--no-serve")
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder, done.stdout)
