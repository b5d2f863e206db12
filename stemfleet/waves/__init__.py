"""Waves: who applies with what, the allocation, who got what and why."""

from stemfleet.allocation.draw import PLANNING
from stemfleet.waves.prizes import Winner, award_prizes
from stemfleet.waves.read import AwardRow, LotView, WaveView, list_waves, read_bundle, show_wave
from stemfleet.waves.run import Draw, run_wave

__all__ = [
    "PLANNING",
    "AwardRow",
    "Draw",
    "LotView",
    "WaveView",
    "Winner",
    "award_prizes",
    "list_waves",
    "read_bundle",
    "run_wave",
    "show_wave",
]
