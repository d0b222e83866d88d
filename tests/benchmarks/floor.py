"""The addresses of the product, and three that answer a constant body: what any answer costs that is not computed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from bpo.models import Scorecard
from bpo.views.access import page_for
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as of_the_product

BODIES: dict[str, bytes] = {}
"""By name the constant body."""

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class Floor(APIView):
    """Signed in by key or session, one query, a constant JSON."""

    def get(self, request: Request, name: str) -> HttpResponse:
        Scorecard.objects.filter(pk=1).exists()
        return HttpResponse(BODIES[name], content_type="application/json")


@page_for()
def floor_page(request: HttpRequest, name: str) -> HttpResponse:
    """Signed in, one query, a constant page."""
    Scorecard.objects.filter(pk=1).exists()
    return HttpResponse(BODIES[name])


urlpatterns: list[Any] = [
    path("api/v1/floor/<name>/", Floor.as_view()),
    path("floor/<name>/", floor_page),
    *of_the_product,
]
