"""Prize waves: given, not drawn; tracked like every award."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import receive_kits
from stemfleet.registers import read_winners
from stemfleet.shipments import ship_kits
from stemfleet.store import Person
from stemfleet.waves import Winner, award_prizes, list_waves, read_bundle, show_wave
from stemfleet.words import Level, Place, Role
from stemfleet.workshop import Workshop
from tests.support.builders import run_board


@pytest.fixture
def give(workshop: Workshop, nso: Person) -> Callable[..., str]:
    def award(*winners: Winner, code: str = "P20") -> str:
        return award_prizes(workshop, nso, code, "20ός διαγωνισμός", 2025, winners)

    return award


@pytest.fixture
def school(make_school: Callable[..., str]) -> str:
    return make_school(("special",), level=Level.LOWER_SECONDARY)


def prize(school: str, model: str = "arduino-kit", units: int = 1) -> Winner:
    return Winner(school, model, "20ός εθνικός", "1", units)


def test_winners_are_a_wave_without_a_draw(
    workshop: Workshop, school: str, make_school: Callable[..., str], give: Callable[..., str]
) -> None:
    second = make_school(level=Level.LOWER_SECONDARY)
    digest = give(prize(school), prize(second, units=5))
    (view,) = list_waves(workshop.store)
    assert (view.drawn, view.planning, view.digest, view.schools) == (False, False, digest, 2)
    assert [(lot.lot.lot, lot.lot.seats, lot.lot.units_per_award) for lot in view.lots] == [
        ("arduino-kit", 1, 1),
        ("arduino-kit-x5", 1, 5),
    ]
    _view, rows = show_wave(workshop.store, "P20")
    assert [(row.school.code, row.award.place, row.award.units, row.application.merit) for row in rows] == [
        (school, Place.PRIZE, 1, 1),
        (second, Place.PRIZE, 5, 2),
    ]
    assert rows[0].application.lines == [["20ός εθνικός: 1", 0]]
    assert rows[0].application.ticket is None


def test_the_public_file_of_prizes_says_who_got_what(workshop: Workshop, school: str, give: Callable[..., str]) -> None:
    give(prize(school))
    with zipfile.ZipFile(io.BytesIO(read_bundle(workshop.store, "P20")[0])) as archive:
        assert archive.namelist() == ["SHA256SUMS", "prizes.json"]
        told = json.loads(archive.read("prizes.json"))
    assert told["prizes"] == [
        {"school": school, "model": "arduino-kit", "edition": "20ός εθνικός", "rank": "1", "units": 1}
    ]


def test_a_prize_is_shipped_like_every_award(
    workshop: Workshop, nso: Person, school: str, give: Callable[..., str]
) -> None:
    give(prize(school))
    (tag,) = receive_kits(workshop, nso, "arduino-kit", 1)
    run_board(workshop, nso, "uno-1", tag)
    assert ship_kits(workshop, nso, [tag], school).school_code == school


def test_a_list_that_can_not_be_used_stores_nothing(
    workshop: Workshop, school: str, make_school: Callable[..., str], give: Callable[..., str]
) -> None:
    kindergarten = make_school(level=Level.KINDERGARTEN)
    wrong: list[tuple[type[Exception], str, tuple[Winner, ...]]] = [
        (InputError, "at least one", ()),
        (InputError, "twice", (prize(school), prize(school))),
        (InputError, "from 1 to 1000", (prize(school, units=0),)),
        (NotFound, "no school 0000000", (prize(school), prize("0000000"))),
        (NotFound, "zeppelin", (prize(school, model="zeppelin"),)),
        (InputError, "is not made for school", (prize(school), prize(kindergarten))),
    ]
    for kind, message, winners in wrong:
        with pytest.raises(kind, match=message):
            give(*winners)
    with pytest.raises(InputError, match="longer than 32"):
        give(prize(school), code="P" * 33)
    assert list_waves(workshop.store) == []


def test_a_wave_of_prizes_is_given_once_and_by_the_nso(
    workshop: Workshop, school: str, warehouse: Person, give: Callable[..., str]
) -> None:
    give(prize(school))
    with pytest.raises(Refused, match="already"):
        give(prize(school))
    assert warehouse.role is Role.WAREHOUSE
    with pytest.raises(Refused, match="may not do this"):
        award_prizes(workshop, warehouse, "P21", "21ος", 2026, [prize(school)])


def test_winners_are_read_from_a_table(tmp_path: Path) -> None:
    file = tmp_path / "winners.csv"
    file.write_text("school,model,edition,rank,units\n0340010,arduino-kit,20,1,\nU-7,printer-3d,20,2,3\n", "utf-8")
    assert [(r.code, r.model, r.edition, r.rank, r.units, r.row) for r in read_winners(file)] == [
        ("0340010", "arduino-kit", "20", "1", 1, 2),
        ("U-7", "printer-3d", "20", "2", 3, 3),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [("x,arduino-kit,20,1,", "row 2: x is no"), ("0340010,,20,1,", "model is missing"), ("0340010,m,20,1,two", "two")],
)
def test_a_winner_that_can_not_be_read_refuses_the_file(tmp_path: Path, row: str, message: str) -> None:
    file = tmp_path / "winners.csv"
    file.write_text(f"school,model,edition,rank,units\n{row}\n", "utf-8")
    with pytest.raises(InputError, match=message):
        read_winners(file)
