"""`round`: a wave allocated in public, step by step, from the draft of its rules to accepted offers."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate

import click

from stemfleet.allocation.bundle import check_free, read_file, write_files
from stemfleet.allocation.commitment import Beacon
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.cli.context import acting, acting_as, link_option, opened
from stemfleet.cli.output import json_option, print_json, print_table
from stemfleet.errors import InputError
from stemfleet.rounds import (
    Answered,
    Correction,
    Difference,
    accept_offer,
    change_rules,
    close_round,
    correct_applicant,
    decline_offer,
    draft_wave,
    draw,
    drop_draft,
    exclude_school,
    expire_offers,
    finalize,
    freeze_inputs,
    go_back,
    list_rounds,
    make_offers,
    preview_appeal,
    publish_points,
    publish_results,
    publish_rules,
    read_published,
    reject_appeal,
    round_row,
    show_round,
    uphold_appeal,
)
from stemfleet.settings import Settings
from stemfleet.store import Person
from stemfleet.words import Level, Remedy
from stemfleet.workshop import Workshop

_POINTS = re.compile(r"-?[0-9]{1,12}")
_ZONE = "Times are of this computer's zone, or with their own: 2026-05-04, 2026-05-04T12:00, 2026-05-04T12:00+03:00."


def a_moment(text: str | datetime) -> datetime:
    """`2026-05-04` (the end of that day), `2026-05-04T12:00`, or with seconds and a zone; else this computer's zone."""
    if isinstance(text, datetime):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no time like 2026-05-04 or 2026-05-04T12:00.") from None
    if len(text) <= len("2026-05-04"):
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment.astimezone()


