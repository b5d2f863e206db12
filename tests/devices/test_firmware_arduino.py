"""The Arduino self-test and first program, on emulated chips: the line protocol, the identity, and every check."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from avr_peers import FIRST_UNO, MEGA, SELFTEST_MEGA, SELFTEST_UNO, UNO, Terminal, powered, write
from core_peers import until

from stemfleet.devices.virtual.avr import AvrBoard
from stemfleet.resources import resource

pytestmark = pytest.mark.rig
IDENTITY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def uno(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AvrBoard]:
    with powered("uno", tmp_path_factory.mktemp("uno")) as board:
        write(board, UNO, SELFTEST_UNO)
        yield board


@pytest.fixture(scope="module")
def terminal(uno: AvrBoard) -> Iterator[Terminal]:
    with Terminal(uno.port) as opened:
        opened.until("hello selftest 1.0.0")
        yield opened


def measured(rows: list[str]) -> dict[str, tuple[float, str]]:
    return {row.split()[1]: (float(row.split()[2]), row.split()[3]) for row in rows if row.startswith("m ")}


def documented() -> dict[str, str]:
    """Name → unit, from the table in the README."""
    text = resource("firmware", "README.md").read_text(encoding="utf-8")
    table = text.split("## Arduino: `selftest`")[1].split("\n\n")[1]
    return {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \| (\w+) \|", table, re.MULTILINE)}


def test_it_tells_what_it_is(terminal: Terminal) -> None:
    assert terminal.ask("?fw") == ["fw selftest 1.0.0 atmega328p", "end 1"]


def test_it_reports_every_documented_measurement_and_no_other(terminal: Terminal) -> None:
    rows = terminal.ask("?test")
    assert rows[-1] == f"end {len(rows) - 1}"
    assert {name: unit for name, (_, unit) in measured(rows).items()} == documented()


def test_a_good_board_passes_every_check_also_the_second_time(terminal: Terminal) -> None:
    for _ in range(2):
        found = measured(terminal.ask("?test"))
        assert [found[name][0] for name in ("ram_errors", "eeprom_errors", "pins_stuck", "pins_short")] == [0] * 4
        assert found["ram_tested"][0] > 1400
        assert found["adc_zero"][0] == 0


def test_the_mega_tests_its_larger_memory_and_all_its_pins(tmp_path: Path) -> None:
    with powered("mega", tmp_path) as board:
        write(board, MEGA, SELFTEST_MEGA)
        with Terminal(board.port) as terminal:
            terminal.until("hello")
            found = measured(terminal.ask("?test"))
            board.control("short L7 A0")
            shorted = terminal.ask("?test")
    assert found["ram_tested"][0] > 7000
    assert found["pins_short"][0] == found["pins_stuck"][0] == 0
    assert "i short PA0 PL7" in shorted


def test_supply_and_pin_voltage_follow_the_real_ones(uno: AvrBoard, terminal: Terminal) -> None:
    uno.control("supply 4600")
    uno.control("adc 0 2500")
    try:
        found = measured(terminal.ask("?test"))
    finally:
        uno.control("supply 5000")
        uno.control("adc 0 0")
    assert found["supply"] == (pytest.approx(4.6, abs=0.03), "V")
    assert found["a0"] == (pytest.approx(2.5, abs=0.03), "V")


def test_a_grounded_pin_is_stuck(uno: AvrBoard, terminal: Terminal) -> None:
    uno.control("pin B0 0")
    try:
        rows = terminal.ask("?test")
    finally:
        uno.control("pin B0 free")
    assert "i stuck PB0" in rows
    assert measured(rows)["pins_stuck"][0] == 1


def test_touching_pins_are_found_and_named(tmp_path: Path) -> None:
    with powered("uno", tmp_path, "pins_short") as board:
        write(board, UNO, SELFTEST_UNO)
        with Terminal(board.port) as terminal:
            terminal.until("hello")
            rows = terminal.ask("?test")
    assert "i short PD2 PD3" in rows
    assert measured(rows)["pins_short"][0] == 1


@pytest.mark.parametrize(
    ("sent", "code"), [("?what", "unknown"), ("?" * 80, "too_long"), ("?f\x07w", "garbage"), ("!id 12", "bad_id")]
)
def test_what_it_cannot_answer_is_told_by_a_code(terminal: Terminal, sent: str, code: str) -> None:
    assert terminal.ask(sent) == [f"e {code}", "end 1"]
    assert terminal.ask("?fw")[0].startswith("fw ")


def test_a_line_of_the_longest_size_arrives_whole(terminal: Terminal) -> None:
    """Nothing of it is lost on the way: only one character more is too long."""
    for _ in range(5):
        assert terminal.ask("?" * 79) == ["e unknown", "end 1"]


def test_milliseconds_count_up(terminal: Terminal) -> None:
    first, second = (int(terminal.ask("?ms")[0].split()[1]) for _ in range(2))
    assert first < second < first + 60_000


def test_an_identity_is_given_once_and_stays_through_power_cuts_tests_and_other_programs(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
        with Terminal(board.port) as terminal:
            terminal.until("hello")
            assert terminal.ask("?id")[0] == "id none"
            assert terminal.ask(f"!id {IDENTITY.upper()}")[0] == f"id {IDENTITY}"
            assert terminal.ask(f"!id {'0' * 32}")[0] == "e id_present"
            terminal.ask("?test")
        write(board, UNO, FIRST_UNO)
    with powered("uno", tmp_path) as board, Terminal(board.port) as terminal:
        terminal.until("hello first 1.0.0")
        assert terminal.ask("?id")[0] == f"id {IDENTITY}"


def test_the_first_program_blinks_answers_and_can_be_tested(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, FIRST_UNO)
        with Terminal(board.port) as terminal:
            terminal.until("hello first")
            seen: set[str] = set()
            until(lambda: seen.add(board.control("pin B5")) or seen == {"out 0", "out 1"})
            assert terminal.ask("?fw")[0] == "fw first 1.0.0 atmega328p"
            found = measured(terminal.ask("?test"))
            assert [found[name][0] for name in ("ram_errors", "eeprom_errors", "pins_stuck", "pins_short")] == [0] * 4
            assert terminal.ask("?weather")[0] == "e unknown"
            seen.clear()  # the test of the pins leaves the LED blinking
            until(lambda: seen.add(board.control("pin B5")) or seen == {"out 0", "out 1"})
