"""Of long work."""

from flask_babel import lazy_gettext as _

from stemfleet_web.words.labels import Labels

WORK_STATES: Labels = {
    "waiting": _("Waiting"),
    "running": _("Working"),
    "done": _("Done"),
    "failed": _("Did not succeed"),
    "interrupted": _("Interrupted"),
    "stopped": _("Stopped"),
}

WORK: Labels = {  # titles of long work, by its kind
    "points_published": _("Publishing the provisional points"),
    "frozen": _("Freezing the inputs"),
    "drawn": _("Drawing"),
    "results_published": _("Publishing the results"),
    "finalized": _("Publishing the final lists"),
    "closed": _("Closing the round"),
    "whatif": _("What-if comparison"),
    "import_preview": _("Reading a file"),
    "import": _("Import"),
}

STEPS: Labels = {  # of long work
    "reading": _("Reading the file"),
    "applicants": _("Gathering the applicants"),
    "points": _("Adding up the points"),
    "allocation": _("Allocating"),
    "storing": _("Storing"),
}
