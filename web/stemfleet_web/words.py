"""The words of the program as readers see them: one table per vocabulary, value → text in the reader's language.

A value that no table has (a category that a wave's rules define, a measurement of one's own recipe) is shown as it
is, with blanks.
"""

from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from stemfleet.registers import REGIONS
from stemfleet.words import MEASUREMENT_REASON
from stemfleet_web.import_words import IMPORT_FIELDS, IMPORT_PARTS, IMPORTS, SHAPES, SKIPS
from stemfleet_web.list_words import ABSENCES, STANDINGS
from stemfleet_web.round_words import (
    APPEAL_REMEDIES,
    APPLICANT_FIELDS,
    OF_SENTENCES,
    OFFER_STATES,
    ROUND_STATES,
    STAGE_MARKS,
)
from stemfleet_web.whatif_words import CHANGES, RULES, UNFILLED

Labels = Mapping[str, Any]

STATES: Labels = {
    "received": _("Received"),
    "provisioned": _("Boards prepared"),
    "ready": _("Ready"),
    "reserved": _("Reserved"),
    "packed": _("Packed"),
    "shipped": _("On its way"),
    "delivered": _("Delivered"),
    "in_use": _("In use"),
    "faulty": _("Faulty"),
    "in_repair": _("In repair"),
    "replaced": _("Replaced"),
    "lost": _("Lost"),
    "retired": _("Retired"),
}

OUTCOMES: Labels = {
    "PASS": _("Passed"),
    "FAIL": _("Failed"),
    "ERROR": _("Not tested"),
    "TIMEOUT": _("No answer in time"),
    "ABORTED": _("Stopped"),
}

STATUSES: Labels = {
    "empty": _("Empty"),
    "waiting": _("Waiting"),
    "skipped": _("Left out"),
    "interrupted": _("Interrupted"),
    "running": _("Working"),
    "done": _("Done"),
}

WORK_STATES: Labels = {
    "waiting": _("Waiting"),
    "running": _("Working"),
    "done": _("Done"),
    "failed": _("Did not succeed"),
    "interrupted": _("Interrupted"),
    "stopped": _("Stopped"),
}

WORK: Labels = {  # titles of long work, by its kind
    "points_published": _("Publishing the provisional points"),
    "frozen": _("Freezing the inputs"),
    "drawn": _("Drawing"),
    "results_published": _("Publishing the results"),
    "finalized": _("Publishing the final lists"),
    "closed": _("Closing the round"),
    "whatif": _("What-if comparison"),
    "import_preview": _("Reading a file"),
    "import": _("Import"),
}

STEPS: Labels = {  # of long work
    "reading": _("Reading the file"),
    "applicants": _("Gathering the applicants"),
    "points": _("Adding up the points"),
    "allocation": _("Allocating"),
    "storing": _("Storing"),
}

LEVELS: Labels = {
    "kindergarten": _("Kindergarten"),
    "primary": _("Primary school"),
    "lower_secondary": _("Lower secondary school"),
    "general_upper": _("General upper secondary school"),
    "vocational_upper": _("Vocational upper secondary school"),
    "special_vocational": _("Special vocational school"),
    "second_chance": _("Second-chance school"),
    "university": _("University department"),
}

CATEGORIES: Labels = {
    "special": _("Special education"),
    "minority": _("Minority"),
    "second_chance": _("Second chance"),
    "remote": _("Remote area"),
    "awarded": _("Contest prize"),
    "active": _("Active participation"),
}

ROLES: Labels = {"warehouse": _("Warehouse"), "nso": _("NSO"), "school": _("School")}

PLACES: Labels = {
    "reserved": _("Guaranteed place"),
    "open": _("Open place"),
    "extra": _("Extra place"),
    "prize": _("Prize"),
}

SCHOOL_STATUSES: Labels = {"active": _("In operation"), "suspended": _("Suspended"), "abolished": _("Closed down")}

CLOSED: Labels = {
    "level": _("The kit is not made for this level of education."),
    "admits": _("Only for schools of certain categories."),
    "repeat": _("Had such equipment in an earlier wave."),
    "obligation": _("The obligation of an earlier wave is still open."),
    "excluded": _("Left out by a person, with a reason on file."),
}

