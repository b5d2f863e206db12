"""`round`: a wave allocated in public, step by step, from the draft of its rules to accepted offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from stemfleet.accounts import sign_in
from stemfleet.allocation.bundle import check_free, read_file, write_files
from stemfleet.allocation.commitment import Beacon
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.cli.context import acting, opened
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


def _line(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    lines = {}
    for value in values:
        label, _, points = value.rpartition("=")
        if not label or not points.lstrip("-").isdigit():
            raise click.BadParameter(f"{value} must be LABEL=POINTS.")
        lines[label] = int(points)
    return lines


link_option = click.option("--link", metavar="TOKEN", help="Act as the person of this one-time sign-in link (used up).")
reason_option = click.option("--reason", required=True, help="Stands in the public log; no personal data.")
line_option = click.option("--line", "lines", multiple=True, callback=_line, help="LABEL=POINTS; 0 takes it out.")
add_option = click.option("--add", multiple=True, metavar="CATEGORY")
remove_option = click.option("--remove", multiple=True, metavar="CATEGORY")
level_option = click.option("--level", type=click.Choice([level.value for level in Level]))
region_option = click.option("--region")


@contextmanager
def _acting(settings: Settings, link: str | None) -> Iterator[tuple[Workshop, Person]]:
    """As the person of a sign-in link, or else as the one at this computer."""
    if link is None:
        with acting(settings) as both:
            yield both
    else:
        with opened(settings) as workshop:
            yield workshop, sign_in(workshop.store, link.rpartition("/")[2])


@click.group("round")
def round_() -> None:
    """Rounds: a wave allocated in public, step by step."""


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


@round_.command("drop")
@click.argument("wave")
@reason_option
@click.pass_obj
def drop(settings: Settings, wave: str, reason: str) -> None:
    """Take a draft away that was mistyped; possible until something of it was published."""
    with acting(settings) as (workshop, person):
        drop_draft(workshop, person, wave, reason)
    click.echo(f"the draft {wave} is dropped")


@round_.command("publish-rules")
@click.argument("wave")
@click.pass_obj
def publish_rules_(settings: Settings, wave: str) -> None:
    """Publish the rules of a draft."""
    with acting(settings) as (workshop, person):
        publish_rules(workshop, person, wave)
    click.echo(f"the rules of {wave} are published")


@round_.command("publish-points")
@click.argument("wave")
@click.option("--from", "start", type=a_moment, metavar="TIME", help="The window begins here; now, if left out.")
@click.option("--until", type=a_moment, metavar="TIME", required=True, help="The end of the objection window.")
@click.pass_obj
def publish_points_(settings: Settings, wave: str, start: datetime | None, until: datetime) -> None:
    """Publish every applicant's provisional points and open the objection window."""
    with acting(settings) as (workshop, person):
        count = publish_points(workshop, person, wave, until=until, start=start, progress=_progress)
    click.echo(f"{count} applicants; objections until {until:%Y-%m-%d %H:%M:%S %z}")


@round_.command("correct")
@click.argument("wave")
@click.argument("school")
@line_option
@add_option
@remove_option
@level_option
@region_option
@reason_option
@click.pass_obj
def correct(settings: Settings, /, wave: str, school: str, reason: str, **values: Any) -> None:
    """Correct an applicant before the freeze: lines of points, categories, level, region."""
    with acting(settings) as (workshop, person):
        after = correct_applicant(workshop, person, wave, school, _correction(**values), reason)
    click.echo(f"school {school}: {after.points} points, {' '.join(sorted(after.categories)) or 'no category'}")


@round_.command("exclude")
@click.argument("wave")
@click.argument("school")
@click.option("--lot", help="Only from this lot; from all, if left out.")
@reason_option
@click.pass_obj
def exclude(settings: Settings, wave: str, school: str, lot: str | None, reason: str) -> None:
    """Exclude a school from a lot or from the whole wave, with a reason."""
    with acting(settings) as (workshop, person):
        after = exclude_school(workshop, person, wave, school, lot, reason)
    click.echo(f"school {school}: {', '.join(f'{lot} {why}' for lot, why in after.ineligible.items())}")


@round_.command("undo")
@click.argument("wave")
@reason_option
@click.pass_obj
def undo(settings: Settings, wave: str, reason: str) -> None:
    """Go back to the draft; possible until the inputs are frozen."""
    with acting(settings) as (workshop, person):
        go_back(workshop, person, wave, reason)
    click.echo(f"{wave} is a draft again")


@round_.command("freeze")
@click.argument("wave")
@click.option("--beacon-source", required=True, help="Who publishes the random value: drand, nist, or another.")
@click.option("--beacon-round", required=True, help="Which of its values: a number, or the draw of a named day.")
@click.option(
    "--expected", type=a_moment, metavar="TIME", required=True, help="When it will be public; no draw before."
)
@link_option
@click.pass_obj
def freeze(
    settings: Settings, wave: str, beacon_source: str, beacon_round: str, expected: datetime, link: str | None
) -> None:
    """Freeze the inputs and publish the commitment, with the future random value that will be used."""
    with _acting(settings, link) as (workshop, person):
        committed = freeze_inputs(workshop, person, wave, Beacon(beacon_source, beacon_round), expected)
    click.echo(f"rules_sha256      {committed.rules_sha256}")
    click.echo(f"applicants_sha256 {committed.applicants_sha256}")
    click.echo(f"drawn by another person, with {beacon_source} {beacon_round}")


