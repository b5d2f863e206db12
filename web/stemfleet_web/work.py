"""Long work: a use case that runs while its person goes on, tells how far it is, and leads to a page when it is done.

@task("publish_points")
def publish_points(workshop, person, facts, progress): ...  # gives the path of the page to show
return start_work("publish_points", {"wave": wave}, about=wave)  # in the page that starts it
"""

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from stemfleet_web.door import the_door
from stemfleet_web.persons import the_person
from stemfleet_web.protection import safe_target
from stemfleet_web.workroom import Progress, is_task, task

__all__ = ["Progress", "start_work", "task"]


def start_work(
    kind: str, facts: dict[str, Any], *, about: str = "", key: str | None = None, back: str | None = None
) -> Response:
    """Starts a work as the signed-in person and leads to its page.

    `facts`: what the task is given, a JSON object; `about`: what it is about, such as a wave, shown beside its title.
    A second work of the same kind and `key` (`about` when none is given) is not started while the first waits or runs.
    `back`: the page to go back to if it fails; the one that the form was on when none is named.
    """
    assert is_task(kind), f"no task does {kind}"
    work = the_door().work.start(kind, facts, the_person(), about=about, key=key, back=back or _page_before())
    return redirect(url_for("work.show", work=work), code=303)


def _page_before() -> str:
    """The path of the page that the form was on."""
    parts = urlsplit(request.referrer or "")
    path = parts._replace(scheme="", netloc="").geturl() if parts.netloc == request.host else None
    return safe_target(path, url_for("work.works"))
