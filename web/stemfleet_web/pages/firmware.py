"""Which firmware is current for each kind of board; the support organisation approves releases of open recipes."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.devices.families.images import LARGEST_IMAGE
from stemfleet.errors import StemfleetError
from stemfleet.kits import Image, approve_release, list_current_firmware, list_releases
from stemfleet.words import Role
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.persons import STAFF, only, person_or_none, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("firmware", __name__)


@blueprint.url_value_preprocessor
def _large(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the form, and for those only who may send it: an image is larger than any other form."""
    person = person_or_none() if endpoint == "firmware.approve" else None
    if person is not None and person.role is Role.NSO:
        request.max_content_length = LARGEST_IMAGE + 100_000


@blueprint.get("/firmware")
@only(*STAFF)
def firmware() -> str:
    return _page()


def _page(problem: str | None = None) -> str:
    door = the_door()
    return render_template(
        "kits/firmware.html",
        current=list_current_firmware(door.workshop),
        past=list_releases(door.store),
        recipes=door.workshop.recipes,
        may_approve=the_person().role is Role.NSO,
        typed=request.form,
        problem=problem,
    )


@blueprint.post("/firmware")
@only(Role.NSO)
def approve() -> AnyResponse | tuple[str, int]:
    """Says how many kits have to be done again now."""
    form, door = request.form, the_door()
    try:
        approval = approve_release(
            door.workshop,
            the_person(),
            form.get("recipe", ""),
            form.get("version", ""),
            name=form.get("name", ""),
            sha256=form.get("sha256", ""),
            image=_image(request.files.get("file")),
        )
    except StemfleetError as error:
        return _page(sentence(error)), status_of(error)
    release, stale = approval.release, len(approval.stale)
    flash(_("%(name)s %(version)s is the current firmware now.", name=release.name, version=release.version), "good")
    if not stale:
        return redirect(url_for(".firmware"))
    flash(
        ngettext(
            "%(num)d kit that was ready has to be done again.",
            "%(num)d kits that were ready have to be done again.",
            stale,
        ),
        "bad",
    )
    return redirect(url_for("gate.stale"))


def _image(file: FileStorage | None) -> Image | None:
    return Image(file.filename, file.read()) if file is not None and file.filename else None
