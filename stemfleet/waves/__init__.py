"""Waves: who applies with what, the allocation, who got what and why."""

from stemfleet.allocation.draw import PLANNING
from stemfleet.waves.plan import LotPlan, Plan, ReservePlan, Selected, compare_plans, plan_wave
from stemfleet.waves.prizes import Winner, award_prizes
from stemfleet.waves.read import AwardRow, LotView, WaveView, list_waves, read_bundle, show_wave
from stemfleet.waves.run import Draw, run_wave
from stemfleet.waves.whatif import (
    compare_wave,
    drop_comparison,
    keep_comparison,
    list_comparisons,
    show_comparison,
)

__all__ = [
    "PLANNING",
    "AwardRow",
    "Draw",
    "LotPlan",
    "LotView",
    "Plan",
    "ReservePlan",
    "Selected",
    "WaveView",
    "Winner",
    "award_prizes",
    "compare_plans",
    "compare_wave",
    "drop_comparison",
    "keep_comparison",
    "list_comparisons",
    "list_waves",
    "plan_wave",
    "read_bundle",
    "run_wave",
    "show_comparison",
    "show_wave",
]