@round_.command("draw")
@click.argument("wave")
@click.option("--beacon", required=True, metavar="VALUE", help="The public random value, as published.")
@link_option
@click.pass_obj
def draw_(settings: Settings, wave: str, beacon: str, link: str | None) -> None:
    """Draw a frozen round with the value that its commitment names; another person than the one who froze it."""
    with _acting(settings, link) as (workshop, person):
        drawn = draw(workshop, person, wave, beacon)
    click.echo(f"seed {drawn.result.seed}")
    for notice in drawn.result.notices:
        click.echo(f"Notice: {notice}", err=True)


@round_.command("publish")
@click.argument("wave")
@click.option("--appeals-until", type=a_moment, metavar="TIME", required=True, help="The end of the time for appeals.")
@click.pass_obj
def publish(settings: Settings, wave: str, appeals_until: datetime) -> None:
    """Publish the results and the bundle of a drawn round."""
    with acting(settings) as (workshop, person):
        click.echo(f"digest {publish_results(workshop, person, wave, appeals_until=appeals_until)}")


@round_.command("appeal")
@click.argument("wave")
@click.argument("school")
@line_option
@add_option
@remove_option
@level_option
@region_option
@click.option("--remedy", type=click.Choice([r.value for r in Remedy]), help="What is done about it.")
@click.option("--reject", is_flag=True, help="The appeal is not right.")
@click.option("--preview", is_flag=True, help="Only show the difference to the published list.")
@click.option("--reason", help="Stands in the public log; no personal data.")
@click.pass_obj
def appeal(
    settings: Settings,
    /,
    wave: str,
    school: str,
    remedy: str | None,
    reject: bool,
    preview: bool,
    reason: str | None,
    **values: Any,
) -> None:
    """Decide an appeal after the results, or preview what it would change."""
    with acting(settings) as (workshop, person):
        if preview:
            chosen = Remedy(remedy or Remedy.REALLOCATION)
            _show_difference(preview_appeal(workshop, wave, school, _correction(**values), chosen))
            return
        if reason is None or reject is (remedy is not None):
            raise InputError("Give --reason, and either --reject or --remedy with what is corrected.")
        if remedy is None:
            reject_appeal(workshop, person, wave, school, reason)
            click.echo(f"the appeal of school {school} is rejected")
            return
        decided = uphold_appeal(workshop, person, wave, school, _correction(**values), Remedy(remedy), reason)
        _show_difference(decided)


@round_.command("finalize")
@click.argument("wave")
@click.pass_obj
def finalize_(settings: Settings, wave: str) -> None:
    """Publish the final lists, with the events of all appeals."""
    with acting(settings) as (workshop, person):
        digest, difference = finalize(workshop, person, wave)
    _show_difference(difference)
    click.echo(f"digest {digest}")


@round_.command("offer")
@click.argument("wave")
@click.option("--days", type=int, required=True, help="Days for an answer, for replacements too.")
@click.pass_obj
def offer(settings: Settings, wave: str, days: int) -> None:
    """Offer every award of a final round to its school."""
    with acting(settings) as (workshop, person):
        click.echo(f"{make_offers(workshop, person, wave, days)} offers for {days} days")


@round_.command("accept")
@click.argument("wave")
@click.argument("school")
@click.pass_obj
def accept(settings: Settings, wave: str, school: str) -> None:
    """Accept an offer in the name of a school."""
    with acting(settings) as (workshop, person):
        _show_answer(accept_offer(workshop, person, wave, school))


@round_.command("decline")
@click.argument("wave")
@click.argument("school")
@click.pass_obj
def decline(settings: Settings, wave: str, school: str) -> None:
    """Decline an offer in the name of a school; replacements get theirs."""
    with acting(settings) as (workshop, person):
        _show_answer(decline_offer(workshop, person, wave, school))


@round_.command("expire")
@click.argument("wave")
@click.pass_obj
def expire(settings: Settings, wave: str) -> None:
    """End the offers whose deadline is over; replacements get theirs."""
    with acting(settings) as (workshop, person):
        schools = expire_offers(workshop, person, wave)
    click.echo(f"{len(schools)} offers expired {' '.join(schools)}".rstrip())


@round_.command("close")
@click.argument("wave")
@click.pass_obj
def close(settings: Settings, wave: str) -> None:
    """Close a round when every offer is answered, and publish its last bundle."""
    with acting(settings) as (workshop, person):
        click.echo(f"digest {close_round(workshop, person, wave)}")


def _correction(
    *, lines: dict[str, int], add: tuple[str, ...], remove: tuple[str, ...], level: str | None, region: str | None
) -> Correction:
    return Correction(lines, frozenset(add), frozenset(remove), None if level is None else Level(level), region)


def _show_difference(difference: Difference) -> None:
    for change in difference.changes:
        click.echo(f"school {change.school}: {change.before or 'nothing'} -> {change.after or 'nothing'}")
    if not difference.changes:
        click.echo("nothing changes on the published list")


def _show_answer(answered: Answered) -> None:
    for school, lot in answered.new_offers.items():
        click.echo(f"offer of {lot} to school {school}")
    click.echo(f"digest {answered.digest}")


def _progress(step: str) -> None:
    click.echo(f"{step} …", err=True)
