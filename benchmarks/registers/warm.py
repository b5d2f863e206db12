"""One import within a program that runs already, as the page does it.  python warm.py stemfleet|plain REGISTER DATABASE

Prints the seconds of wall and CPU time. Nothing is read before them: the libraries are loaded and the database is open,
as they are in a server, but no name is known yet.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

way, register, database = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])


def plain() -> Callable[[], object]:
    from floor import load

    return lambda: load(register, database)


def stemfleet() -> Callable[[], object]:
    from stemfleet.accounts import console_person
    from stemfleet.schools import apply_import, plan_import
    from stemfleet.workshop import Workshop

    workshop = Workshop.open(f"sqlite:///{database}", database.parent)
    person = console_person(workshop.store)
    return lambda: apply_import(workshop.store, person, plan_import(workshop.store, "schools", register))


work = {"plain": plain, "stemfleet": stemfleet}[way]()
gc.freeze()  # as the command that starts the server does
wall, cpu = time.perf_counter(), time.process_time()
work()
sys.stdout.write(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
