"""The application: everything that it works with is handed in, nothing is read from the surroundings."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from stemfleet.bench import LiveBench
from stemfleet.store import Worklist
from stemfleet.workshop import Workshop
from stemfleet_web import language, persons, problems, protection, templating
from stemfleet_web.door import Door, install_door
from stemfleet_web.feed import BenchFeed
from stemfleet_web.pages import (
    api,
    applicants,
    decisions,
    evidence,
    figures,
    firmware,
    gate,
    imports,
    kits,
    legacy,
    lists,
    nso,
    objections,
    offers,
    planner,
    positions,
    public,
    quality,
    round_steps,
    rounds,
    school,
    signin,
    whatif,
)
from stemfleet_web.pages import bench as bench_pages
from stemfleet_web.pages import work as work_pages
from stemfleet_web.workroom import Workroom

SESSION_LIFETIME = timedelta(days=90)  # a teacher's phone stays signed in for a term


def create_app(
    workshop: Workshop, *, data: Path, secret_key: str, public_url: str, bench: LiveBench | None, demo: bool = False
) -> Flask:
    """The pages and the API over one installation.

    `data`: the folder for files, with the list of long work; what waits there is done from now on, until
    `door_of(app).work.close()`, which `Server.close()` calls. `public_url`: root of the addresses in QR codes and
    sign-in links; `bench`: None when this computer has none; `demo`: marked so on every page.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="stemfleet",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a wall stays open for days
        MAX_CONTENT_LENGTH=1_000_000,
        BOOTSTRAP_SERVE_LOCAL=True,
        EVIDENCE=workshop.evidence,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    feed = None if bench is None else BenchFeed(bench)
    work = Workroom(app, workshop, Worklist(data / "work.sqlite"))
    install_door(app, Door(workshop, data, work, public_url.rstrip("/"), bench, feed, demo))
    Bootstrap5(app)
    CSRFProtect(app)
    for part in (language, persons, problems, protection, templating):
        part.install(app)
    _register_pages(app)
    work.resume()
    return app


def _register_pages(app: Flask) -> None:
    of_rounds = (rounds, round_steps, applicants, offers, objections, evidence)
    for page in (
        public,
        figures,
        lists,
        signin,
        kits,
        legacy,
        bench_pages,
        school,
        nso,
        *of_rounds,
        planner,
        whatif,
        imports,
        work_pages,
        gate,
        firmware,
        decisions,
        positions,
        quality,
        api,
    ):
        app.register_blueprint(page.blueprint)