def read_line(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    lines = {}
    for value in values:
        label, _, points = value.rpartition("=")
        if not label.strip() or not _POINTS.fullmatch(points):
            raise click.BadParameter(f"{value[:60]} must be LABEL=POINTS, the points being a whole number.")
        lines[label] = int(points)
    return lines


reason_option = click.option("--reason", required=True, help="Stands in the public log; no personal data.")


def correction_options(command: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    """What a person can say about one applicant; see `_correction`."""
    options = (
        click.option("--line", "lines", multiple=True, callback=read_line, help="LABEL=POINTS; 0 takes it out."),
        click.option("--add", multiple=True, metavar="CATEGORY"),
        click.option("--remove", multiple=True, metavar="CATEGORY"),
        click.option("--level", type=click.Choice([level.value for level in Level])),
        click.option("--region"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("round")
def round_() -> None:
    """Rounds: a wave allocated in public, step by step."""


Step = Callable[Concatenate[Workshop, Person, str, ...], Iterable[str]]


def _step(name: str) -> Callable[[Step], click.Command]:
    """A command `round NAME WAVE` that takes one step as the acting person and prints the lines that it gives."""

    def made(take: Step) -> click.Command:
        @round_.command(name)
        @click.argument("wave")
        @click.pass_obj
        @wraps(take)
        def command(settings: Settings, /, wave: str, link: str | None = None, **options: Any) -> None:
            with acting_as(settings, link) as (workshop, person):
                lines = list(take(workshop, person, wave, **options))
            for line in lines:
                click.echo(line)

        return command

    return made


@round_.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the rounds and how far each has come."""
    with opened(settings) as workshop:
        rows = [round_row(found) for found in list_rounds(workshop.store)]
    if as_json:
        print_json(rows)
    else:
        print_table(["wave", "title", "year", "state", "replay"], [tuple(row.values()) for row in rows])


@round_.command("show")
@click.argument("wave")
@click.option("--step", type=int, help="With --out: the step whose files to write; the last that published any.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the files that a step published into this folder.")
@json_option
@click.pass_obj
def show(settings: Settings, wave: str, step: int | None, out: Path | None, as_json: bool) -> None:
    """Show a round: its log, its offers, what comes next; or write what it published."""
    with opened(settings) as workshop:
        view = show_round(workshop.store, wave)
        if out is not None:
            check_free(out)
            last = max((s.number for s in view.steps if s.published), default=0)
            write_files(out, read_published(workshop.store, wave, step or last), zipped=False)
    if as_json:
        print_json(view.as_json())
        return
    click.echo(f"{wave}  {view.round.title}  {view.round.state}{'  (replay)' if view.round.replay else ''}")
    rows = [
        (s.number, f"{s.at:%Y-%m-%d %H:%M}", s.person, s.step, " ".join(s.published), s.facts.get("reason"))
        for s in view.steps
    ]
    print_table(["step", "time (UTC)", "person", "what", "published", "reason"], rows)
    if view.offers:
        offers = [(o.school_code, o.lot, o.state, f"{o.deadline:%Y-%m-%d %H:%M}") for o in view.offers]
        print_table(["school", "lot", "offer", "deadline (UTC)"], offers)
    click.echo(f"next: {', '.join(view.next_steps) or 'nothing'}")


@round_.command("draft")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(2005, 2100), required=True, help="Year of the wave: decides about repeats.")
@click.option("--change", is_flag=True, help="Replace the rules of a draft that is there.")
@click.pass_obj
def draft(settings: Settings, rules: Path, year: int, change: bool) -> None:
    """Begin the round of a wave with a RULES file, or change the rules of a draft."""
    read = parse_rules(read_file(rules), str(rules))
    with acting(settings) as (workshop, person):
        if change:
            change_rules(workshop, person, read, year)
        else:
            draft_wave(workshop, person, read, year)
    click.echo(f"{read.wave} is a draft")


@_step("drop")
@reason_option
def drop(workshop: Workshop, person: Person, wave: str, reason: str) -> Iterable[str]:
    """Take a draft away that was mistyped; possible until something of it was published."""
    drop_draft(workshop, person, wave, reason)
    yield f"the draft {wave} is dropped"


@_step("publish-rules")
def publish_rules_(workshop: Workshop, person: Person, wave: str) -> Iterable[str]:
    """Publish the rules of a draft."""
    publish_rules(workshop, person, wave)
    yield f"the rules of {wave} are published"


@_step("publish-points")
@click.option("--from", "start", type=a_moment, metavar="TIME", help="Its beginning; now, if left out. " + _ZONE)
@click.option("--until", type=a_moment, metavar="TIME", required=True, help="The end of the objection window. " + _ZONE)
def publish_points_(
    workshop: Workshop, person: Person, wave: str, start: datetime | None, until: datetime
) -> Iterable[str]:
    """Publish every applicant's provisional points and open the objection window."""
    count = publish_points(workshop, person, wave, until=until, start=start, progress=_progress)
    _show_notices(workshop, wave)
    yield f"{count} applicants; objections until {until:%Y-%m-%d %H:%M:%S %Z}"


@_step("correct")
@click.argument("school")
@correction_options
@reason_option
def correct(workshop: Workshop, person: Person, wave: str, school: str, reason: str, **values: Any) -> Iterable[str]:
    """Correct an applicant before the freeze: lines of points, categories, level, region."""
    after = correct_applicant(workshop, person, wave, school, _correction(**values), reason)
    yield f"school {school}: {after.points} points, {' '.join(sorted(after.categories)) or 'no category'}"


@_step("exclude")
@click.argument("school")
@click.option("--lot", help="Only from this lot; from all, if left out.")
@reason_option
def exclude(workshop: Workshop, person: Person, wave: str, school: str, lot: str | None, reason: str) -> Iterable[str]:
    """Exclude a school from a lot or from the whole wave, with a reason."""
    after = exclude_school(workshop, person, wave, school, lot, reason)
    yield f"school {school}: {', '.join(f'{lot} {why}' for lot, why in after.ineligible.items())}"


@_step("undo")
@reason_option
def undo(workshop: Workshop, person: Person, wave: str, reason: str) -> Iterable[str]:
    """Go back to the draft; possible until the inputs are frozen."""
    go_back(workshop, person, wave, reason)
    yield f"{wave} is a draft again"


@_step("freeze")
@click.option("--beacon-source", required=True, help="Its source: drand, drand-quicknet, nist, or another.")
@click.option("--beacon-round", required=True, help="Which of its values: a number, or the draw of a named day.")
@click.option(
    "--expected", type=a_moment, metavar="TIME", required=True, help="When it will be public; no draw before. " + _ZONE
)
@link_option
def freeze(
    workshop: Workshop, person: Person, wave: str, beacon_source: str, beacon_round: str, expected: datetime
) -> Iterable[str]:
    """Freeze the inputs and publish the commitment, with the future random value that will be used."""
    committed = freeze_inputs(workshop, person, wave, Beacon(beacon_source, beacon_round), expected)
    _show_notices(workshop, wave)
    assert committed.beacon is not None
    yield f"rules_sha256      {committed.rules_sha256}"
    yield f"applicants_sha256 {committed.applicants_sha256}"
    yield f"drawn by another person, with {committed.beacon.source} {committed.beacon.round}"
    yield f"not before {expected:%Y-%m-%d %H:%M:%S %Z}"


@_step("draw")
@click.option("--beacon", required=True, metavar="VALUE", help="The public random value, as published.")
@link_option
def draw_(workshop: Workshop, person: Person, wave: str, beacon: str) -> Iterable[str]:
    """Draw a frozen round with the value that its commitment names; another person than the one who froze it."""
    drawn = draw(workshop, person, wave, beacon)
    for notice in drawn.result.notices:
        click.echo(f"Notice: {notice}", err=True)
    yield f"seed {drawn.result.seed}"


@_step("publish")
@click.option("--appeals-until", type=a_moment, metavar="TIME", required=True, help="The end of appeals. " + _ZONE)
def publish(workshop: Workshop, person: Person, wave: str, appeals_until: datetime) -> Iterable[str]:
    """Publish the results and the bundle of a drawn round."""
    yield f"digest {publish_results(workshop, person, wave, appeals_until=appeals_until)}"


@_step("appeal")
@click.argument("school")
@correction_options
@click.option("--remedy", type=click.Choice([r.value for r in Remedy]), help="What is done about it.")
@click.option("--reject", is_flag=True, help="The appeal is not right.")
@click.option("--preview", is_flag=True, help="Only show the difference to the published list.")
@click.option("--reason", help="Stands in the public log; no personal data.")
def appeal(
    workshop: Workshop,
    person: Person,
    wave: str,
    school: str,
    remedy: str | None,
    reject: bool,
    preview: bool,
    reason: str | None,
    **values: Any,
) -> Iterable[str]:
    """Decide an appeal after the results, or preview what it would change."""
    if preview:
        chosen = Remedy(remedy or Remedy.REALLOCATION)
        return _difference(preview_appeal(workshop, wave, school, _correction(**values), chosen))
    if reason is None or reject is (remedy is not None):
        raise InputError("Give --reason, and either --reject or --remedy with what is corrected.")
    if remedy is None:
        reject_appeal(workshop, person, wave, school, reason)
        return [f"the appeal of school {school} is rejected"]
    decided = uphold_appeal(workshop, person, wave, school, _correction(**values), Remedy(remedy), reason)
    return _difference(decided)


@_step("finalize")
def finalize_(workshop: Workshop, person: Person, wave: str) -> Iterable[str]:
    """Publish the final lists, with the events of all appeals."""
    digest, difference = finalize(workshop, person, wave)
    yield from _difference(difference)
    yield f"digest {digest}"


@_step("offer")
@click.option("--days", type=int, required=True, help="Days for an answer, for replacements too.")
def offer(workshop: Workshop, person: Person, wave: str, days: int) -> Iterable[str]:
    """Offer every award of a final round to its school."""
    yield f"{make_offers(workshop, person, wave, days)} offers for {days} days"


@_step("accept")
@click.argument("school")
def accept(workshop: Workshop, person: Person, wave: str, school: str) -> Iterable[str]:
    """Accept an offer in the name of a school."""
    return _answer(accept_offer(workshop, person, wave, school))


@_step("decline")
@click.argument("school")
def decline(workshop: Workshop, person: Person, wave: str, school: str) -> Iterable[str]:
    """Decline an offer in the name of a school; replacements get theirs."""
    return _answer(decline_offer(workshop, person, wave, school))


@_step("expire")
def expire(workshop: Workshop, person: Person, wave: str) -> Iterable[str]:
    """End the offers whose deadline is over; replacements get theirs."""
    schools = expire_offers(workshop, person, wave)
    yield f"{len(schools)} offers expired {' '.join(schools)}".rstrip()


@_step("close")
def close(workshop: Workshop, person: Person, wave: str) -> Iterable[str]:
    """Close a round when every offer is answered, and publish its last bundle."""
    yield f"digest {close_round(workshop, person, wave)}"


def _show_notices(workshop: Workshop, wave: str) -> None:
    """Of the step that was taken last."""
    for notice in show_round(workshop.store, wave).steps[-1].notices:
        click.echo(f"Notice: {notice}", err=True)


def _correction(
    *, lines: dict[str, int], add: tuple[str, ...], remove: tuple[str, ...], level: str | None, region: str | None
) -> Correction:
    return Correction(lines, frozenset(add), frozenset(remove), None if level is None else Level(level), region)


def _difference(difference: Difference) -> list[str]:
    changes = [f"school {c.school}: {c.before or 'nothing'} -> {c.after or 'nothing'}" for c in difference.changes]
    return changes or ["nothing changes on the published list"]


def _answer(answered: Answered) -> list[str]:
    made = [f"offer of {lot} to school {school}" for school, lot in answered.new_offers.items()]
    return [*made, f"digest {answered.digest}"]


def _progress(step: str) -> None:
    click.echo(f"{step} …", err=True)
