"""The wheel is what people install: built, put into a fresh environment, run from another folder."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from stemfleet.devices.recipe import SHIPPED

ROOT = Path(__file__).parents[2]


def run(*command: object, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STEMFLEET_"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "fresh", with_pip=True)
    run(folder / "fresh/bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "fresh/bin"


def test_the_wheel_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    stemfleet = [installed / "stemfleet", "--data", tmp_path / "data"]
    run(*stemfleet, "sample", "register", "--schools", "300", "--out", "schools.json", cwd=tmp_path)
    run(*stemfleet, "import", "schools", "schools.json", "--apply", cwd=tmp_path)
    assert len(json.loads(run(*stemfleet, "school", "list", "--json", cwd=tmp_path))) == 300
    code = "from stemfleet.resources import resource; print(resource('examples', 'waves', 'STEM1.json'))"
    rules = run(installed / "python", "-c", code, cwd=tmp_path).strip()
    run(*stemfleet, "wave", "run", rules, "--year", "2017", cwd=tmp_path)
    assert [wave["wave"] for wave in json.loads(run(*stemfleet, "wave", "list", "--json", cwd=tmp_path))] == ["STEM1"]


def test_the_wheel_holds_the_firmware_of_every_recipe(installed: Path, tmp_path: Path) -> None:
    recipes = json.loads(run(installed / "stemfleet", "recipe", "list", "--json", cwd=tmp_path))
    assert {recipe["name"] for recipe in recipes} == {file.stem for file in SHIPPED.glob("*.toml")}
    files = [recipe["firmware"]["file"] for recipe in recipes if recipe["firmware"]["file"]]
    assert files
    assert all(Path(file).is_file() and Path(file).is_relative_to(installed.parent) for file in files)


def test_the_wheel_serves_the_pages_in_greek(installed: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from stemfleet.workshop import Workshop; from stemfleet_web import create_app; "
        "shop = Workshop.open('sqlite:///d.sqlite', Path('d')); "
        "app = create_app(shop, data=Path('d'), secret_key='x', public_url='http://x', bench=None); "
        "answer = app.test_client().get('/'); print(answer.status_code, 'lang=\"el\"' in answer.text)"
    )
    assert run(installed / "python", "-c", code, cwd=tmp_path).split() == ["200", "True"]
