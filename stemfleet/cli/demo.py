"""`demo`: the whole chain on a folder of its own, through the same use cases as the other commands and the pages."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from stemfleet.accounts import add_person, console_person, issue_link
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.bench import LiveBench
from stemfleet.cli.context import opened
from stemfleet.cli.devices import station_name
from stemfleet.cli.output import progress_bar
from stemfleet.cli.serve import serve_pages
from stemfleet.cli.signals import stop_on_signals
from stemfleet.cli.wall import show
from stemfleet.devices.state import Slot
from stemfleet.devices.virtual.fleet import VirtualFleet, VirtualSlot
from stemfleet.errors import InputError, Refused, Unavailable
from stemfleet.kits import label_kits, list_kits, receive_kits
from stemfleet.registers.sample import sample_departments, sample_evidence, sample_register
from stemfleet.resources import resource
from stemfleet.rounds import draft_wave, publish_points, publish_rules
from stemfleet.schools import apply_import, plan_import
from stemfleet.settings import LOCAL_ADDRESS, Settings
from stemfleet.shipments import list_open_awards, pack_kit, reserve_kit, ship_kits
from stemfleet.store import Person, School
from stemfleet.waves import Draw, run_wave, show_wave
from stemfleet.words import Outcome, Role
from stemfleet.workshop import DEMO_MARK, Workshop

WAVES = {"STEM1": 2017, "STEM2": 2019, "STEM3": 2021, "STEM4": 2023, "STEM5": 2024}
BOARDS = "microbit:2,uno:2,printer:1,esp32:1,uno:1:wrong_signature,microbit:1:fail_target"
SCHOOLS = 14_000
_NEXT = "DEMO6"
_WINDOW_DAYS = 10
_LINKS = "links.txt"


@click.command()
@click.option("--no-serve", is_flag=True, help="End after the chain instead of serving the pages.")
@click.option("--fresh", is_flag=True, help="Start anew; only a folder that is marked as a demo is emptied.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.pass_context
def demo(ctx: click.Context, *, no_serve: bool, fresh: bool, host: str, port: int) -> None:
    """Run the whole chain, from the register to a kit at a school, then serve its pages."""
    named = ctx.find_root().params.get("data") is not None
    folder = ctx.obj.data if named else ctx.obj.data / "demo"
    settings = Settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'stemfleet.sqlite'}",
        public_url=ctx.obj.public_url or LOCAL_ADDRESS.replace("8080", str(port)),
    )
    if _prepare(folder, fresh):
        click.echo(f"The demo in {folder} is complete; nothing is done again. --fresh starts anew.")
    else:
        with opened(settings) as workshop:
            _chain(settings, workshop)
        _mark(folder, complete=True)
    click.echo((folder / _LINKS).read_text())
    if not no_serve:
        serve_pages(settings, host, port, BOARDS, folder / "boards")


def _prepare(folder: Path, fresh: bool) -> bool:
    """True when a complete demo is there. Raises InputError for a folder that is not ours to fill or empty."""
    if folder.exists() and any(folder.iterdir()):
        mark = folder / DEMO_MARK
        if not mark.exists():
            raise InputError("{folder} is not empty and is not marked as a demo. Name another --data.", folder=folder)
        if json.loads(mark.read_text())["complete"] and not fresh:
            return True
        shutil.rmtree(folder)  # ours, and either unfinished or to be made anew
    folder.mkdir(parents=True, exist_ok=True)
    _mark(folder, complete=False)
    return False


def _mark(folder: Path, *, complete: bool) -> None:
    (folder / DEMO_MARK).write_text(json.dumps({"complete": complete}) + "\n")


@dataclass(frozen=True)
class _People:
    """Those who act in the demo: each step is recorded under the name of the one whose work it is."""

    nso: Person
    warehouse: Person


@contextmanager
def _step(number: int, title: str) -> Iterator[None]:
    began = time.monotonic()
    click.echo(click.style(f"{number}/5 {title}", bold=True))
    yield
    click.echo(f"    {time.monotonic() - began:.1f} s")


def _chain(settings: Settings, workshop: Workshop) -> None:
    console = console_person(workshop.store)
    people = _People(
        nso=add_person(workshop.store, console, "Νίκη Νικολάου (Ε.Ο.Υ.)", Role.NSO),
        warehouse=add_person(workshop.store, console, "Άρης Αποστόλου (αποθήκη)", Role.WAREHOUSE),
    )
    with _step(1, f"Schools: a synthetic register of {SCHOOLS}, departments, eTwinning records"):
        _import_schools(settings.data / "files", workshop, people)
    with _step(2, "Waves: STEM 1 to STEM 4 replayed, STEM 5 allocated; the round of another one begun"):
        _run_waves(workshop, people)
        _begin_round(workshop, people)
    with _step(3, "Bench: eight virtual boards at once, two of them faulty on purpose"):
        tags = _run_bench(settings.data / "boards", workshop, people)
    with _step(4, "Kits: labels for those that passed; reserved, packed, shipped"):
        school = _send_kits(settings, workshop, people, tags)
    with _step(5, "Tracking: a person of each kind, with a one-time link"):
        _write_links(settings, workshop, people, school)


def _import_schools(folder: Path, workshop: Workshop, people: _People) -> None:
    folder.mkdir()
    files = {name: folder / f"{name}.{ending}" for name, ending in _FILES.items()}
    sample_register(files["schools"], schools=SCHOOLS)
    sample_departments(files["departments"])
    sample_evidence(files["schools"], files["evidence"])
    for what, file in files.items():
        plan = plan_import(workshop.store, what, file)
        with progress_bar(f"    {what}") as progress:
            plan = apply_import(workshop.store, people.nso, plan, progress)
        click.echo(f"    {what}: {', '.join(f'{n} {name}' for name, n in plan.counts.items() if n)}")


_FILES = {"schools": "json", "departments": "csv", "evidence": "csv"}


def _run_waves(workshop: Workshop, people: _People) -> None:
    with progress_bar("    waves") as progress:
        for done, (code, year) in enumerate(WAVES.items()):
            progress(done, len(WAVES))
            draw = Draw(f"replay-of-{code}", source="demo", round=code)
            run_wave(workshop, people.nso, resource("examples", "waves", f"{code}.json"), year, draw)
            view, _awards = show_wave(workshop.store, code)
            lots = ", ".join(f"{lot.awards} {lot.lot.lot}" for lot in view.lots)
            click.echo(f"    {code}: {lots} ({view.schools} schools, {view.departments} departments)")


def _begin_round(workshop: Workshop, people: _People) -> None:
    """A round in its objection window: what schools and the NSO see while a wave is being allocated."""
    earlier = parse_rules(resource("examples", "waves", "STEM5.json").read_bytes())
    rules = replace(earlier, wave=_NEXT, title="Δοκιμαστικός κύκλος: προσωρινά μόρια και ενστάσεις")
    draft_wave(workshop, people.nso, rules, datetime.now(UTC).year)
    publish_rules(workshop, people.nso, _NEXT)
    until = datetime.now(UTC) + timedelta(days=_WINDOW_DAYS)
    count = publish_points(workshop, people.nso, _NEXT, until=until)
    click.echo(f"    {_NEXT}: {count} applicants with provisional points, objections until {until:%Y-%m-%d}")


def _run_bench(folder: Path, workshop: Workshop, people: _People) -> dict[str, list[str]]:
    """Tags of the kits by what must happen to them: `passed` may leave, `failed` may not."""
    with VirtualFleet(BOARDS, folder) as fleet, stop_on_signals() as stop:
        slots = fleet.bench_slots(workshop.recipes)
        tags = {s.name: _received(workshop, people.warehouse, _model_of(workshop, s)) for s in slots}
        live = LiveBench(workshop, slots, station_name(virtual=True))
        try:
            for slot in live.names():
                live.start(people.warehouse, slot, tags[slot])
            show(live.bench, stop=stop, console=Console())
        finally:
            live.close()
        if stop.is_set():
            raise KeyboardInterrupt
        _check_outcomes(fleet.slots, live)
        faulty = {slot.slot for slot in fleet.slots if slot.fault}
    return {
        "passed": [tag for slot, tag in tags.items() if slot not in faulty],
        "failed": [tag for slot, tag in tags.items() if slot in faulty],
    }


def _received(workshop: Workshop, person: Person, model: str) -> str:
    return receive_kits(workshop, person, model, 1, lot="ΔΑ-2026/17", supplier="Προμηθευτής επίδειξης")[0]


def _model_of(workshop: Workshop, slot: Slot) -> str:
    """The kit model that has a board of this recipe."""
    return next(
        model.name
        for model in workshop.models.values()
        if any(slot.recipe.name in component.recipes for component in model.components)
    )


def _check_outcomes(slots: list[VirtualSlot], live: LiveBench) -> None:
    for slot, state in zip(slots, live.snapshot(), strict=True):
        expected = Outcome.FAIL if slot.fault else Outcome.PASS
        if state.outcome is not expected:
            raise Unavailable(
                "Slot {slot} ({recipe}) ended with {outcome} {reason} instead of {expected}. {detail}",
                slot=slot.slot,
                recipe=slot.recipe,
                outcome=state.outcome,
                reason=state.reason,
                expected=expected,
                detail=state.detail,
            )


def _send_kits(settings: Settings, workshop: Workshop, people: _People, tags: dict[str, list[str]]) -> School:
    """The school that got the first kit."""
    sheet = settings.data / "labels.pdf"
    sheet.write_bytes(label_kits(workshop, people.warehouse, tags["passed"], settings.address))
    click.echo(f"    {len(tags['passed'])} labels: {sheet}")
    models = {kit.tag: kit.model for kit, _name in list_kits(workshop.store)}
    for tag in tags["failed"]:
        award, school, _left = list_open_awards(workshop, models[tag])[0]
        try:
            ship_kits(workshop, people.warehouse, [tag], award.school_code)
        except Refused as refusal:
            click.echo(f"    refused, as it must be: {refusal}")
        else:
            raise AssertionError(f"kit {tag} has left without a pass")
    recipients = []
    for tag in tags["passed"]:
        award, school, _left = list_open_awards(workshop, models[tag])[0]
        reserve_kit(workshop, people.warehouse, tag, award.school_code)
        pack_kit(workshop, people.warehouse, tag)
        ship_kits(workshop, people.warehouse, [tag], award.school_code)
        click.echo(f"    {tag} ({models[tag]}) to {school.code} {school.name}, {award.wave_code}")
        recipients.append(school)
    return recipients[0]


def _write_links(settings: Settings, workshop: Workshop, people: _People, school: School) -> None:
    teacher = add_person(workshop.store, people.nso, f"Μαρία Μαθιουδάκη ({school.code})", Role.SCHOOL, school.code)
    lines = ["Sign in with one of these links; each works once:"]
    for title, person in (("warehouse", people.warehouse), ("NSO", people.nso), (school.name, teacher)):
        token = issue_link(workshop.store, people.nso, person.name)
        lines.append(f"  {title}: {settings.address}/sign-in/{token}")
    lines.append(f'A fresh one: stemfleet --data {settings.data} user link "{people.nso.name}"')
    (settings.data / _LINKS).write_text("\n".join(lines) + "\n")
