"""The tables by subject, the engine, the migrations. Transactions belong to the use cases."""

from stemfleet.store.bench import BenchStart, Station, StationSlot
from stemfleet.store.columns import canonical, now
from stemfleet.store.engine import Store
from stemfleet.store.history import HistoryEntry, first_broken_entry, read_history, write_history
from stemfleet.store.kits import Attachment, Board, BoardRun, FirmwareRelease, GateOverride, Kit, KitReport, Shipment
from stemfleet.store.legacy import LegacyKit
from stemfleet.store.people import CONSOLE, Person, SignInLink
from stemfleet.store.rounds import Objection, ObjectionProof, Offer, Round, RoundFile
from stemfleet.store.schools import (
    CategoryOverride,
    Evidence,
    ImportRun,
    School,
    SchoolCategory,
    SchoolChange,
    SchoolMove,
    SearchSpelling,
)
from stemfleet.store.search import SEARCHED, found_by, indexed_together, meant_by, respell, search_codes
from stemfleet.store.waves import Application, Award, Lot, Wave, WhatIf
from stemfleet.store.worklist import Work, Worklist, WorkState

__all__ = [
    "CONSOLE",
    "SEARCHED",
    "Application",
    "Attachment",
    "Award",
    "BenchStart",
    "Board",
    "BoardRun",
    "CategoryOverride",
    "Evidence",
    "FirmwareRelease",
    "GateOverride",
    "HistoryEntry",
    "ImportRun",
    "Kit",
    "KitReport",
    "LegacyKit",
    "Lot",
    "Objection",
    "ObjectionProof",
    "Offer",
    "Person",
    "Round",
    "RoundFile",
    "School",
    "SchoolCategory",
    "SchoolChange",
    "SchoolMove",
    "SearchSpelling",
    "Shipment",
    "SignInLink",
    "Station",
    "StationSlot",
    "Store",
    "Wave",
    "WhatIf",
    "Work",
    "WorkState",
    "Worklist",
    "canonical",
    "first_broken_entry",
    "found_by",
    "indexed_together",
    "meant_by",
    "now",
    "read_history",
    "respell",
    "search_codes",
    "write_history",
]
