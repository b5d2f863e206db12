"""The bench as its users know it: boards are run, every record is kept, kits follow."""

from stemfleet.bench.live import LiveBench
from stemfleet.bench.records import keep_run

__all__ = ["LiveBench", "keep_run"]
