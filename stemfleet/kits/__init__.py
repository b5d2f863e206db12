"""Kits from receipt to retirement: tags, boards, the gate, labels, what schools report."""

from stemfleet.kits.approve import Image, approve_release
from stemfleet.kits.assemble import BEFORE_RESERVING, count_run, put_into_kit, receive_kits, take_out
from stemfleet.kits.files import kit_archive, read_file
from stemfleet.kits.gate import Gate, OpenPoint, boards_of, counted_runs, gate_of, open_points
from stemfleet.kits.hand_over import hand_over_kits
from stemfleet.kits.label import label_kits
from stemfleet.kits.legacy import confirm_legacy, deny_legacy
from stemfleet.kits.override import ask_override, decide_override, list_waiting_overrides
from stemfleet.kits.read import KitView, count_kits, list_kits, show_kit
from stemfleet.kits.releases import (
    list_current_firmware,
    list_releases,
    newest_releases,
    with_release,
)
from stemfleet.kits.report import confirm_receipt, list_reports, report_kit
from stemfleet.kits.room import check_fits, check_room
from stemfleet.kits.stale import stale_kits
from stemfleet.kits.states import move_kit
from stemfleet.kits.tags import find_kit, is_tag, latin_keys, parse_tag

__all__ = [
    "BEFORE_RESERVING",
    "Gate",
    "Image",
    "KitView",
    "OpenPoint",
    "approve_release",
    "ask_override",
    "boards_of",
    "check_fits",
    "check_room",
    "confirm_legacy",
    "confirm_receipt",
    "count_kits",
    "count_run",
    "counted_runs",
    "decide_override",
    "deny_legacy",
    "find_kit",
    "gate_of",
    "hand_over_kits",
    "is_tag",
    "kit_archive",
    "label_kits",
    "latin_keys",
    "list_current_firmware",
    "list_kits",
    "list_releases",
    "list_reports",
    "list_waiting_overrides",
    "move_kit",
    "newest_releases",
    "open_points",
    "parse_tag",
    "put_into_kit",
    "read_file",
    "receive_kits",
    "report_kit",
    "show_kit",
    "stale_kits",
    "take_out",
    "with_release",
]
