"""The executive overview: one screen, one printed page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bpo.queries.alert_words import period_words
from bpo.queries.overview import GRAINS, overview
from bpo.queries.overview_words import sentences
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import FIRST_YEAR, LAST_YEAR, day_of
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from vendors import clock
from vendors.actors import Capability
from vendors.models import Vendor

GRAIN_WORDS = {
    PeriodKind.WEEK: _("Week"),
    PeriodKind.MONTH: _("Month"),
    PeriodKind.QUARTER: _("Quarter"),
    PeriodKind.YEAR: _("Year"),
}


@require_safe
@page_for(Capability.READ_RESULTS)
def overview_page(request: PageRequest) -> HttpResponse:
    """Show the programme in one week, month, quarter or year (``?grain=&on=``, ``?vendor=``)."""
    kind, day, vendor = _grain(request), _day(request), request.GET.get("vendor", "")
    page = overview(request.actor, kind, day, now=clock.now(), vendor=vendor)
    context = {
        "page": page,
        "sentences": sentences(page),
        "grains": [(one.value, label, one is kind) for one, label in GRAIN_WORDS.items()],
        "title": period_words(kind.value, page.period.start),
        "previous": _beside(page.period.previous(), vendor),
        "following": _beside(page.period.next(), vendor),
        "vendors": _vendors(request),
        "vendor": vendor,
    }
    return render(request, "bpo/overview.html", context)


def _grain(request: PageRequest) -> PeriodKind:
    given = request.GET.get("grain", "") or PeriodKind.MONTH.value
    if given not in {kind.value for kind in GRAINS}:
        raise BadRequest
    return PeriodKind(given)


def _day(request: PageRequest) -> date | None:
    given = request.GET.get("on", "")
    try:
        return day_of(given) if given else None
    except ValueError as error:
        raise BadRequest from error


def _beside(period: Period, vendor: str) -> dict[str, Any] | None:
    """Return the name and the address of the period before or after; null beyond what pages show."""
    if not FIRST_YEAR < period.start.year < LAST_YEAR:
        return None
    query = QueryDict(mutable=True)
    query.update({"grain": period.kind.value, "on": period.start.isoformat(), **({"vendor": vendor} if vendor else {})})
    return {"name": period_words(period.kind.value, period.start), "query": query.urlencode()}


def _vendors(request: PageRequest) -> list[Vendor]:
    mine = Vendor.objects.visible_to(request.actor.limited_to(Capability.READ_RESULTS))
    return list(mine.filter(is_active=True).order_by("name"))
