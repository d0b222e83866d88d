"""Setting up a programme: names and ticks, one grid of targets, and everything is made; undone as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bpo.models import SetUp
from bpo.queries.programme import contracts_made, set_ups
from bpo.reports.programme_sample import sample_workbook
from bpo.services import programme
from bpo.services.programme import DAYS, SERVICES, VOICE_SETS, Wish, read_names
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from bpo.views.submitting_form import workbook
from kpis.models import Submission, TargetSet
from kpis.queries.contract_form import contract_form
from kpis.services.target_checks import is_higher_better
from kpis.services.target_set_items import Item
from kpis.services.target_values import plain, version_on
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.calc.months import month_after
from vendors.errors import DomainError, Invalid
from vendors.models import Contract

MONTHS = 12


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.WRITE_VENDORS)
def start(request: PageRequest) -> HttpResponse:
    """Ask for vendors, services and the set; with a POST, lead on to the grid of targets or name what is wrong."""
    if request.method != "POST":
        return _first(request, Wish((), _months()[1], {"order": "every"}))
    wish = _wish(request)
    errors = programme.check_wish(wish)
    if errors or "back" in request.POST:
        return _first(request, wish, [] if "back" in request.POST else errors)
    return _grid(request, wish)


@require_POST
@page_for(Capability.WRITE_VENDORS)
def create(request: PageRequest) -> HttpResponse:
    """Make everything; where a target is wrong, show the grid again with what is to be mended."""
    wish = _wish(request)
    try:
        made = programme.create_programme(wish, actor=request.actor, now=clock.now())
    except Invalid as error:
        if programme.check_wish(wish):
            return _first(request, wish, error.errors)
        return _grid(request, wish, error)
    wake_up()
    messages.success(request, _("Your programme is set up. Nothing counts until figures come."))
    return redirect("bpo:start-made", pk=made.pk)


@require_safe
@page_for(Capability.WRITE_VENDORS)
def made(request: PageRequest, pk: int) -> HttpResponse:
    """Show what was made, the way in for each contract, and how far its figures have come."""
    return _made(request, _found(request, pk))


@require_safe
@page_for(Capability.WRITE_VENDORS)
def sample(request: PageRequest, pk: int) -> HttpResponse:
    """Answer a month of invented figures as a workbook: of one contract in its form, or of all in one sheet."""
    found, now = _found(request, pk), clock.now()
    contracts = Contract.objects.visible_to(request.actor).filter(code__in=found.made["contracts"]).order_by("code")
    code = request.GET.get("contract")
    if code is not None:
        contracts = contracts.filter(code=code)
    first = _month_of(found)
    last = min(month_after(first) - timedelta(days=1), clock.local_date(now, settings.TIME_ZONE) - timedelta(days=1))
    day = max(first, last)
    forms = [contract_form(row, day, now=now, for_vendor=False) for row in contracts.select_related("vendor")]
    content = sample_workbook(forms, first, last, in_words=code is None)
    if content is None:
        raise Http404
    return workbook(content, f"sample_{code or 'all'}_{first:%Y-%m}.xlsx")


@require_POST
@page_for(Capability.WRITE_VENDORS)
def undo(request: PageRequest, pk: int) -> HttpResponse:
    """Take everything of a set-up away again, as long as no figures have come."""
    found = _found(request, pk)
    try:
        programme.undo_programme(pk, actor=request.actor, now=clock.now())
    except DomainError as error:
        return _made(request, found, error)
    messages.success(request, _("Everything of this set-up was taken away again."))
    return redirect("bpo:start")


def _months() -> list[date]:
    """Return this month and those before it, newest first."""
    month, found = clock.local_date(clock.now(), settings.TIME_ZONE).replace(day=1), []
    for _number in range(MONTHS):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _wish(request: PageRequest) -> Wish:
    """Read what was sent; lines of names that say what each vendor does tick these services too."""
    month = month_of(request.POST.get("month", ""))
    if month is None or month not in _months():
        raise BadRequest
    vendors, named = read_names(request.POST.get("vendors", ""))
    known = {service.key for services in named.values() for service in services}
    keys = [*request.POST.getlist("service"), *(one.key for one in SERVICES if one.key in known)]
    defaults = {one.key: one.days for one in SERVICES}
    return Wish(
        vendors=vendors,
        month=month,
        services={key[:20]: request.POST.get(f"days-{key}", defaults.get(key, "every")) for key in keys},
        voice_set=request.POST.get("voice_set", VOICE_SETS[0]),
        does=_ticked(request, len(vendors))
        or {place: frozenset(one.key for one in services) for place, services in named.items()},
        targets={
            (code, kpi, int(place[:3])): text.removesuffix("%").strip()
            for (code, kpi, place), text in _typed(request, "t|")
            if place.isascii() and place.isdigit()
        },
        weights={(code, kpi): text for (code, kpi, _place), text in _typed(request, "w|")},
    )


def _typed(request: PageRequest, prefix: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield set, KPI and place of each field of the grid, and what was typed there."""
    for name, text in request.POST.items():
        if name.startswith(prefix):
            _prefix, code, kpi, place = [*name.split("|"), "", "", ""][:4]
            yield (code, kpi, place), str(text).strip()[:40]


