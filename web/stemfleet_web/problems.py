"""What goes wrong becomes a page, or JSON below /api: a sentence, a fitting status, never a stack trace."""

from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import Busy, InputError, NotFound, Refused, StemfleetError
from stemfleet_web.language import sentence
from stemfleet_web.persons import NotSignedIn, NotYours
from stemfleet_web.templating import size

_STATUS: tuple[tuple[type[StemfleetError], int], ...] = (
    (NotYours, 403),
    (NotFound, 404),
    (InputError, 400),
    (Refused, 409),
    (Busy, 409),
)


def install(app: Flask) -> None:
    app.register_error_handler(StemfleetError, _of_ours)
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(CSRFError, _old_form)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _bug)


def status_of(error: StemfleetError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 503)


def in_api() -> bool:
    return request.path.startswith("/api/")


def _of_ours(error: StemfleetError) -> Response:
    return answer(sentence(error), status_of(error))


def _not_signed_in(_error: NotSignedIn) -> Response | AnyResponse:
    if in_api():
        return answer(_("Sign in first."), 401)
    if request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        session["return_to"] = request.full_path.rstrip("?")
    return redirect(url_for("signin.how"))


def _old_form(_error: CSRFError) -> Response:
    return answer(_("This form is too old or did not come from this site. Nothing was changed. Try again."), 400)


def _of_http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    sentences = {
        404: _("There is no such page."),
        405: _("This address is not used in this way."),
        413: _too_large(),
    }
    text = sentences.get(error.code, _("The request could not be understood."))
    response = answer(text, error.code, back=_form_of_this_site() if error.code == 413 else None)
    response.headers.extend(
        (name, value) for name, value in error.get_headers(request.environ) if name.lower() == "allow"
    )
    return response


def _too_large() -> str:
    """With the limit of this form, when that is what was passed."""
    limit, sent = request.max_content_length, request.content_length
    if limit is None or sent is None or sent <= limit:
        return str(_("What was sent is too large. Nothing was stored."))
    return str(
        _(
            "What was sent is too large: %(sent)s, and this form takes %(limit)s at most, all its files together. "
            "Nothing was stored. Go back and choose smaller files, or fewer.",
            sent=size(sent),
            limit=size(limit),
        )
    )


def _form_of_this_site() -> str | None:
    """Where the form was that the browser sent; None when it does not say so, or names another site."""
    came_from = urlsplit(request.referrer or "")
    return came_from.path or None if came_from.netloc == request.host else None


def _bug(error: Exception) -> Response:
    current_app.logger.error("A page failed: %s %s", request.method, request.path, exc_info=error)
    return answer(_("Something went wrong on our side. It was written to the log; nothing was half done."), 500)


def answer(text: str, status: int, back: str | None = None) -> Response:
    """The sentence as a page, or as JSON `{"error": …}` below /api. `back`: the page to go on with."""
    if in_api():
        return make_response(jsonify(error=text), status)
    return make_response(render_template("problem.html", text=text, status=status, back=back), status)
