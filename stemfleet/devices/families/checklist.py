"""Robots and tablets without a firmware of ours: a person goes through the recipe's steps, and it becomes a record.

The record is the same as a board's: each step is a measurement ("pass" or "fail", must be "pass"), the photos are
attachments, the identity is what was scanned. So the kit, its gate, its label and its history know no difference.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stemfleet.devices.recipe import Recipe, Step
from stemfleet.devices.record import (
    Attachment,
    BoardRecord,
    FirmwareUsed,
    Measurement,
    PhaseResult,
    Provisioned,
    attach,
    now,
)
from stemfleet.devices.tools import tool_version
from stemfleet.errors import InputError
from stemfleet.words import MEASUREMENT_REASON, Outcome

PASS, FAIL = "pass", "fail"
LARGEST_PHOTO = 8_000_000  # bytes; a telephone's photo has 2 to 5 million
LONGEST_NOTE = 500  # characters

_LONGEST_ID = 64  # characters, with the recipe's name
_SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/:+-]{2,63}")
_PHOTOS = (
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
)


@dataclass(frozen=True)
class Answer:
    """What a person found at one step. `photo`: the bytes of a JPEG or PNG picture; `note`: a few words."""

    step: str
    passed: bool
    photo: bytes | None = None
    note: str = ""


def board_id_of(recipe: Recipe, serial: str) -> str:
    """The identity: makers number from one, so the recipe's name stands before it. Raises InputError.

    In capitals, as makers print them: what is typed in small letters is the same piece as what was scanned.
    """
    number = serial.strip().upper()
    if not _SERIAL.fullmatch(number):
        raise InputError(
            '"{serial}" is no serial number: 3 to 64 letters, digits and . _ / : + - are. Scan the label again.',
            serial=number,
        )
    board_id = f"{recipe.name}:{number}"
    if len(board_id) > _LONGEST_ID:
        raise InputError("{name} has more than {most} characters. Shorten it.", name=board_id, most=_LONGEST_ID)
    return board_id


def check_tools_do(recipe: Recipe) -> None:
    """Raises InputError for the recipe of a checklist, which no tool can go through."""
    if recipe.is_checklist:
        raise InputError(
            "Recipe {recipe} is a checklist: go through its steps on the checklist page.", recipe=recipe.name
        )


def checklist_record(
    recipe: Recipe,
    answers: Sequence[Answer],
    *,
    serial: str,
    station: str,
    operator: str,
    started: datetime,
) -> Provisioned:
    """The record of a piece that was checked by its list; it ends now.

    Every step needs an answer, in any order; once one has failed, the others may be left out (a robot that does not
    start cannot drive). The outcome is FAIL, by the name of the first step that failed, or PASS.
    Raises InputError: a step is missing, unknown or answered twice, a photo is missing or is none, a bad serial number.
    """
    board_id = board_id_of(recipe, serial)
    given = _by_step(recipe, answers)
    done = [step for step in recipe.steps if step.id in given]
    proofs = _proofs(board_id, done, given)
    failed = next((step.id for step in done if not given[step.id].passed), None)
    outcome, reason = (Outcome.FAIL, f"{MEASUREMENT_REASON}{failed}") if failed else (Outcome.PASS, None)
    ended = now()
    record = BoardRecord(
        board_id=board_id,
        recipe=recipe.name,
        family=recipe.family,
        slot=None,
        station=station,
        operator=operator,
        started=started,
        ended=ended,
        outcome=outcome,
        reason=reason,
        firmware=FirmwareUsed(None, None, None),
        tools={"stemfleet": tool_version("stemfleet")},
        test_version=recipe.test_version,
        phases=(PhaseResult("check", 1, started, ended, outcome, reason),),
        measurements=tuple(_measurement(step, given[step.id]) for step in done),
        attachments=tuple(attachment for attachment, _ in proofs),
        board_id_scanned=True,
    )
    files = {attachment.sha256: content for attachment, content in proofs}
    return Provisioned(record, files, f"The step {failed} failed. Put the piece aside." if failed else "")


def _proofs(board_id: str, steps: Sequence[Step], given: dict[str, Answer]) -> list[tuple[Attachment, bytes]]:
    """The raw log, then the photos, in the order of the steps."""
    log = _log(board_id, steps, given).encode()
    photos = (_photo(step, given[step.id]) for step in steps)
    return [(attach("check-1.log", log), log), *(photo for photo in photos if photo is not None)]


def _by_step(recipe: Recipe, answers: Sequence[Answer]) -> dict[str, Answer]:
    if not recipe.is_checklist:
        raise InputError("Recipe {recipe} is not a checklist. Put the board into a slot.", recipe=recipe.name)
    known = {step.id for step in recipe.steps}
    given: dict[str, Answer] = {}
    for answer in answers:
        if answer.step not in known:
            raise InputError(
                "Recipe {recipe} has no step {step}. Steps: {steps}.",
                recipe=recipe.name,
                step=answer.step,
                steps=", ".join(step.id for step in recipe.steps),
            )
        if answer.step in given:
            raise InputError("Step {step} is answered twice. Answer it once.", step=answer.step)
        if len(answer.note) > LONGEST_NOTE:
            raise InputError(
                "The note of step {step} has more than {most} characters. Shorten it.",
                step=answer.step,
                most=LONGEST_NOTE,
            )
        given[answer.step] = answer
    missing = [step.id for step in recipe.steps if step.id not in given]
    if missing and all(answer.passed for answer in given.values()):
        raise InputError("Step {step} has no answer yet. Go through it, then finish.", step=missing[0])
    return given


def _photo(step: Step, answer: Answer) -> tuple[Attachment, bytes] | None:
    if answer.photo is None:
        if step.needs_photo:
            raise InputError("Step {step} needs a photo. Take one, then finish.", step=step.id)
        return None
    if len(answer.photo) > LARGEST_PHOTO:
        raise InputError(
            "The photo of step {step} is larger than {most} MB. Take a smaller one.",
            step=step.id,
            most=LARGEST_PHOTO // 1_000_000,
        )
    for begins, ending, kind in _PHOTOS:
        if answer.photo.startswith(begins):
            return attach(f"{step.id}.{ending}", answer.photo, kind), answer.photo
    raise InputError("The photo of step {step} is neither a JPEG nor a PNG picture. Take it again.", step=step.id)


def _measurement(step: Step, answer: Answer) -> Measurement:
    outcome = Outcome.PASS if answer.passed else Outcome.FAIL
    return Measurement(step.id, PASS if answer.passed else FAIL, "", PASS, PASS, outcome)


def _log(board_id: str, steps: Sequence[Step], given: dict[str, Answer]) -> str:
    """The raw log: what was answered, step by step, in the words of the recipe."""
    rows = [f"scanned: {board_id}"]
    for step in steps:
        answer = given[step.id]
        note = f" ({' '.join(answer.note.split())})" if answer.note.strip() else ""
        rows.append(f"{step.id}: {PASS if answer.passed else FAIL}{note} - {step.title['en']}")
    return "\n".join(rows) + "\n"
