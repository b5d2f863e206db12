"""Makes the README's pictures anew from a demo: `python scripts/pictures.py DEMO_FOLDER` (needs the extra `test`)."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

STEMFLEET = str(Path(sys.executable).with_name("stemfleet"))
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
BOARD_MS = 120_000
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    """Works on a copy: the demo itself stays as it is."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(sys.argv[1], data, ignore=shutil.ignore_patterns("boards"))
        command = [STEMFLEET, "--data", str(data), "demo", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            lines = iter(server.stdout)
            root = next(match[1] for line in lines if (match := re.match(r"stemfleet is at (\S+)", line)))
            try:
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
                    take_pictures(browser, data, root)
            finally:
                server.terminate()


def take_pictures(browser: Browser, data: Path, root: str) -> None:
    kits = json.loads(stemfleet(data, "kit", "list", "--json"))
    sent = next(kit for kit in kits if kit["state"] == "shipped")
    desk = page_of(browser, root, data, "Άρης Αποστόλου (αποθήκη)", 1280, 860)
    desk.goto(f"{root}/bench")
    desk.get_by_role("button", name="Έναρξη όλων").click()
    expect(desk.locator('.slot[data-status="done"]')).to_have_count(8, timeout=BOARD_MS)
    desk.screenshot(path=PICTURES / "bench.png", full_page=True)
    desk.goto(f"{root}/waves/STEM5")
    desk.screenshot(path=PICTURES / "wave.png")
    desk.goto(f"{root}/kits/{sent['tag']}")
    desk.screenshot(path=PICTURES / "kit.png")
    nso = page_of(browser, root, data, "Νίκη Νικολάου (Ε.Ο.Υ.)", 1280, 860)
    nso.goto(f"{root}/planner?from=STEM4")
    expect(nso.locator("#preview")).to_contain_text("304", timeout=BOARD_MS)
    nso.screenshot(path=PICTURES / "planner.png")
    nso.goto(f"{root}/rounds/DEMO6")
    nso.screenshot(path=PICTURES / "round.png")
    awarded = json.loads(stemfleet(data, "wave", "show", "STEM4", "--json"))["awards"][0]["school"]
    nso.goto(f"{root}/waves/STEM4/schools/{awarded}")
    nso.screenshot(path=PICTURES / "standing.png")
    phone = page_of(browser, root, data, f"Μαρία Μαθιουδάκη ({sent['school']})", 390, 780)
    phone.goto(f"{root}/k/{sent['tag']}")
    phone.screenshot(path=PICTURES / "scan.png")


def page_of(browser: Browser, root: str, data: Path, name: str, width: int, height: int) -> Page:
    page = browser.new_context(locale="el-GR", viewport={"width": width, "height": height}).new_page()
    printed = stemfleet(data, "user", "link", name)
    match = re.search(r"/sign-in/\S+", printed)
    assert match, printed
    page.goto(root + match[0])
    return page


def stemfleet(data: Path, *arguments: str) -> str:
    done = subprocess.run([STEMFLEET, "--data", str(data), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
