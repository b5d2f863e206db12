"""The bench as its users know it: positions with names, boards that come and go, every record kept, kits follow."""

from stemfleet.bench.checklists import Pieces, checklist_of, pieces_of, record_checklist
from stemfleet.bench.claims import supplier_claim
from stemfleet.bench.live import LiveBench
from stemfleet.bench.plugging import Lister, plugged_in
from stemfleet.bench.positions import Lesson
from stemfleet.bench.quality import (
    Chosen,
    Dimension,
    FirstRun,
    ParetoRow,
    YieldRow,
    check_chosen,
    first_runs,
    known_origins,
    pareto,
    yield_by,
)
from stemfleet.bench.records import keep_run
from stemfleet.bench.seen import BoardView, Seen, show_board
from stemfleet.bench.stations import (
    StationView,
    boards,
    check_slot_name,
    choose_recipe,
    forget_slot,
    learn_slot,
    read_station,
    set_auto_start,
)

__all__ = [
    "BoardView",
    "Chosen",
    "Dimension",
    "FirstRun",
    "Lesson",
    "Lister",
    "LiveBench",
    "ParetoRow",
    "Pieces",
    "Seen",
    "StationView",
    "YieldRow",
    "boards",
    "check_chosen",
    "check_slot_name",
    "checklist_of",
    "choose_recipe",
    "first_runs",
    "forget_slot",
    "keep_run",
    "known_origins",
    "learn_slot",
    "pareto",
    "pieces_of",
    "plugged_in",
    "read_station",
    "record_checklist",
    "set_auto_start",
    "show_board",
    "supplier_claim",
    "yield_by",
]
