"""The page of locked forecasts: what is there, and more of them pasted from a sheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpo.views.access import PageRequest, page_for
from kpis.choices import Forecaster, ForecastGrain
from kpis.models import Forecast
from kpis.services.forecasts import lock_forecasts
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, Invalid, RowError

MOST_LISTED = 200


class ForecastForm(forms.Form):
    """Forecasts of one grain, pasted as a table."""

    grain = forms.ChoiceField(label=gettext_lazy("Grain"), choices=ForecastGrain.choices)
    forecaster = forms.ChoiceField(label=gettext_lazy("Forecast by"), choices=Forecaster.choices)
    band = forms.DecimalField(
        label=gettext_lazy("Band (per cent)"), initial=10, min_value=0, max_value=1000, decimal_places=2
    )
    measure = forms.CharField(label=gettext_lazy("Measure"), initial="offered", max_length=64)
    locked_at = forms.DateTimeField(
        label=gettext_lazy("Locked at"), required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Only for forecasts that were agreed before they are entered here."),
    )  # fmt: skip
    rows = forms.CharField(
        label=gettext_lazy("Forecasts"), max_length=300_000,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 40, "class": "code"}),
        help_text=gettext_lazy(
            "Paste three columns: queue, first day, volume. A week begins on Monday, a month on its first."
        ),
    )  # fmt: skip


@page_for(Capability.READ_FIGURES)
def forecast_list(request: PageRequest) -> HttpResponse:
    """Show the latest forecasts, and lock what was pasted."""
    may_lock = request.actor.may(Capability.WRITE_SETUP)
    form = ForecastForm(request.POST if request.method == "POST" and may_lock else None)
    error: DomainError | None = None
    if request.method == "POST" and may_lock and form.is_valid():
        try:
            made = _locked(dict(form.cleaned_data), request)
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, _("%(count)s forecasts are locked.") % {"count": len(made)})
            return HttpResponseRedirect(reverse("bpo:forecast-list"))
    reader = request.actor.limited_to(Capability.READ_FIGURES)
    rows = Forecast.objects.visible_to(reader).select_related("queue__centre__vendor").order_by("-start", "-id")
    context = {"forecasts": rows[:MOST_LISTED], "form": form if may_lock else None, "error": error}
    status = error.status if error else 400 if form.errors else 200
    return render(request, "bpo/forecast_list.html", context, status=status)


def _locked(data: dict[str, Any], request: PageRequest) -> list[Forecast]:
    rows = _rows(data.pop("rows"))
    return lock_forecasts(rows, **data, actor=request.actor, now=clock.now())


def _rows(text: str) -> list[dict[str, Any]]:
    """Read pasted lines ``queue, first day, volume``; raise Invalid with every line that is none."""
    found, errors = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.replace("\t", ",").split(",")]
        if not any(cells) or cells[0].lower() == "queue":
            continue
        try:
            queue, start, *volume = cells
            found.append({"queue": queue, "start": date.fromisoformat(start), "volume": _number("".join(volume))})
        except (ValueError, InvalidOperation):
            detail = _("Line %(number)s is no queue, first day (2026-11-01) and volume.") % {"number": number}
            errors.append(RowError("bad_row", detail, "rows", number))
    if errors:
        raise Invalid("bad_row", _("Some lines cannot be read."), errors)
    return found


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise InvalidOperation
    return number