def _ticked(request: PageRequest, vendors: int) -> dict[int, frozenset[str]]:
    """Return who does what, where the page asked."""
    if "who" not in request.POST:
        return {}
    return {place: frozenset(request.POST.getlist(f"d|{place}")) for place in range(vendors)}


def _first(request: PageRequest, wish: Wish, errors: Any = ()) -> HttpResponse:
    sets = {one.code: one for one in TargetSet.objects.filter(code__in=VOICE_SETS)}
    context = {
        "wish": wish,
        "names": "\n".join(_line(wish, place) for place in range(len(wish.vendors))),
        "months": _months(),
        "services": [(one, one.key in wish.services, wish.services.get(one.key, one.days)) for one in SERVICES],
        "days": [(key, label) for key, (label, _weekdays, _holidays) in DAYS.items()],
        "sets": [sets[code] for code in VOICE_SETS if code in sets],
        "errors": errors,
        "earlier": set_ups(request.actor),
    }
    return render(request, "bpo/start.html", context, status=400 if errors else 200)


def _line(wish: Wish, place: int) -> str:
    """Return a vendor as its line reads: the name, and what it does where that is not everything."""
    mine = wish.services_of(place)
    named = "" if len(mine) == len(wish.chosen) else "\t" + ", ".join(str(service.label) for service in mine)
    return wish.vendors[place] + named


def _grid(request: PageRequest, wish: Wish, refusal: DomainError | None = None) -> HttpResponse:
    sets = {one.code: one for one in TargetSet.objects.filter(code__in=wish.sets)}
    faults = {error.field: error.detail for error in refusal.errors} if refusal else {}
    tables = [
        (sets[code], _vendors_of(wish, code), [_row(wish, code, item, faults) for item in items])
        for code, items in programme.items_of(wish).items()
    ]
    services = [(one, wish.services[one.key]) for one in wish.chosen]
    who = [
        (place, name, [(one, one in wish.services_of(place)) for one in wish.chosen])
        for place, name in enumerate(wish.vendors)
    ]
    context = {
        "wish": wish,
        "names": "\n".join(wish.vendors),
        "services": services,
        "tables": tables,
        "who": who,
        "refusal": refusal,
        "closes_from": month_after(clock.local_date(clock.now(), settings.TIME_ZONE)),
    }
    return render(request, "bpo/start_targets.html", context, status=refusal.status if refusal else 200)


def _vendors_of(wish: Wish, code: str) -> list[tuple[int, str]]:
    """Return the vendors that a set judges, with their places."""
    return [(place, name) for place, name in enumerate(wish.vendors) if wish.uses(code, place)]


def _row(wish: Wish, code: str, item: Item, faults: Mapping[Any, Any]) -> dict[str, Any]:
    """Return one KPI of the grid: which way its levels run, its weight, and the inputs of its vendors."""
    weight = f"w|{code}|{item.kpi.code}"
    cells = []
    for place, vendor in _vendors_of(wish, code):
        key = (code, item.kpi.code, place)
        name = "|".join(map(str, key))
        text = wish.targets.get(key, f"{item.values['target']:f}")
        cells.append((f"t|{name}", vendor, text, faults.get(name)))
    return {
        "item": item,
        "unit": version_on(item.kpi, wish.month).unit,
        "is_higher_better": is_higher_better(item.values, item.scale),
        "weight": (weight, wish.weights.get((code, item.kpi.code), plain(item.values["weight"])), faults.get(weight)),
        "cells": cells,
    }


def _found(request: PageRequest, pk: int) -> SetUp:
    found: SetUp | None = SetUp.objects.visible_to(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _month_of(found: SetUp) -> date:
    return date.fromisoformat(f"{found.wish['month']}-01")


def _receipt(request: PageRequest) -> Submission | None:
    """Return the submission that was made a moment ago, which the address names."""
    try:
        pk = UUID(request.GET.get("receipt", ""))
    except ValueError:
        return None
    readable = request.actor.limited_to(Capability.READ_SUBMISSIONS)
    found: Submission | None = Submission.objects.visible_to(readable).filter(pk=pk).first()
    return found


def _made(request: PageRequest, found: SetUp, refusal: DomainError | None = None) -> HttpResponse:
    month = _month_of(found)
    context = {
        "found": found,
        "month": month,
        "day": min(month_after(month), clock.local_date(clock.now(), settings.TIME_ZONE)) - timedelta(days=1),
        "rows": contracts_made(found, request.actor, found.wish["month"]),
        "has_figures": programme.has_figures(found),
        "receipt": _receipt(request),
        "refusal": refusal,
    }
    return render(request, "bpo/start_made.html", context, status=refusal.status if refusal else 200)