OPEN_POINTS: Labels = {
    "failed": _("its newest test failed"),
    "board_missing": _("a board is missing"),
    "not_passed": _("a board has not passed"),
    "half_written": _("writing a board was cut off in the middle"),
    "interrupted": _("the program ended in the middle of a board"),
    "old_firmware": _("a board passed with firmware that is no longer current"),
    "old_test": _("a board passed a test that is no longer current"),
    "no_checklist": _("its checklist is not done"),
}

CUTS: Labels = {
    "age": _("Not of the years that count"),
    "factor": _("Worth nothing by its rank or the level"),
    "person_cap": _("Above what one person can bring"),
    "school_cap": _("Above what the line can bring"),
    "later": _("Imported after the points were published"),
}

OBJECTION_STATES: Labels = {
    "open": _("Waits for an answer"),
    "accepted": _("Accepted"),
    "refused": _("Refused"),
    "withdrawn": _("Taken back"),
}

PHASES: Labels = {
    "prepare": _("Prepare"),
    "identify": _("Identify"),
    "flash": _("Write"),
    "verify": _("Compare"),
    "check": _("Test"),
    "finish": _("Finish"),
}

REASONS: Labels = {
    "port_missing": _("The port is not there."),
    "port_busy": _("Another program uses the port."),
    "port_denied": _("This account may not use the port."),
    "tool_missing": _("A program that is needed is not installed."),
    "silent": _("The board does not answer."),
    "phase_timeout": _("It took longer than it may."),
    "stopped": _("Stopped by a person."),
    "unplugged": _("The board was unplugged."),
    "restarted": _("The board started anew in the middle."),
    "wrong_board": _("This is another kind of board. Nothing was written."),
    "verify_mismatch": _("What is on the board is not what was written."),
    "flash_refused": _("The board refuses this firmware."),
    "flash_interrupted": _("Writing was interrupted."),
    "unreadable": _("The board sends what nobody can read."),
    "firmware_changed": _("The firmware file is not the approved one."),
    "other_kit": _("The board belongs to another kit."),
    "duplicate_id": _("Another board has the same identity."),
    "clone": _("The board is a copy of the original make."),
    "maintenance": _("The board is in maintenance mode."),
    "drive_missing": _("The board's drive does not show."),
    "undecided": _("The board may be of several kinds. Nothing was done."),
    "practice_image": _("The image is for practice on virtual boards only."),
    "disk_full": _("The disk of the computer is full."),
    "internal": _("A fault of the program, not of the board."),
}

REMEDIES: Labels = {
    "port_missing": _("Plug the board in, or try another cable, and start again."),
    "port_busy": _("Close the other program and start again."),
    "port_denied": _("Ask for the right to use serial ports, sign in to the computer anew, and start again."),
    "tool_missing": _("Details say what to install and how."),
    "silent": _("Check the cable, press reset, and start again."),
    "phase_timeout": _("Start again; if it happens twice, try another cable and another slot."),
    "stopped": _("Start again when you are ready."),
    "unplugged": _("Plug it in again and start from the beginning."),
    "restarted": _("Its power is too weak: try another cable or a powered hub, and start again."),
    "wrong_board": _("Put it into a slot for its kind, or check what the kit is."),
    "verify_mismatch": _("Put the board aside as faulty."),
    "flash_refused": _("Put the board aside as faulty."),
    "flash_interrupted": _("Start again; if it happens twice, try another cable."),
    "unreadable": _("Start again; if it happens twice, try another cable."),
    "firmware_changed": _("Do not use the file. Ask for the approved one."),
    "other_kit": _("Put it back into its own kit."),
    "duplicate_id": _("Put the board aside and tell the support organisation."),
    "clone": _("It may be used; tell the support organisation."),
    "maintenance": _("Unplug it and plug it in again without pressing reset."),
    "drive_missing": _("Unplug it, plug it in again, and wait for its drive."),
    "undecided": _("Scan the tag of its kit first, or give the position a recipe."),
    "practice_image": _("Use the approved image for real boards."),
    "disk_full": _("Make room on the disk of the computer, and start again."),
    "internal": _("Start again; if it happens twice, tell those who look after the program."),
}

