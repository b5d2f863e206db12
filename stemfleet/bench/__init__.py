"""The bench as its users know it: positions with names, boards that come and go, every record kept, kits follow."""

from stemfleet.bench.live import LiveBench
from stemfleet.bench.positions import Lesson
from stemfleet.bench.records import keep_run
from stemfleet.bench.seen import BoardView, Seen, show_board
from stemfleet.bench.stations import (
    StationView,
    boards,
    choose_recipe,
    forget_slot,
    learn_slot,
    read_station,
    set_auto_start,
)

__all__ = [
    "BoardView",
    "Lesson",
    "LiveBench",
    "Seen",
    "StationView",
    "boards",
    "choose_recipe",
    "forget_slot",
    "keep_run",
    "learn_slot",
    "read_station",
    "set_auto_start",
    "show_board",
]
