"""Kits from receipt to retirement: tags, boards, the gate, labels, what schools report."""

from stemfleet.kits.assemble import count_run, receive_kits
from stemfleet.kits.gate import OpenPoint, boards_of, open_points
from stemfleet.kits.label import label_kits
from stemfleet.kits.read import KitView, count_kits, list_kits, show_kit
from stemfleet.kits.report import confirm_receipt, list_reports, report_kit
from stemfleet.kits.states import move_kit
from stemfleet.kits.tags import find_kit, parse_tag

__all__ = [
    "KitView",
    "OpenPoint",
    "boards_of",
    "confirm_receipt",
    "count_kits",
    "count_run",
    "find_kit",
    "label_kits",
    "list_kits",
    "list_reports",
    "move_kit",
    "open_points",
    "parse_tag",
    "receive_kits",
    "report_kit",
    "show_kit",
]