VERBS: Labels = {
    **STATES,
    "received": _("Received, tag issued"),
    "shipped": _("Shipped"),
    "delivered": _("Receipt confirmed"),
    "board_run": _("Board on the bench"),
    "label_printed": _("Label printed"),
    "override_asked": _("Override asked for"),
    "override_approved": _("Override approved by a second person"),
    "override_refused": _("Override refused"),
    "claim_drawn_up": _("Claim drawn up"),
    "slot_learned": _("Position named"),
    "slot_forgotten": _("Position's name removed"),
    "slot_recipe": _("Position given a recipe"),
    "auto_start_on": _("Boards start by themselves"),
    "auto_start_off": _("Boards no longer start by themselves"),
    "activated": _("Let in again"),
    "deactivated": _("Shut out"),
    "reported_working": _("Reported: it works"),
    "reported_broken": _("Reported: it is broken"),
    "added": _("Added"),
    "link_issued": _("Sign-in link issued"),
    "signed_in": _("Signed in"),
    "allocated": _("Allocated"),
    "imported": _("Imported"),
    "category_given": _("Category given against the register"),
    "category_taken": _("Category taken away against the register"),
    "category_of_register": _("Category as the register says again"),
    "school_moved": _("Became another school"),
    "school_joined": _("Took in another school"),
    "school_move_undone": _("Move undone"),
    "handed_over": _("Handed over to another school"),
    "kits_handed_over": _("Kits handed over"),
    "kits_taken_over": _("Kits taken over"),
    "legacy_here": _("Kit of an earlier wave confirmed"),
    "legacy_gone": _("Kit of an earlier wave is not there"),
    "pruned": _("Personal data past its time deleted"),
    "prizes_awarded": _("Prizes given"),
    "drafted": _("Draft begun"),
    "rules_changed": _("Rules changed"),
    "dropped": _("Draft dropped"),
    "rules_published": _("Rules published"),
    "points_published": _("Provisional points published"),
    "corrected": _("Corrected"),
    "excluded": _("Excluded"),
    "objected": _("Objection by a school"),
    "objection_decided": _("Objection decided"),
    "withdrawn": _("Back to the draft"),
    "frozen": _("Inputs frozen, commitment published"),
    "drawn": _("Drawn"),
    "results_published": _("Results published"),
    "appeal_decided": _("Appeal decided"),
    "finalized": _("Final lists published"),
    "offered": _("Offers made"),
    "accepted": _("Offer accepted"),
    "declined": _("Offer declined"),
    "expired": _("Offers expired"),
    "closed": _("Round closed"),
}

FACTS: Labels = {
    "model": _("model"),
    "before": _("before"),
    "school": _("school"),
    "wave": _("wave"),
    "lot": _("lot"),
    "shipment": _("shipment"),
    "serial": _("serial number"),
    "delivery_lot": _("delivery lot"),
    "supplier": _("supplier"),
    "points": _("open points"),
    "override": _("override"),
    "note": _("note"),
    "reason": _("reason"),
    "recipe": _("board"),
    "board": _("board id"),
    "outcome": _("outcome"),
    "run": _("run"),
}

MEASUREMENTS: Labels = {
    "supply": _("Supply voltage"),
    "ram_tested": _("Memory tested"),
    "ram_errors": _("Memory errors"),
    "eeprom_errors": _("EEPROM errors"),
    "pins_short": _("Pins in short circuit"),
    "pins_stuck": _("Stuck pins"),
    "adc_zero": _("Analogue input, zero"),
    "heap_free": _("Free memory"),
    "file_errors": _("File errors"),
    "display_errors": _("Display errors"),
    "buttons_stuck": _("Stuck buttons"),
    "gravity": _("Gravity"),
    "magnetic_field": _("Magnetic field"),
    "temperature": _("Temperature"),
    "radio_errors": _("Radio errors"),
    "a0": _("Analogue input A0"),
    "hotend": _("Temperature of the nozzle"),
    "bed": _("Temperature of the bed"),
    "x_min": _("End stop X"),
    "y_min": _("End stop Y"),
    "z_min": _("End stop Z"),
    "cpu_frequency": _("Processor frequency"),
    "flash_size": _("Size of the flash memory"),
    "fs_size": _("Size of the file system"),
    "fs_free": _("Free in the file system"),
    "wifi_networks": _("Wi-Fi networks in sight"),
}

DIMENSIONS: Labels = {
    "model": _("Model"),
    "lot": _("Delivery lot"),
    "supplier": _("Supplier"),
    "slot": _("Slot"),
    "day": _("Day"),
}

SCANS: Labels = {
    "START": _("Start, or again"),
    "CHECK": _("Test only"),
    "STOP": _("Stop"),
    "SKIP": _("Leave out"),
    "ALL": _("Start all"),
    "SLOT": _("Go to this position"),
}

