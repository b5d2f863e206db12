"""Waves: who applies with what, the allocation, who got what and why."""

from stemfleet.allocation.draw import PLANNING
from stemfleet.waves.lists import Chosen, Line, ResultList, Standing, list_cutoffs, list_results
from stemfleet.waves.plan import LotPlan, Plan, ReservePlan, Selected, compare_plans, plan_wave
from stemfleet.waves.prizes import Winner, award_prizes
from stemfleet.waves.read import (
    AwardRow,
    LotView,
    WaveView,
    list_bundle,
    list_waves,
    read_bundle,
    read_bundle_file,
    show_wave,
)
from stemfleet.waves.run import Draw, run_wave
from stemfleet.waves.standing import Absent, Happened, SchoolStanding, Why, find_school, show_standing
from stemfleet.waves.whatif import (
    compare_wave,
    drop_comparison,
    keep_comparison,
    list_comparisons,
    show_comparison,
)

__all__ = [
    "PLANNING",
    "Absent",
    "AwardRow",
    "Chosen",
    "Draw",
    "Happened",
    "Line",
    "LotPlan",
    "LotView",
    "Plan",
    "ReservePlan",
    "ResultList",
    "SchoolStanding",
    "Selected",
    "Standing",
    "WaveView",
    "Why",
    "Winner",
    "award_prizes",
    "compare_plans",
    "compare_wave",
    "drop_comparison",
    "find_school",
    "keep_comparison",
    "list_bundle",
    "list_comparisons",
    "list_cutoffs",
    "list_results",
    "list_waves",
    "plan_wave",
    "read_bundle",
    "read_bundle_file",
    "run_wave",
    "show_comparison",
    "show_standing",
    "show_wave",
]
