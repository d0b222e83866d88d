"""The client's own scorecard (발주사 평가표): the other side of the monthly meeting."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bpo.queries.alert_words import period_words
from bpo.queries.client_card import GRAINS, client_card
from bpo.services.money import price
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of, within_years
from kpis.calc.facts import PeriodKind
from vendors import clock
from vendors.actors import Capability

GRAIN_WORDS = {PeriodKind.MONTH: _("Month"), PeriodKind.QUARTER: _("Quarter")}


@require_safe
@page_for(Capability.READ_RESULTS)
def client_page(request: PageRequest) -> HttpResponse:
    """Show one month or quarter (``?grain=&month=2026-10``); somebody of a vendor reads what concerns its queues."""
    kind = _grain(request)
    page = client_card(request.actor, kind, month_of(request.GET.get("month", "")), now=clock.now(), price=price)
    context = {
        "page": page,
        "title": period_words(kind.value, page.period.start),
        "grains": [(one.value, GRAIN_WORDS[one], one is kind) for one in GRAINS],
        "previous": within_years(page.period.previous().start),
        "following": within_years(page.period.next().start),
        "reads_forecasts": request.actor.may(Capability.READ_FIGURES),
        "is_of_a_vendor": request.actor.is_of_a_vendor,
    }
    return render(request, "bpo/client.html", context)


def _grain(request: PageRequest) -> PeriodKind:
    given = request.GET.get("grain", "") or PeriodKind.MONTH.value
    if given not in {one.value for one in GRAINS}:
        raise BadRequest
    return PeriodKind(given)
