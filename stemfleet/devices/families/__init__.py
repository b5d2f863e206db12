"""One module per family of boards, imported when the first board of it is run.

`checklist.py` has no driver: a person goes through it, and `checklist_record` makes the record.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stemfleet.devices.run import Driver

# What the `family` of a recipe may be, besides "checklist": docs/adding.md says how to add one.
FAMILIES = {
    "arduino": "stemfleet.devices.families.arduino:ArduinoDriver",
    "printer": "stemfleet.devices.families.printer:PrinterDriver",
    "microbit": "stemfleet.devices.families.microbit:MicrobitDriver",
    "esp": "stemfleet.devices.families.esp:EspDriver",
}


def driver_of(family: str) -> "type[Driver]":
    """The driver's class. The family is one of FAMILIES: recipes are checked when they are read, and a checklist is
    not run."""
    module, _, name = FAMILIES[family].partition(":")
    driver: type[Driver] = getattr(importlib.import_module(module), name)
    return driver
