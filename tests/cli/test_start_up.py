"""Commands load what they use: starting takes longer than most of their work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stemfleet.store import Store

REGISTER = "Κωδικός ΥΠΑΙΘ;Ονομασία;Τύπος\n0501001;1ο Γυμνάσιο Άρτας;Γυμνάσιο\n"


def loaded(*words: str) -> set[str]:
    """The packages that a command loads."""
    call = [sys.executable, "-X", "importtime", "-m", "stemfleet", *words]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return set(re.findall(r"^import time:.*\|\s*(\w+)", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("command", [["import", "schools", "register.csv", "--apply"], ["school", "list", "--json"]])
def test_what_is_stored_is_reached_without_waiting_for_pages_papers_boards_or_migrations(
    tmp_path: Path, command: list[str]
) -> None:
    register = tmp_path / "register.csv"
    register.write_text(REGISTER, encoding="utf-8")
    Store.open(f"sqlite:///{tmp_path / 'stemfleet.sqlite'}").close()  # its tables are up to date
    words = [str(register) if word == register.name else word for word in command]
    found = loaded("--data", str(tmp_path), *words)
    assert "sqlmodel" in found
    assert not found & {"alembic", "babel", "flask", "fpdf", "PIL", "rich", "serial", "stemfleet_web", "xlsxwriter"}
