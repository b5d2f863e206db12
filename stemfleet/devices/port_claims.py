"""One board at a time on a port: two slots of this program may name the same one."""

import os
import threading

from stemfleet.devices.line import port_fault
from stemfleet.devices.run import Run
from stemfleet.words import Reason

_CLAIMS: dict[str, Run] = {}
_LOCK = threading.Lock()


def claim_port(run: Run) -> None:
    """The port is the run's until `release_port`. Raises BoardError port_busy when another run has it."""
    with _LOCK:
        holder = _CLAIMS.setdefault(os.path.realpath(run.port), run)
    if holder is not run:
        raise port_fault(Reason.PORT_BUSY, run.port)


def release_port(run: Run) -> None:
    """Whatever the run has claimed."""
    with _LOCK:
        for port in [port for port, holder in _CLAIMS.items() if holder is run]:
            del _CLAIMS[port]
