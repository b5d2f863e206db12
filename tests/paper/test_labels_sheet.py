"""Label sheets: what is printed is what a phone reads."""

from datetime import UTC, datetime

import pypdfium2
import pytest
import zxingcpp

from stemfleet.errors import InputError
from stemfleet.paper import LABELS_PER_SHEET, KitLabel, label_sheet

POINTS_PER_MM = 72 / 25.4
LONG = "Σετ ρομποτικής με αισθητήρες, κινητήρες και τρισδιάστατα εξαρτήματα για το Γυμνάσιο"
SERIAL = "9904360200052820c5f8a1b2c3d4e5f60000000097969901"


def label(number: int = 1, **facts) -> KitLabel:
    tag = f"SF-{number:05d}X"
    usual = {"tag": tag, "url": f"https://stemfleet.example.gr/k/{tag}", "title": "Σετ micro:bit", "details": (SERIAL,)}
    return KitLabel(**{**usual, **facts})


@pytest.fixture
def opened():
    """Opens a PDF and closes it at the end."""
    documents = []

    def open_pdf(data: bytes) -> pypdfium2.PdfDocument:
        documents.append(pypdfium2.PdfDocument(data))
        return documents[-1]

    yield open_pdf
    for document in documents:
        document.close()


def codes_on(page) -> dict[str, tuple[float, float]]:
    """Address → the code's upper left corner, in mm from the sheet's."""
    scale = 4
    found = zxingcpp.read_barcodes(page.render(scale=scale).to_pil())
    dots = scale * POINTS_PER_MM
    return {code.text: (code.position.top_left.x / dots, code.position.top_left.y / dots) for code in found}


def text_of(page) -> str:
    text_page = page.get_textpage()
    text = text_page.get_text_bounded()
    text_page.close()
    return text


def boxes_of(page) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Every stretch of text with its box (left, top, right, bottom) in mm from the sheet's upper left corner."""
    text_page = page.get_textpage()
    height = page.get_height()
    boxes = []
    for number in range(text_page.count_rects()):
        left, bottom, right, top = text_page.get_rect(number)
        text = text_page.get_text_bounded(left, bottom, right, top)
        box = (left, height - top, right, height - bottom)
        boxes.append((text, tuple(value / POINTS_PER_MM for value in box)))
    text_page.close()
    return boxes


def test_every_code_of_a_full_sheet_is_read_back_and_leads_to_its_kit(opened) -> None:
    labels = [label(number) for number in range(1, LABELS_PER_SHEET + 1)]
    (page,) = opened(label_sheet(labels))
    assert set(codes_on(page)) == {one.url for one in labels}


def test_tag_title_and_wave_stand_on_the_label_in_greek(opened) -> None:
    (page,) = opened(label_sheet([label(title="Τρισδιάστατος εκτυπωτής", wave="STEM 5 (2024-25)")]))
    text = text_of(page)
    for expected in ("SF-00001X", "Τρισδιάστατος", "εκτυπωτής", "STEM 5 (2024-25)", "σαρώστε με το κινητό"):
        assert expected in text


def test_more_labels_than_stickers_go_on_to_the_next_sheet(opened) -> None:
    document = opened(label_sheet([label(number) for number in range(1, 31)]))
    assert [len(codes_on(page)) for page in document] == [24, 6]


def test_a_used_sheet_starts_at_its_first_free_sticker(opened) -> None:
    document = opened(label_sheet([label(1), label(2), label(3)], start=23))
    first, second = (codes_on(page) for page in document)
    assert [url[-9:] for url in first] == ["SF-00001X", "SF-00002X"]
    (left, top), (right, _) = first[label(1).url], first[label(2).url]
    assert right - left == pytest.approx(66.04, abs=0.5)
    assert top > 12.9 + 7 * 33.9
    assert set(second) == {label(3).url}


@pytest.mark.parametrize(
    "facts", [{"title": LONG, "details": (SERIAL,) * 5, "wave": "STEM 5 · " + LONG}, {"tag": "SF-" + "0" * 40 + "X"}]
)
def test_long_texts_stay_on_their_sticker(opened, facts) -> None:
    (page,) = opened(label_sheet([label(number, **facts) for number in range(1, LABELS_PER_SHEET + 1)]))
    for text, (left, top, right, bottom) in boxes_of(page):
        column, row = int((left - 7.21) // 66.04), int((top - 12.9) // 33.9)
        sticker_left, sticker_top = 7.21 + column * 66.04, 12.9 + row * 33.9
        assert sticker_left + 30 < left, text
        assert right < sticker_left + 63.5, text
        assert bottom < sticker_top + 33.9, text


def test_the_tag_is_the_biggest_text_and_is_read_from_an_arms_length(opened) -> None:
    (page,) = opened(label_sheet([label()]))
    heights = {text.strip(): bottom - top for text, (_, top, _, bottom) in boxes_of(page)}
    tag = heights.pop("SF-00001X")
    assert tag > 3.4
    assert tag > 1.5 * max(heights.values())


def test_a_code_keeps_its_quiet_zone(opened) -> None:
    (page,) = opened(label_sheet([label()]))
    image = page.render(scale=6).to_pil().convert("L")
    (code,) = zxingcpp.read_barcodes(image)
    corner, across = code.position.top_left, code.position.top_right
    modules = 33  # version 4, which an address of this length needs
    quiet = 4 * (across.x - corner.x) // modules - 3
    left, top, right = corner.x - 3, corner.y - 3, across.x + quiet
    around = [(left - quiet, top - quiet, left, top + 200), (left - quiet, top - quiet, right, top)]
    assert all(image.crop(box).getextrema()[0] > 250 for box in around)


def test_the_same_labels_give_the_same_bytes() -> None:
    made = datetime(2025, 3, 14, tzinfo=UTC)
    assert label_sheet([label()]) == label_sheet([label()])
    assert label_sheet([label()], made=made) == label_sheet([label()], made=made)
    assert label_sheet([label()], made=made) != label_sheet([label()])


def test_no_label_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="no label"):
        label_sheet([])


@pytest.mark.parametrize("start", [0, 25])
def test_a_sticker_that_is_not_on_the_sheet_is_refused(start) -> None:
    with pytest.raises(InputError, match="stickers 1 to 24"):
        label_sheet([label()], start=start)
