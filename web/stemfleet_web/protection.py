"""Headers that every answer carries, and redirects that never leave this site."""

from itertools import chain
from urllib.parse import urlsplit

from flask import Flask, Response, request

from stemfleet.errors import InputError

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # the small pictures inside Bootstrap's own style sheet
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def install(app: Flask) -> None:
    app.before_request(_no_nul)
    app.after_request(_headers)


def _no_nul() -> None:
    """No text of a person holds a NUL, and PostgreSQL stores none."""
    given = chain((request.view_args or {}).values(), request.args.values(), request.form.values())
    if any("\0" in str(value) for value in given):
        raise InputError("The request holds a character that no text has (NUL). Type it again.")


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")  # a one-time link is told to nobody
    if response.mimetype != "application/pdf":  # browsers show a PDF by a viewer of their own
        headers.setdefault("Content-Security-Policy", _POLICY)
    if request.endpoint not in {"static", "bootstrap.static"}:
        headers.setdefault("Cache-Control", "no-store" if response.status_code >= 400 else "private, no-cache")
        response.vary.add("Cookie")
    return response


def safe_target(target: str | None, otherwise: str) -> str:
    """`target` if it is a path on this site, else `otherwise`."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target) else target
