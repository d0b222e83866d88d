"""The executive overview: one screen, one printed page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bpo.queries.alert_words import period_words
from bpo.queries.overview import GRAINS, overview
from bpo.queries.overview_words import sentences
from bpo.reports.editions import EDITIONS, editions_for
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import FIRST_YEAR, LAST_YEAR, day_of
from kpis.api.reports import download
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from vendors import clock
from vendors.actors import Capability
from vendors.kept import kept_page
from vendors.models import Vendor

GRAIN_WORDS = {
    PeriodKind.WEEK: _("Week"),
    PeriodKind.MONTH: _("Month"),
    PeriodKind.QUARTER: _("Quarter"),
    PeriodKind.YEAR: _("Year"),
}


@require_safe
@page_for(Capability.READ_RESULTS)
def overview_file(request: PageRequest, edition: str) -> HttpResponse:
    """Hand out what the page shows as a document (``?grain=&on=&vendor=``), in the language of the page."""
    document = EDITIONS.get(edition)
    if document is None:
        raise Http404
    if not document.is_for(request.actor):
        raise PermissionDenied
    now, vendor = clock.now(), request.GET.get("vendor", "")
    if vendor and not document.is_of_one_vendor:
        raise BadRequest
    period = period_of(_grain(request), _day(request) or clock.local_date(now, settings.TIME_ZONE))
    seen = Vendor.objects.visible_to(request.actor.limited_to(Capability.READ_RESULTS))
    if vendor and not seen.filter(code=vendor).exists():
        raise Http404
    language = (get_language() or "ko")[:2]
    content = document.render(request.actor, period, language, now=now, vendor=vendor)
    return download(content, document.media_type, document.file_name(period, language, vendor))


@require_safe
@page_for(Capability.READ_RESULTS)
@kept_page
def overview_page(request: PageRequest) -> HttpResponse:
    """Show the programme in one week, month, quarter or year (``?grain=&on=``, ``?vendor=``)."""
    kind, day, vendor = _grain(request), _day(request), request.GET.get("vendor", "")
    page = overview(request.actor, kind, day, now=clock.now(), vendor=vendor)
    current = period_of(kind, clock.local_date(clock.now(), settings.TIME_ZONE))
    context = {
        "page": page,
        "sentences": sentences(page),
        "grains": [(one.value, label, one is kind) for one, label in GRAIN_WORDS.items()],
        "title": period_words(kind.value, page.period.start),
        "query": _query(page.period, vendor),
        "editions": [one for one in editions_for(request.actor) if one.is_of_one_vendor or not vendor],
        "previous": _beside(page.period.previous(), vendor),
        "following": _beside(page.period.next(), vendor),
        "is_of_finals": not request.reader.sees_scorecard_drafts,
        "is_current": page.period == current,
        "current_query": _query(current, vendor),
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
    name = period_words(period.kind.value, period.start)
    return {"name": name, "start": period.start, "query": _query(period, vendor)}


def _query(period: Period, vendor: str) -> str:
    """Return what an address needs to show this period."""
    query = QueryDict(mutable=True)
    query.update({"grain": period.kind.value, "on": period.start.isoformat(), **({"vendor": vendor} if vendor else {})})
    return query.urlencode()


def _vendors(request: PageRequest) -> list[Vendor]:
    mine = Vendor.objects.visible_to(request.actor.limited_to(Capability.READ_RESULTS))
    return list(mine.filter(is_active=True).order_by("name"))
