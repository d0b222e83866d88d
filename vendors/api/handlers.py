"""Errors outside of REST views: a problem document under ``/api/``, Django's own pages elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from vendors.api.problems import not_found_problem, problem, server_error_problem
from vendors.middleware import API


@csrf_exempt
def api_not_found(request: HttpRequest) -> HttpResponseBase:
    """Answer every address under ``/api/`` that nothing else answers."""
    return not_found_problem(request)


def bad_request(request: HttpRequest, exception: Any) -> HttpResponseBase:
    """``handler400`` of the site."""
    if request.path.startswith(API):
        return problem(request, status=400, code="bad_request", detail=_("The request is malformed."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Any) -> HttpResponseBase:
    """``handler403`` of the site."""
    if request.path.startswith(API):
        return problem(request, status=403, code="role", detail=_("Your role does not include this function."))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Any) -> HttpResponseBase:
    """``handler404`` of the site."""
    return not_found_problem(request) if request.path.startswith(API) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """``handler500`` of the site."""
    return server_error_problem(request) if request.path.startswith(API) else defaults.server_error(request)
