"""Paper: labels and delivery notes. Values in, the bytes of a PDF out; nothing here knows the database.

    label_sheet(labels, start=1, made=None) -> bytes      A4 sheets of 24 stickers with QR codes
    delivery_note(note, made=None) -> bytes               what is in the box, to tick and to sign

The same values give the same bytes: the only date in a file is the one that is passed.
"""

from stemfleet.paper.delivery import DeliveryNote, NoteKit, delivery_note
from stemfleet.paper.labels import LABELS_PER_SHEET, KitLabel, label_sheet

__all__ = ["LABELS_PER_SHEET", "DeliveryNote", "KitLabel", "NoteKit", "delivery_note", "label_sheet"]
