"""What every request passes through: an id, and the security headers on every answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from vendors.correlation import request_id

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}\Z")

API = "/api/"
ADMIN = "/admin/"

_STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
# The admin's theme evaluates its own scripts; it may not ask another host either.
_ADMIN = {**_STRICT, "script-src": "'self' 'unsafe-inline' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}

_OF_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(),"
        " payment=(), usb=()"
    ),
}


def content_security_policy(path: str) -> str:
    """Return the policy of an address: strict everywhere, its own for the admin."""
    rules = _ADMIN if path.startswith(ADMIN) else _STRICT
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class RequestIdMiddleware:
    """Give the request an id: the caller's ``X-Request-ID`` where it is well formed, else a fresh one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if _WELL_FORMED.match(given) else uuid.uuid4().hex)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.get())
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            # What the logs know of the request stays until the next one: Django writes its own line after this.
            request_id.reset(token)


class SecurityHeadersMiddleware:
    """Put the security headers on every answer; refuse a host that is not ours before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = _refused_host(request) or self.get_response(request)
        for name, value in _OF_EVERY_ANSWER.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(request.path))
        if request.path.startswith(API):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refused_host(request: HttpRequest) -> HttpResponse | None:
    if not request.path.startswith(API):
        return None
    try:
        request.get_host()
    except DisallowedHost:
        from vendors.api.problems import problem  # the settings load middleware before the API's translations

        return problem(
            request, status=400, code="bad_host", detail=_("The host of the request is not one of this service.")
        )
    return None
