"""docs/adding.md and docs/protocol.md, followed word by word."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from avr_peers import SELFTEST_UNO, UNO, Terminal, powered, write
from core_peers import Peer, board

from stemfleet.devices.families import FAMILIES, settings
from stemfleet.devices.line import Line
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import load_all, load_recipes
from stemfleet.devices.state import Slot
from stemfleet.devices.talk import Program, Talk
from stemfleet.words import Outcome, Reason

DOCS = Path(__file__).parents[2] / "docs"
ADDING = (DOCS / "adding.md").read_text()
PROTOCOL = (DOCS / "protocol.md").read_text()


def blocks(section: str, language: str) -> list[str]:
    """The fenced blocks of one section of adding.md."""
    text = ADDING.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_board_of_the_page_is_a_recipe_with_an_approved_image(tmp_path: Path) -> None:
    (tmp_path / "lab-board.toml").write_text(blocks("a board of a known family", "toml")[0])
    recipe = load_recipes(tmp_path)["lab-board"]
    assert recipe.firmware.file is not None
    assert sha256(recipe.firmware.file.read_bytes()).hexdigest() == recipe.firmware.sha256


def test_the_check_of_the_page_goes_into_that_recipe(tmp_path: Path) -> None:
    recipe = blocks("a board of a known family", "toml")[0] + "\n" + blocks("a check", "toml")[0]
    (tmp_path / "lab-board.toml").write_text(recipe)
    limit = load_recipes(tmp_path)["lab-board"].limit("supply")
    assert (limit.low, limit.high) == (4.75, 5.25)


def test_the_family_of_the_page_runs_from_identity_to_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page_radio.py").write_text(blocks("a family of boards", "python")[0])
    (tmp_path / "radio.toml").write_text(blocks("a family of boards", "toml")[0])
    (tmp_path / "radio.bin").write_bytes(b"abc")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(FAMILIES, "radio", "page_radio:RadioDriver")
    entry = re.search(r'`"radio": (\{.*?\})`', ADDING)
    assert entry is not None
    monkeypatch.setitem(settings.SETTINGS, "radio", eval(entry[1], vars(settings)))
    recipe = load_recipes(tmp_path)["radio"]
    with Peer(board()) as peer:
        record = provision(Slot("A1", recipe, peer.port), station="s", operator="o").record
    assert (record.outcome, record.family) == (Outcome.PASS, "radio")
    assert [phase.name for phase in record.phases] == ["prepare", "identify", "flash", "verify", "check"]
    with Peer(board(fw="fw selftest 1.0.0 otherchip")) as peer:
        other = provision(Slot("A1", recipe, peer.port), station="s", operator="o").record
    assert (other.outcome, other.reason) == (Outcome.FAIL, Reason.WRONG_BOARD)
    (tmp_path / "radio.toml").write_text(blocks("a family of boards", "toml")[0].replace("chip =", "chap ="))
    (bad,) = load_all(tmp_path)[1]
    assert "settings.chip is missing" in str(bad.error)


def conversations() -> list[list[tuple[str, list[str]]]]:
    """Of protocol.md: for each block, (what the host says, what the board says to it)."""
    found = []
    for block in re.findall(r"```text\n(.*?)```", PROTOCOL, re.DOTALL):
        talk: list[tuple[str, list[str]]] = [("", [])]
        for line in block.splitlines():
            said = line[2:]
            if line.startswith(">") and said:
                talk.append((said, []))
            elif line.startswith("<"):
                talk[-1][1].append(said)
        found.append(talk)
    return found


def test_the_host_speaks_the_conversation_of_the_page() -> None:
    (_, greeting), *exchanges = conversations()[0]
    answers = dict(exchanges)
    heard: list[str] = []
    greeted = False

    def play(data: bytes) -> bytes:
        nonlocal greeted
        said = [] if greeted else greeting
        greeted = True
        for question in filter(None, data.decode().split("\n")):
            heard.append(question)
            said = [*said, *answers[question]]
        return "".join(f"{line}\n" for line in said).encode()

    with Peer(play) as peer, Line(peer.port) as line:
        talk = Talk(line)
        line.write("\n")
        assert talk.wait_for_start(3.0)
        assert talk.program() == Program("selftest", "1.0.0", "atmega328p")
        assert talk.identity() is None
        talk.give_identity("00112233445566778899aabbccddeeff")
        assert talk.milliseconds() == 1893
        measured = talk.measurements()
    assert heard == [question for question, _ in exchanges]
    assert measured[0] == ("supply", 5.001, "V")
    assert measured[-1] == ("pins_short", 0.0, "pairs")


@pytest.mark.rig
def test_a_board_speaks_the_conversation_of_the_page(tmp_path: Path) -> None:
    def shape(line: str) -> str:
        """Values differ from board to board; names, units and the number of lines do not."""
        return re.sub(r"(?<=^m )(\S+) \S+|(?<=^ms )\d+", r"\1", line)

    with powered("uno", tmp_path) as uno:
        write(uno, UNO, SELFTEST_UNO)
        with Terminal(uno.port) as terminal:
            first, trouble = conversations()
            assert terminal.until("hello")[-1] == first[0][1][0]
            for question, answer in (*first[1:], *trouble[1:]):
                told = terminal.ask(question)
                assert [shape(line) for line in told] == [shape(line) for line in answer], question
