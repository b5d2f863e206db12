"""Delivery notes: what is in the box, on paper and in Greek."""

from datetime import date

import pypdfium2
import pytest
import zxingcpp

from stemfleet.errors import InputError
from stemfleet.paper import DeliveryNote, NoteKit, delivery_note

PARTS = (("Καλώδιο USB", 1), ("Κροκοδειλάκια", 10))
WIDTH_MM = 210


def kit(number: int) -> NoteKit:
    return NoteKit(f"SF-{number:05d}X", "Σετ micro:bit", (f"99043602{number}",), PARTS)


def note(*kits: NoteKit, **facts) -> DeliveryNote:
    usual = {
        "number": "2025-0017",
        "day": date(2025, 3, 14),
        "wave": "STEM 5 (2024-25)",
        "recipient_code": "9240012",
        "recipient": ("1ο Ειδικό Δημοτικό Σχολείο Κέρκυρας", "Ελευθερίου Βενιζέλου 12", "49100 Κέρκυρα"),
        "kits": kits,
        "url": "https://stemfleet.example.gr/d/2025-0017",
    }
    return DeliveryNote(**{**usual, **facts})


def pages(data: bytes) -> list[str]:
    with pypdfium2.PdfDocument(data) as document:
        texts = []
        for page in document:
            text_page = page.get_textpage()
            texts.append(text_page.get_text_bounded())
            text_page.close()
        return texts


def test_the_note_names_recipient_kits_serials_and_counted_parts() -> None:
    (text,) = pages(delivery_note(note(kit(1), kit(2))))
    for expected in (
        "ΔΕΛΤΙΟ ΑΠΟΣΤΟΛΗΣ", "2025-0017", "14/03/2025", "STEM 5 (2024-25)", "1ο Ειδικό Δημοτικό Σχολείο Κέρκυρας",
        "Κωδικός: 9240012", "SF-00001X", "SF-00002X", "990436022", "10 ×", "Κροκοδειλάκια", "Παρέλαβε",
        "ΙΤΥΕ «Διόφαντος»",
    ):  # fmt: skip
        assert expected in text


def test_its_code_leads_to_the_receipt() -> None:
    with pypdfium2.PdfDocument(delivery_note(note(kit(1)))) as document:
        (code,) = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
    assert code.text == "https://stemfleet.example.gr/d/2025-0017"


def test_a_note_without_an_address_has_no_code() -> None:
    with pypdfium2.PdfDocument(delivery_note(note(kit(1), url=None))) as document:
        assert zxingcpp.read_barcodes(document[0].render(scale=3).to_pil()) == []


def test_many_kits_go_over_several_numbered_pages_and_no_kit_is_torn() -> None:
    texts = pages(delivery_note(note(*map(kit, range(1, 31)))))
    assert len(texts) > 2
    for number, text in enumerate(texts, start=1):
        assert f"σελίδα {number} από {len(texts)}" in text
        assert text.count("SF-0") == text.count("Κροκοδειλάκια")
    assert sum(text.count("SF-0") for text in texts) == 30
    assert "Παρέλαβε" in texts[-1]


def test_a_kit_longer_than_a_page_goes_on_over_the_next() -> None:
    parts = tuple((f"Εξάρτημα {number}", number) for number in range(1, 121))
    texts = pages(delivery_note(note(NoteKit("SF-00001X", "Σετ", (), parts))))
    assert "Εξάρτημα 120" in texts[-1]
    assert sum(text.count("Εξάρτημα") for text in texts) == 120


def test_long_names_stay_on_the_paper() -> None:
    long = "Ένα όνομα που δεν χωράει πουθενά " * 8
    one = NoteKit("SF-00001X", long, ("ab" * 90,), ((long, 3),))
    with pypdfium2.PdfDocument(delivery_note(note(one, recipient=(long, long), wave=long))) as document:
        text_page = document[0].get_textpage()
        edges = [text_page.get_rect(number)[2] * 25.4 / 72 for number in range(text_page.count_rects())]
        text_page.close()
    assert max(edges) <= WIDTH_MM - 17


def test_the_same_note_gives_the_same_bytes() -> None:
    assert delivery_note(note(kit(1))) == delivery_note(note(kit(1)))


def test_a_note_without_kits_is_refused() -> None:
    with pytest.raises(InputError, match="has no kits"):
        delivery_note(note())
