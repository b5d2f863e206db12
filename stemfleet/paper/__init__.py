"""Paper: labels, delivery notes and lists. Values in, the bytes of a file out; nothing here knows the database.

    label_sheet(labels, start=1, made=None) -> bytes      A4 sheets of 24 stickers with QR codes
    delivery_note(note, made=None) -> bytes               what is in the box, to tick and to sign
    list_pdf(heading, tables, made=None) -> bytes         a published list, A4 across
    csv_bytes(table), xlsx_bytes(table, about, footer)    a table for spreadsheets

The same values give the same bytes: the only date in a file is the one that is passed.
"""

from stemfleet.paper.delivery import DeliveryNote, NoteKit, delivery_note
from stemfleet.paper.labels import LABELS_PER_SHEET, KitLabel, label_sheet
from stemfleet.paper.lists import Heading, list_pdf
from stemfleet.paper.tables import Cell, Column, Table, csv_bytes, xlsx_bytes

__all__ = [
    "LABELS_PER_SHEET",
    "Cell",
    "Column",
    "DeliveryNote",
    "Heading",
    "KitLabel",
    "NoteKit",
    "Table",
    "csv_bytes",
    "delivery_note",
    "label_sheet",
    "list_pdf",
    "xlsx_bytes",
]
