"""A bench whose boards wait to be started: what it uses, as JSON.  python idle.py microbit:16 SECONDS

As `stemfleet bench --watch` would: ports asked for once a second (the computer's own too), a database, no wall.
Processor use in percent of a core, memory in MiB: the program's own pages; of the boards their part of
shared ones, too.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import psutil
from meter import emulator_seconds, emulators

from stemfleet.bench import LiveBench
from stemfleet.devices.ports import Port, list_serial_ports
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.workshop import Workshop

SETTLE_S = 2.0
MIB = 2**20


def main(spec: str, seconds: float) -> None:
    recipes = load_recipes()
    with tempfile.TemporaryDirectory() as place, VirtualFleet(spec, Path(place) / "boards") as fleet:

        def ports() -> list[Port]:
            return [*list_serial_ports(recipes), *fleet.ports()]

        workshop = Workshop.open(f"sqlite:///{place}/stemfleet.sqlite", Path(place))
        live = LiveBench(workshop, [], "benchmark")
        live.watch(ports)
        time.sleep(SETTLE_S)
        began, ours, theirs = time.monotonic(), time.process_time(), emulator_seconds()
        time.sleep(seconds)
        spent = (time.monotonic() - began) / 100
        told = {
            "program_cpu": (time.process_time() - ours) / spent,
            "program_memory": psutil.Process().memory_full_info().uss / MIB,
            "emulator_cpu": (emulator_seconds() - theirs) / spent,
            "emulator_memory": sum(process.memory_full_info().pss for process in emulators()) / MIB,
        }
        live.close()
        workshop.store.close()
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
