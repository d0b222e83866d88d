"""The one place where an error becomes an answer: RFC 9457 problem documents, in the reader's language."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from vendors.correlation import request_id
from vendors.errors import DomainError, RowError

log = logging.getLogger("api")

MOST_ERRORS = 5_000
RETRY_SECONDS = 5

TITLES = {
    400: _("The request cannot be read"),
    401: _("Sign in first"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not available in that format"),
    409: _("Not possible in the present state"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Some rows are wrong"),
    429: _("Too many requests"),
    500: _("Something went wrong on our side"),
    503: _("Busy, try again"),
}

WITHOUT_FIELD = frozenset({"non_field_errors", "detail"})


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: Any,
    errors: Sequence[RowError] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a problem document. Texts are rendered in the language the request asks for, codes as they are."""
    with override(get_language_from_request(request)):
        document = {
            "type": f"urn:bpo:problem:{code}",
            "title": str(TITLES.get(status, TITLES[400])),
            "status": status,
            "detail": str(detail),
            "code": code,
            "errors": [error.as_dict() for error in errors[:MOST_ERRORS]],
            "request_id": request_id.get(),
            **(extra or {}),
        }
    body = json.dumps(document, ensure_ascii=False, default=str)
    response = HttpResponse(
        body.encode("utf-8", "replace"), status=status, content_type="application/problem+json", headers=headers
    )
    response.data = document  # type: ignore[attr-defined]  # what DRF's test client reads
    return response


def problem_response(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Turn any exception of a view into an answer (``EXCEPTION_HANDLER`` of REST framework)."""
    request = context["request"]
    request = getattr(request, "_request", request)
    set_rollback()
    for kind, answer in ANSWERS:
        if isinstance(exc, kind):
            return answer(exc, request)
    return unexpected(exc, request)


def unexpected(exc: Exception, request: HttpRequest) -> HttpResponse:
    """Log a fault of ours and say nothing about it but the request's id."""
    log.error("unexpected error", exc_info=exc, extra={"path": request.path})
    got_request_exception.send(sender=problem_response, request=request)
    return server_error_problem(request)


def server_error_problem(request: HttpRequest) -> HttpResponse:
    """Return the 500 document."""
    return problem(
        request,
        status=500,
        code="server_error",
        detail=_("This is our fault and has been logged. Quote the request_id when you ask about it."),
    )


def not_found_problem(request: HttpRequest) -> HttpResponse:
    """Return the 404 document: the same for what does not exist and for what is somebody else's."""
    detail = _("There is nothing at this address.")
    if not request.path.endswith("/"):
        detail = _("There is nothing at this address. Addresses of this API end with a slash.")
    return problem(request, status=404, code="not_found", detail=detail)


def _domain(exc: DomainError, request: HttpRequest) -> HttpResponse:
    retry_after = exc.extra.get("retry_after")
    return problem(
        request,
        status=exc.status,
        code=exc.code,
        detail=exc.detail,
        errors=exc.errors,
        extra={name: value for name, value in exc.extra.items() if name != "retry_after"},
        headers={"Retry-After": str(retry_after)} if retry_after else None,
    )


def _validation(exc: exceptions.ValidationError, request: HttpRequest) -> HttpResponse:
    errors = list(row_errors(exc.detail))
    codes = {error.code for error in errors}
    one = errors[0] if len(codes) == 1 else None
    code = one.code if one else "invalid"
    if one and len(errors) == 1:
        detail = one.detail
    else:
        detail = _("%(count)d things are wrong; see errors.") % {"count": len(errors)}
    return problem(request, status=exc.status_code, code=code, detail=detail, errors=errors)


def row_errors(detail: Any, path: tuple[str | int, ...] = ()) -> Iterator[RowError]:
    """Flatten the nested errors of REST framework into rows, fields and codes."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from row_errors(inner, (*path, int(key) if str(key).isdecimal() else key))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            leaf = isinstance(inner, exceptions.ErrorDetail | str)
            yield from row_errors(inner, path if leaf else (*path, index))
    else:
        row, field = _place(path)
        yield RowError(getattr(detail, "code", "invalid") or "invalid", str(detail), field, row)


def _place(path: tuple[str | int, ...]) -> tuple[int | None, str | None]:
    """Return row and field of an error: ``("rows", 3, "date")`` is row 3, field "date"."""
    row: int | None = None
    if path[:1] == ("rows",) and len(path) > 1 and isinstance(path[1], int):
        path = path[1:]
    if path and isinstance(path[0], int):
        row, path = path[0], path[1:]
    names = [str(part) for part in path if part not in WITHOUT_FIELD]
    return row, ".".join(names) or None


CODES_OF_OURS = {
    exceptions.NotAuthenticated: "auth_required",
    exceptions.AuthenticationFailed: "auth_invalid",
    exceptions.MethodNotAllowed: "method",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "media_type",
    exceptions.Throttled: "throttled",
    exceptions.NotFound: "not_found",
    exceptions.ParseError: "bad_request",
}


def _api(exc: exceptions.APIException, request: HttpRequest) -> HttpResponse:
    if isinstance(exc.detail, dict | list):
        return _validation(exceptions.ValidationError(exc.detail), request)
    code = str(exc.detail.code)
    if code == exc.default_code:
        code = CODES_OF_OURS.get(type(exc), code)
    if code == "permission_denied":
        code = "csrf" if "CSRF" in str(exc.detail) else "role"
    headers = {}
    if scheme := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = scheme
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return problem(request, status=exc.status_code, code=code, detail=exc.detail, headers=headers)


def _denied(exc: Exception, request: HttpRequest) -> HttpResponse:
    return problem(request, status=403, code="role", detail=_("Your role does not include this function."))


def _missing(exc: Exception, request: HttpRequest) -> HttpResponse:
    return not_found_problem(request)


def _too_big(exc: Exception, request: HttpRequest) -> HttpResponse:
    return problem(request, status=413, code="body_too_large", detail=_("The body is over the limit."))


def _suspicious(exc: Exception, request: HttpRequest) -> HttpResponse:
    return problem(request, status=400, code="bad_request", detail=_("The request is malformed."))


def _conflict(exc: Exception, request: HttpRequest) -> HttpResponse:
    log.warning("conflict in the database: %s", type(exc).__name__)
    return problem(
        request,
        status=409,
        code="conflict",
        detail=_(
            "This contradicts what is stored, or somebody stored the same at this moment. Read again, then retry."
        ),
    )


def _busy(exc: Exception, request: HttpRequest) -> HttpResponse:
    log.error("database not available", exc_info=exc)
    return problem(
        request,
        status=503,
        code="busy",
        detail=_("The database is busy or not reachable. Nothing was stored; send the same request again."),
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


ANSWERS: list[tuple[Any, Any]] = [
    (DomainError, _domain),
    (exceptions.ValidationError, _validation),
    ((Http404, exceptions.NotFound), _missing),
    (exceptions.APIException, _api),
    (PermissionDenied, _denied),
    (RequestDataTooBig, _too_big),
    (SuspiciousOperation, _suspicious),
    ((IntegrityError, ProtectedError, RestrictedError), _conflict),
    (OperationalError, _busy),
]
