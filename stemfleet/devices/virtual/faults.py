"""Every fault that can be ordered of a virtual board, and what must come out of it: the one table of them.

`bench --virtual uno:1:silent` orders one; the page docs/bench.md shows the table, the tests and the fault campaign
(`make faults`) go through it. A kind of board that is not named in a fault's row cannot have that fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stemfleet.errors import InputError
from stemfleet.words import MEASUREMENT_REASON, Outcome, Reason

SMALL_AVR = ("uno", "nano", "nano-old")
AVR = (*SMALL_AVR, "mega", "printer")
ESP = ("esp32", "esp8266")
KINDS = ("microbit", *AVR, *ESP)


@dataclass(frozen=True)
class Expected:
    """How the record of a board with the fault must end; `reason` None: nothing is wrong with it."""

    outcome: Outcome
    reason: str | None


@dataclass(frozen=True)
class OrderedFault:
    """`what` happens to the board, in a few words; `expected` by kind of board."""

    name: str
    what: str
    expected: Mapping[str, Expected]


def _all(kinds: tuple[str, ...], outcome: Outcome, reason: str) -> dict[str, Expected]:
    return dict.fromkeys(kinds, Expected(outcome, str(reason)))


def _failed(name: str) -> Expected:
    return Expected(Outcome.FAIL, f"{MEASUREMENT_REASON}{name}")


_MICROBIT = ("microbit",)

FAULTS: Mapping[str, OrderedFault] = {
    fault.name: fault
    for fault in (
        OrderedFault(
            "bad_flash",
            "a bit of the flash is lost whenever it is written",
            _all(KINDS, Outcome.FAIL, Reason.VERIFY_MISMATCH),
        ),
        OrderedFault(
            "wrong_signature",
            "another chip or model than the slot's",
            _all(KINDS, Outcome.FAIL, Reason.WRONG_BOARD),
        ),
        OrderedFault("silent", "the chip never says anything", _all(KINDS, Outcome.TIMEOUT, Reason.SILENT)),
        OrderedFault(
            "slow", "it answers, but a phase runs past its limit", _all(KINDS, Outcome.TIMEOUT, Reason.PHASE_TIMEOUT)
        ),
        OrderedFault(
            "unplugged",
            "the cable is pulled while it is written, once",
            _all(KINDS, Outcome.ERROR, Reason.UNPLUGGED),
        ),
        OrderedFault(
            "brown_out",
            "the supply breaks down in the self-test, and the chip starts anew",
            _all(KINDS, Outcome.ERROR, Reason.RESTARTED),
        ),
        OrderedFault(
            "failed_measurement",
            "supply too low (Arduino), bed too warm (printer), button stuck (micro:bit), too little memory (ESP)",
            dict.fromkeys((*SMALL_AVR, "mega"), _failed("supply"))
            | {"printer": _failed("bed"), "microbit": _failed("buttons_stuck")}
            | dict.fromkeys(ESP, _failed("heap_free")),
        ),
        OrderedFault("pins_short", "two pins touch", dict.fromkeys((*SMALL_AVR, "mega"), _failed("pins_short"))),
        OrderedFault("open_thermistor", "the hot end's thermistor is broken", {"printer": _failed("hotend")}),
        OrderedFault("endstop_stuck", "the X endstop is always closed", {"printer": _failed("x_min")}),
        OrderedFault(
            "duplicate_id",
            "it has the identity of the first board of its kind on the bench",
            _all(KINDS, Outcome.FAIL, Reason.DUPLICATE_ID),
        ),
        OrderedFault("clone", "a copy, whose drive says so", _all(_MICROBIT, Outcome.PASS, Reason.CLONE)),
        OrderedFault("garbage", "noise on the line, without end", _all(KINDS, Outcome.ERROR, Reason.UNREADABLE)),
        OrderedFault("fail_target", "FAIL.TXT names the target", _all(_MICROBIT, Outcome.FAIL, Reason.FLASH_REFUSED)),
        OrderedFault(
            "fail_transient",
            "FAIL.TXT of another type, always",
            _all(_MICROBIT, Outcome.ERROR, Reason.FLASH_INTERRUPTED),
        ),
        OrderedFault(
            "fail_transient_once",
            "the same at the first transfer only",
            {"microbit": Expected(Outcome.PASS, None)},
        ),
        OrderedFault("maintenance", "the drive is MAINTENANCE", _all(_MICROBIT, Outcome.ERROR, Reason.MAINTENANCE)),
    )
}


def check_fault(kind: str, fault: str | None) -> None:
    """Raises InputError when that kind of board cannot have that fault; None is none."""
    if fault is None or (fault in FAULTS and kind in FAULTS[fault].expected):
        return
    possible = ", ".join(name for name, row in FAULTS.items() if kind in row.expected)
    raise InputError(
        "A virtual {kind} has no fault {fault}. Faults: {faults}.", kind=kind, fault=fault, faults=possible
    )


def expected(kind: str, fault: str) -> Expected:
    """What must come out. Raises InputError as `check_fault`."""
    check_fault(kind, fault)
    return FAULTS[fault].expected[kind]


def markdown_table() -> str:
    """The table as it stands in docs/bench.md: a row for each fault and expectation, with the kinds that share it."""
    rows = ["| fault | what happens | kinds | outcome | reason |", "|---|---|---|---|---|"]
    for fault in FAULTS.values():
        for wanted in dict.fromkeys(fault.expected.values()):
            kinds = [kind for kind in KINDS if fault.expected.get(kind) == wanted]
            named = "all" if len(kinds) == len(KINDS) else ", ".join(f"`{kind}`" for kind in kinds)
            reason = f"`{wanted.reason}`" if wanted.reason else ""
            rows.append(f"| `{fault.name}` | {fault.what} | {named} | {wanted.outcome} | {reason} |")
    return "\n".join(rows) + "\n"
