"""The docs say what the program has: every command, setting, recipe and link."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from stemfleet.catalogue import read_models
from stemfleet.cli import stemfleet
from stemfleet.devices.recipe import load_recipes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OPERATION = (DOCS / "operation.md").read_text(encoding="utf-8")


def command_paths() -> list[str]:
    """`kit show` and all the others, as they are typed."""
    context = click.Context(stemfleet)
    paths = []
    for name in stemfleet.list_commands(context):
        command = stemfleet.get_command(context, name)
        if isinstance(command, click.Group):
            paths += [f"{name} {inner}" for inner in command.list_commands(context)]
        else:
            paths.append(name)
    return paths


@pytest.mark.parametrize("path", command_paths())
def test_every_command_is_in_the_operation_page(path: str) -> None:
    group, _, inner = path.partition(" ")
    # `school list [WORDS]`, or several in one cell: `model list\|show`
    spelled = rf"{group} (\S+\\\|)*{inner}\b" if inner else rf"stemfleet (\S+\\\|)*{group}\b"
    assert re.search(spelled, OPERATION), path


@pytest.mark.parametrize("path", command_paths())
def test_every_command_says_what_it_does(path: str) -> None:
    context = click.Context(stemfleet)
    command: click.Command | None = stemfleet
    for name in path.split():
        assert isinstance(command, click.Group)
        command = command.get_command(context, name)
    assert command is not None
    assert command.help


def test_every_setting_is_in_the_operation_page() -> None:
    sources = [*ROOT.glob("stemfleet/**/*.py"), *ROOT.glob("web/**/*.py")]
    settings = {name for file in sources for name in re.findall(r"STEMFLEET_[A-Z_]+", file.read_text("utf-8"))}
    assert {"STEMFLEET_DATA", "STEMFLEET_DATABASE_URL", "STEMFLEET_PUBLIC_URL"} <= settings
    assert [name for name in sorted(settings) if name not in OPERATION] == []


def test_every_recipe_and_model_that_ships_is_named() -> None:
    text = (DOCS / "bench.md").read_text("utf-8")
    assert [name for name in load_recipes() if name not in text] == []
    everything = "".join(file.read_text("utf-8") for file in DOCS.glob("*.md"))
    assert [name for name in read_models() if name not in everything] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    named = re.findall(r"`((?:docs|stemfleet|web|firmware|examples|tests)/[\w./-]*)`", text)
    assert [t for t in targets if not (page.parent / t).exists()] == []
    assert [t for t in named if not (ROOT / t).exists()] == []


def test_no_generated_file_is_kept() -> None:
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in kept if name.endswith((".pyc", ".elf", ".sqlite"))] == []
