"""The demo as its three kinds of users meet it: the installed program serves, people use a real browser."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import STEMFLEET, Demo
from tests.web.serving import chromium

pytestmark = pytest.mark.rig
PATIENCE_MS = 60_000
BOARD_MS = 180_000


@dataclass(frozen=True)
class Served:
    """A copy of the demo that is being served, with its virtual boards."""

    demo: Demo
    root: str
    process: subprocess.Popen[str]

    def link(self, place: int) -> str:
        """The sign-in link printed for 0 the warehouse, 1 the NSO, 2 the school, at the port of this copy."""
        links = re.findall(r"https?://\S+/sign-in/\S+", (self.demo.folder / "links.txt").read_text())
        return self.root + urlsplit(links[place]).path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything that still works on the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in command:
                found.append(command)
    return found


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(demo.folder, folder, ignore=shutil.ignore_patterns("boards"))
    port = free_port()
    process = subprocess.Popen(
        [STEMFLEET, "--data", str(folder), "demo", "--port", str(port)],
        cwd="/",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "stemfleet is at" in line:
                break
        assert process.poll() is None, "the server ended"
        yield Served(Demo(folder, ""), f"http://127.0.0.1:{port}", process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A person's own browser: nobody else's cookies."""
    context = browser.new_context(locale="el-GR")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def warehouse(browser: Browser, served: Served) -> Iterator[Page]:
    yield from signed_in(browser, served, 0)


@pytest.fixture(scope="module")
def nso(browser: Browser, served: Served) -> Iterator[Page]:
    yield from signed_in(browser, served, 1)


def signed_in(browser: Browser, served: Served, place: int) -> Iterator[Page]:
    context = browser.new_context(locale="el-GR")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(served.link(place))
    yield page
    context.close()


def first_code(labels: Path) -> str:
    document = pypdfium2.PdfDocument(labels)
    try:
        codes = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
        return next(code.text for code in codes if code.format == zxingcpp.BarcodeFormat.QRCode)
    finally:
        document.close()


def test_the_code_on_a_label_leads_to_its_kit(served: Served, page: Page) -> None:
    path = urlsplit(first_code(served.demo.folder / "labels.pdf")).path
    page.goto(served.root + path)
    tag = path.rpartition("/")[2]
    expect(page.get_by_text(tag).first).to_be_visible()
    school = served.demo.rows(f"SELECT s.name FROM kit k JOIN school s ON s.code = k.school_code WHERE tag = '{tag}'")
    assert school
    assert school[0][0] not in page.content(), "a stranger must not learn where the kit is"


def test_everybody_sees_the_waves_and_who_got_what(served: Served, page: Page) -> None:
    page.goto(served.root + "/waves/STEM5")
    expect(page.locator("html")).to_have_attribute("lang", "el")
    for name in ("printer", "microbit", "departments"):
        expect(
            page.get_by_role("rowheader", name=name).or_(page.get_by_role("cell", name=name, exact=True)).first
        ).to_be_visible()
    ((code,),) = served.demo.rows("SELECT school_code FROM award WHERE wave_code = 'STEM5' AND lot = 'printer' LIMIT 1")
    assert code in page.content()


def test_a_school_confirms_and_reports_and_the_nso_sees_it_at_once(served: Served, browser: Browser, nso: Page) -> None:
    nso.goto(served.root + "/reports")
    ((tag, school),) = served.demo.rows(
        "SELECT k.tag, k.school_code FROM kit k JOIN person p ON p.school_code = k.school_code AND p.role = 'school'"
    )
    context = browser.new_context(locale="el-GR", viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(f"{served.root}/k/{tag}")
    phone.goto(served.link(2))
    phone.goto(f"{served.root}/k/{tag}")
    phone.get_by_role("button", name="Το παραλάβαμε").click()
    phone.get_by_label("Σημείωση").fill("Δεν ανάβει η οθόνη")
    phone.get_by_role("button", name="Χάλασε").click()
    expect(phone.get_by_text("Δεν ανάβει η οθόνη").first).to_be_visible()
    context.close()
    expect(nso.get_by_text("Δεν ανάβει η οθόνη").first).to_be_visible(timeout=PATIENCE_MS)
    assert served.demo.rows(f"SELECT state, school_code FROM kit WHERE tag = '{tag}'") == [("faulty", school)]
    verbs = [verb for (verb,) in served.demo.rows(f"SELECT verb FROM history WHERE subject_id = '{tag}' ORDER BY id")]
    assert verbs[-3:] == ["delivered", "reported_broken", "faulty"]


def test_the_wall_shows_a_board_from_start_to_pass(served: Served, warehouse: Page) -> None:
    warehouse.goto(served.root + "/bench")
    slot = warehouse.locator('.slot[data-slot="A3"]')
    slot.get_by_role("button", name=re.compile("^Έναρξη")).click()
    expect(slot.locator("progress")).to_be_visible(timeout=PATIENCE_MS)
    expect(slot).to_have_attribute("data-outcome", "PASS", timeout=BOARD_MS)
    runs = served.demo.rows("SELECT outcome FROM board_run WHERE slot = 'A3' ORDER BY id")
    assert runs == [("PASS",), ("PASS",)]


def test_the_wall_names_the_faulty_slot_and_its_reason(served: Served, warehouse: Page) -> None:
    warehouse.goto(served.root + "/bench")
    slot = warehouse.locator('.slot[data-slot="A7"]')
    slot.get_by_role("button", name=re.compile("^Έναρξη")).click()
    expect(slot).to_have_attribute("data-outcome", "FAIL", timeout=BOARD_MS)
    expect(slot.locator(".why")).to_be_visible()


def test_a_faulty_kit_cannot_be_shipped_from_its_page_or_by_the_api(served: Served, warehouse: Page) -> None:
    ((tag,),) = served.demo.rows(
        "SELECT tag FROM kit WHERE state = 'faulty' AND shipment_id IS NULL ORDER BY 1 LIMIT 1"
    )
    ((school,),) = served.demo.rows("SELECT school_code FROM award WHERE model = 'arduino-kit' LIMIT 1")
    warehouse.goto(f"{served.root}/kits/{tag}")
    token = warehouse.locator('input[name="csrf_token"]').first.get_attribute("value")
    assert token
    answer = warehouse.request.post(
        f"{served.root}/api/kits/{tag}/ship", data={"to": school}, headers={"X-CSRFToken": token}
    )
    assert answer.status == 409
    assert served.demo.rows(f"SELECT shipment_id FROM kit WHERE tag = '{tag}'") == [(None,)]


def test_the_language_is_switched_by_one_click(served: Served, page: Page) -> None:
    page.goto(served.root + "/waves")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Waves"))


def test_ctrl_c_ends_the_program_its_boards_and_nothing_else_stays(served: Served) -> None:
    assert processes_of(served.demo.folder), "the virtual boards work on the demo's folder"
    served.process.send_signal(signal.SIGINT)
    served.process.wait(30)
    assert processes_of(served.demo.folder) == []
