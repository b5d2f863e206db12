"""The tables by subject, the engine, the migrations. Transactions belong to the use cases."""

from stemfleet.store.bench import BenchStart, Station, StationSlot
from stemfleet.store.columns import canonical, now
from stemfleet.store.engine import Store
from stemfleet.store.history import HistoryEntry, first_broken_entry, read_history, write_history
from stemfleet.store.kits import Attachment, Board, BoardRun, GateOverride, Kit, KitReport, Shipment
from stemfleet.store.people import Person, SignInLink
from stemfleet.store.rounds import Offer, Round, RoundFile
from stemfleet.store.schools import Evidence, ImportRun, School, SchoolCategory
from stemfleet.store.waves import Application, Award, Lot, Wave
from stemfleet.store.worklist import Work, Worklist, WorkState

__all__ = [
    "Application",
    "Attachment",
    "Award",
    "BenchStart",
    "Board",
    "BoardRun",
    "Evidence",
    "GateOverride",
    "HistoryEntry",
    "ImportRun",
    "Kit",
    "KitReport",
    "Lot",
    "Offer",
    "Person",
    "Round",
    "RoundFile",
    "School",
    "SchoolCategory",
    "Shipment",
    "SignInLink",
    "Station",
    "StationSlot",
    "Store",
    "Wave",
    "Work",
    "WorkState",
    "Worklist",
    "canonical",
    "first_broken_entry",
    "now",
    "read_history",
    "write_history",
]
