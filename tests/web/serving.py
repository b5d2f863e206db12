"""The pages served as users get them: waitress on a free port of loopback, and real browsers in front of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from stemfleet_web.server import Server

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """The root address of the running pages; port 0 is any free one."""
    server = Server(app, "127.0.0.1", port)
    running = threading.Thread(target=server.run)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        running.join()
        server.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


def barriers(page: Page, addresses: list[str]) -> list[str]:
    """What axe finds at both sizes, and pages that are too wide."""
    found = []
    for address in addresses:
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                found.append(f"{address} at {size['width']}: {wide} px too wide")
            report = Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
            found += [
                f"{address}: {v['id']} {[n['html'] for n in v['nodes']][:2]}" for v in report.response["violations"]
            ]
    return found