VALUES: Labels = {
    "open": _("open"),  # of end stops
    "triggered": _("pressed"),
    "pass": _("in order"),  # of a checklist's steps
    "fail": _("not in order"),
}

UNITS: Labels = {
    "C": "°C",
    "LEDs": _("LEDs"),
    "pins": _("pins"),
    "pairs": _("pairs"),
    "buttons": _("buttons"),
    "counts": _("counts"),
    "bytes": "B",
}

MOVE_KINDS: Labels = {
    "merged": _("It is part of another school"),
    "renumbered": _("The same school has another code"),
}

VOCABULARIES: Mapping[str, Labels] = {
    "state": STATES,
    "outcome": OUTCOMES,
    "status": STATUSES,
    "work_state": WORK_STATES,
    "import": IMPORTS,
    "import_part": IMPORT_PARTS,
    "skip": SKIPS,
    "import_field": IMPORT_FIELDS,
    "shape": SHAPES,
    "change": CHANGES,
    "rule": RULES,
    "unfilled": UNFILLED,
    "work": WORK,
    "step": STEPS,
    "round_state": ROUND_STATES,
    "offer_state": OFFER_STATES,
    "standing": STANDINGS,
    "absence": ABSENCES,
    "stage_mark": STAGE_MARKS,
    "field": APPLICANT_FIELDS,
    "appeal_remedy": APPEAL_REMEDIES,
    "level": LEVELS,
    "category": CATEGORIES,
    "role": ROLES,
    "place": PLACES,
    "school_status": SCHOOL_STATUSES,
    "closed": CLOSED,
    "open_point": OPEN_POINTS,
    "cut": CUTS,
    "objection_state": OBJECTION_STATES,
    "phase": PHASES,
    "reason": REASONS,
    "remedy": REMEDIES,
    "verb": VERBS,
    "move_kind": MOVE_KINDS,
    "fact": FACTS,
    "measurement": MEASUREMENTS,
    "unit": UNITS,
    "value": VALUES,
    "scan": SCANS,
    "dimension": DIMENSIONS,
}
_IN_SENTENCES = (
    STATES,
    OUTCOMES,
    ROLES,
    LEVELS,
    OPEN_POINTS,
    REASONS,
    ROUND_STATES,
    OFFER_STATES,
    OF_SENTENCES,
    VERBS,
)

_EITHER = " / "  # between words of which one is meant


def label(value: str, vocabulary: str) -> str:
    """The text of a value in the reader's language: `label("in_use", "state")`."""
    if vocabulary == "category" and value.startswith("region:"):
        return str(_("Region: %(name)s", name=region_name(value.removeprefix("region:"))))
    if vocabulary == "reason" and value.startswith(MEASUREMENT_REASON):
        name = label(value.removeprefix(MEASUREMENT_REASON), "measurement")
        return str(_("Out of its limits: %(name)s", name=name))
    if vocabulary == "remedy" and value.startswith(MEASUREMENT_REASON):
        return str(_("Put the board aside as faulty."))
    if vocabulary == "evidence":
        return _kind_title(value)
    return str(VOCABULARIES[vocabulary].get(value, value.replace("_", " ")))


def _kind_title(name: str) -> str:
    """Kinds of evidence are data: their titles stand in their files."""
    kind = current_app.config["EVIDENCE"].kinds.get(name)
    return name.replace("_", " ") if kind is None else kind.title[str(get_locale())]


def label_of_fact(value: str) -> str:
    """A fact of an error's sentence: words of ours are translated, everything else stays as it is."""
    if value.startswith(MEASUREMENT_REASON):
        return label(value, "reason")
    return _EITHER.join(_of_ours(part) for part in value.split(_EITHER))


def _of_ours(value: str) -> str:
    return next((str(words[value]) for words in _IN_SENTENCES if value in words), value)


def region_name(number: str | None) -> str:
    return REGIONS.get(number or "", number or "")


def points_label(line: str) -> str:
    """A line of points, `national_prize 2014-2017`, as text; lines of other forms stay as they are."""
    kind, _blank, years = line.rpartition(" ")
    first, dash, last = years.partition("-")
    if not (kind and dash and first.isdigit() and last.isdigit()):
        return line
    period = str(_("up to %(year)s", year=last)) if int(first) == 0 else f"{first}–{last}"
    return f"{label(kind, 'evidence')} {period}"
