"""Of the bench: outcomes, reasons with their remedies, phases, measurements."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

OUTCOMES: Labels = {
    "PASS": _("Passed"),
    "FAIL": _("Failed"),
    "ERROR": _("Not tested"),
    "TIMEOUT": _("No answer in time"),
    "ABORTED": _("Stopped"),
}

STATUSES: Labels = {
    "empty": _("Empty"),
    "waiting": _("Waiting"),
    "skipped": _("Left out"),
    "interrupted": _("Interrupted"),
    "running": _("Working"),
    "done": _("Done"),
}

PHASES: Labels = {
    "prepare": _("Prepare"),
    "identify": _("Identify"),
    "flash": _("Write"),
    "verify": _("Compare"),
    "check": _("Test"),
    "finish": _("Finish"),
}

REASONS: Labels = {
    "port_missing": _("The port is not there."),
    "port_busy": _("Another program uses the port."),
    "port_denied": _("This account may not use the port."),
    "tool_missing": _("A program that is needed is not installed."),
    "silent": _("The board does not answer."),
    "phase_timeout": _("It took longer than it may."),
    "stopped": _("Stopped by a person."),
    "unplugged": _("The board was unplugged."),
    "restarted": _("The board started anew in the middle."),
    "wrong_board": _("This is another kind of board. Nothing was written."),
    "verify_mismatch": _("What is on the board is not what was written."),
    "flash_refused": _("The board refuses this firmware."),
    "flash_interrupted": _("Writing was interrupted."),
    "unreadable": _("The board sends what nobody can read."),
    "no_answer": _("The program on the board does not answer."),
    "firmware_changed": _("The firmware file is not the approved one."),
    "bad_image": _("The firmware file is none for this board. Nothing was written."),
    "other_kit": _("The board belongs to another kit."),
    "kit_full": _("The kit has all its boards of this kind; this one was not put into it."),
    "duplicate_id": _("Another board has the same identity."),
    "clone": _("The board is a copy of the original make."),
    "no_identity": _("It passed, but tells no identity of its own: the kit does not have it yet."),
    "maintenance": _("The board is in maintenance mode."),
    "drive_missing": _("The board's drive does not show."),
    "undecided": _("The board may be of several kinds. Nothing was done."),
    "practice_image": _("The image is for practice on virtual boards only."),
    "disk_full": _("The disk of the computer is full."),
    "internal": _("A fault of the program, not of the board."),
}

REMEDIES: Labels = {
    "port_missing": _("Plug the board in, or try another cable, and start again."),
    "port_busy": _("Close the other program and start again."),
    "port_denied": _("Ask for the right to use serial ports, sign in to the computer anew, and start again."),
    "tool_missing": _("Details say what to install and how."),
    "silent": _("Check the cable, press reset, and start again."),
    "phase_timeout": _("Start again; if it happens twice, try another cable and another slot."),
    "stopped": _("Start again when you are ready."),
    "unplugged": _("Plug it in again and start from the beginning."),
    "restarted": _("Its power is too weak: try another cable or a powered hub, and start again."),
    "wrong_board": _("Put it into a slot for its kind, or check what the kit is."),
    "verify_mismatch": _("Put the board aside as faulty."),
    "flash_refused": _("Put the board aside as faulty."),
    "flash_interrupted": _("Start again; if it happens twice, try another cable."),
    "unreadable": _("Start again; if it happens twice, try another cable."),
    "no_answer": _("The program has an error, or is none that answers: tell those who look after the recipes."),
    "firmware_changed": _("Do not use the file. Ask for the approved one."),
    "bad_image": _("Details say what is wrong with the file. Give the right one."),
    "other_kit": _("Put it back into its own kit."),
    "kit_full": _("Take one out of the kit first, or scan another kit's tag."),
    "duplicate_id": _("Put the board aside and tell the support organisation."),
    "clone": _("It may be used; tell the support organisation."),
    "no_identity": _("Scan or type the serial number of the machine, and start it again."),
    "maintenance": _("Unplug it and plug it in again without pressing reset."),
    "drive_missing": _("Unplug it, plug it in again, and wait for its drive."),
    "undecided": _("Scan the tag of its kit first, or give the position a recipe."),
    "practice_image": _("Use the approved image for real boards."),
    "disk_full": _("Make room on the disk of the computer, and start again."),
    "internal": _("Start again; if it happens twice, tell those who look after the program."),
}

MEASUREMENTS: Labels = {
    "supply": _("Supply voltage"),
    "ram_tested": _("Memory tested"),
    "ram_errors": _("Memory errors"),
    "eeprom_errors": _("EEPROM errors"),
    "pins_short": _("Pins in short circuit"),
    "pins_stuck": _("Stuck pins"),
    "adc_zero": _("Analogue input, zero"),
    "heap_free": _("Free memory"),
    "file_errors": _("File errors"),
    "display_errors": _("Display errors"),
    "buttons_stuck": _("Stuck buttons"),
    "gravity": _("Gravity"),
    "magnetic_field": _("Magnetic field"),
    "temperature": _("Temperature"),
    "radio_errors": _("Radio errors"),
    "a0": _("Analogue input A0"),
    "oscillator": _("Deviation of the clock"),
    "fan": _("Fan"),
    "homing": _("Homing"),
    "homing_time": _("Time of homing"),
    "thermal_protection": _("Thermal protection of the firmware"),
    "warm_up_rise": _("Rise of the temperature in the warm-up"),
    "warm_up_overshoot": _("Overshoot of the warm-up"),
    "M92_X": _("Steps of axis X"),
    "M92_Y": _("Steps of axis Y"),
    "M92_Z": _("Steps of axis Z"),
    "M92_E": _("Steps of the extruder"),
    "hotend": _("Temperature of the nozzle"),
    "bed": _("Temperature of the bed"),
    "hotend2": _("Temperature of the second nozzle"),
    "chamber": _("Temperature of the chamber"),
    "filament": _("Filament sensor"),
    "z_probe": _("Bed probe"),
    "x_min": _("End stop X"),
    "y_min": _("End stop Y"),
    "z_min": _("End stop Z"),
    "cpu_frequency": _("Processor frequency"),
    "flash_size": _("Size of the flash memory"),
    "fs_size": _("Size of the file system"),
    "fs_free": _("Free in the file system"),
    "wifi_networks": _("Wi-Fi networks in sight"),
}

UNITS: Labels = {
    "C": "°C",
    "LEDs": _("LEDs"),
    "pins": _("pins"),
    "pairs": _("pairs"),
    "buttons": _("buttons"),
    "counts": _("counts"),
    "bytes": "B",
}

VALUES: Labels = {
    "open": _("open"),  # of end stops
    "triggered": _("pressed"),
    "taken": _("order taken"),  # of a fan
    "refused": _("order refused"),
    "done": _("done"),  # of homing
    "failed": _("failed"),
    "on": _("in force"),
    "off": _("not in force"),
    "pass": _("in order"),  # of a checklist's steps
    "fail": _("not in order"),
}

DIMENSIONS: Labels = {
    "model": _("Model"),
    "lot": _("Delivery lot"),
    "supplier": _("Supplier"),
    "slot": _("Slot"),
    "day": _("Day"),
}

SCANS: Labels = {
    "START": _("Start, or again"),
    "CHECK": _("Test only"),
    "STOP": _("Stop"),
    "SKIP": _("Leave out"),
    "ALL": _("Start all"),
    "SLOT": _("Go to this position"),
}
