"""Of kits and their gate."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

STATES: Labels = {
    "received": _("Received"),
    "provisioned": _("Boards prepared"),
    "ready": _("Ready"),
    "reserved": _("Reserved"),
    "packed": _("Packed"),
    "shipped": _("On its way"),
    "delivered": _("Delivered"),
    "in_use": _("In use"),
    "faulty": _("Faulty"),
    "in_repair": _("In repair"),
    "replaced": _("Replaced"),
    "lost": _("Lost"),
    "retired": _("Retired"),
}

OPEN_POINTS: Labels = {
    "failed": _("its newest test failed"),
    "board_missing": _("a board is missing"),
    "not_passed": _("a board has not passed"),
    "half_written": _("writing a board was cut off in the middle"),
    "interrupted": _("the program ended in the middle of a board"),
    "old_firmware": _("a board passed with firmware that is no longer current"),
    "old_test": _("a board passed a test that is no longer current"),
    "no_release": _("nobody has approved a firmware release for this kind of board"),
    "no_checklist": _("its checklist is not done"),
}
