"""Setting up a programme: names and ticks, one grid of targets, and everything is made; undone as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bpo.models import SetUp
from bpo.queries.programme import contracts_made, set_ups
from bpo.queries.sheet_needs import unfed_kpis
from bpo.reports.programme_sample import sample_workbook
from bpo.services import programme
from bpo.services.programme import DAYS, SERVICES, VOICE_SETS, Reading, Wish
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from bpo.views.submitting_form import workbook
from kpis.models import Kpi, Measure, Submission, TargetSet
from kpis.queries.contract_form import contract_form
from kpis.queries.definitions import load_definitions
from kpis.services.target_checks import is_higher_better
from kpis.services.target_set_items import Item
from kpis.services.target_values import plain, version_on
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.calc.months import month_after
from vendors.errors import DomainError, Invalid, RowError
from vendors.models import Contract

MONTHS = 12


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.WRITE_VENDORS)
def start(request: PageRequest) -> HttpResponse:
    """Ask for vendors, services and the set; with a POST, lead on to the grid of targets or name what is wrong."""
    if request.method != "POST":
        return _first(request, Wish((), _months()[1], {"order": "every"}))
    reading = _reading(request)
    wish = _wish(request, reading)
    if "back" in request.POST:
        return _first(request, wish)
    return _asked_again(request, wish, reading, programme.check_wish(wish)) or _grid(request, wish, reading)


@require_POST
@page_for(Capability.WRITE_VENDORS)
def create(request: PageRequest) -> HttpResponse:
    """Make everything; where a target is wrong, show the grid again with what is to be mended."""
    reading = _reading(request)
    wish = _wish(request, reading)
    try:
        made = programme.create_programme(wish, actor=request.actor, now=clock.now())
    except Invalid as error:
        again = _asked_again(request, wish, reading, programme.check_wish(wish))
        return again or _grid(request, wish, reading, error)
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


@require_POST
@page_for(Capability.WRITE_VENDORS)
def leave_out(request: PageRequest, pk: int) -> HttpResponse:
    """Take the ticked KPIs off the contracts of a set-up that have no figures of them."""
    found, ticked = _found(request, pk), set(request.POST.getlist("kpi"))
    chosen: dict[str, set[str]] = {}
    for one in unfed_kpis(found, _month_of(found)):
        for contract in one.contracts if one.kpi.code in ticked else ():
            chosen.setdefault(contract, set()).add(one.kpi.code)
    try:
        done = programme.leave_out(pk, chosen, actor=request.actor, now=clock.now())
    except DomainError as error:
        return _made(request, found, error)
    if done.as_they_were:
        names = ", ".join(done.as_they_were)
        messages.warning(request, _("No KPI would be left, so these stay as they were: %(names)s") % {"names": names})
    if not done.changed:
        return redirect("bpo:start-made", pk=pk)
    wake_up()
    text = ngettext(
        "The targets of %(count)s contract were changed. Its scorecard follows in a few seconds.",
        "The targets of %(count)s contracts were changed. Their scorecards follow in a few seconds.",
        done.changed,
    )
    messages.success(request, text % {"count": done.changed})
    return redirect("bpo:start-made", pk=pk)


def _months() -> list[date]:
    """Return this month and those before it, newest first."""
    month, found = clock.local_date(clock.now(), settings.TIME_ZONE).replace(day=1), []
    for _number in range(MONTHS):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _reading(request: PageRequest) -> Reading:
    """Read the pasted vendors, with what was answered about their words."""
    answers = {name[3:]: str(key) for name, key in request.POST.items() if name.startswith("as|")}
    return programme.read_names(request.POST.get("vendors", ""), answers)


def _wish(request: PageRequest, reading: Reading) -> Wish:
    """Read what was sent; lines of names that say what each vendor does tick these services too."""
    month = month_of(request.POST.get("month", ""))
    if month is None or month not in _months():
        raise BadRequest
    known = {key for services in reading.called.values() for key in services}
    ticked = request.POST.getlist("service")
    keys = [*ticked, *(one.key for one in SERVICES if one.key in known and one.key not in ticked)]
    defaults = {one.key: one.days for one in SERVICES}
    return Wish(
        vendors=tuple(reading.names),
        month=month,
        services={key[:20]: request.POST.get(f"days-{key}", defaults.get(key, "every")) for key in keys},
        voice_set=request.POST.get("voice_set", VOICE_SETS[0]),
        does=_ticked(request, reading) or {place: frozenset(services) for place, services in reading.called.items()},
        called=reading.called,
        hours={
            (place, one.key): days
            for place in range(len(reading.names))
            for one in SERVICES
            if (days := request.POST.get(f"h|{place}|{one.key}"))
        },
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


def _ticked(request: PageRequest, reading: Reading) -> dict[int, frozenset[str]]:
    """Return who does what, where the page asked; a word that was answered otherwise takes its tick along."""
    if "who" not in request.POST:
        return {}
    moved = {
        (place, was, key)
        for place, services in reading.called.items()
        for key, words in services.items()
        for word in words
        if (was := request.POST.get(f"was|{word}")) is not None and was != key
    }
    found = {}
    for place in range(len(reading.names)):
        ticks = set(request.POST.getlist(f"d|{place}"))
        ticks -= {was for where, was, _key in moved if where == place and was not in reading.called[place]}
        found[place] = frozenset(ticks | {key for where, _was, key in moved if where == place})
    return found


def _asked_again(request: PageRequest, wish: Wish, reading: Reading, errors: Sequence[RowError]) -> HttpResponse | None:
    """Show the step that a wish is mended on, with what is wrong; null where nothing is.

    A vendor without a tick is mended where the ticks are, among the levels that were typed.
    """
    if not errors:
        return None
    if "who" in request.POST and all(error.code == "does_nothing" for error in errors):
        return _grid(request, wish, reading, Invalid(errors[0].code, errors[0].detail, list(errors)))
    return _first(request, wish, errors)


def _first(request: PageRequest, wish: Wish, errors: Any = ()) -> HttpResponse:
    sets = {one.code: one for one in TargetSet.objects.filter(code__in=VOICE_SETS)}
    context = {
        "wish": wish,
        "names": "\n".join(programme.as_lines(wish.vendors, _words_of(wish))),
        "months": _months(),
        "services": [(one, one.key in wish.services, wish.services.get(one.key, one.days)) for one in SERVICES],
        "days": [(key, label) for key, (label, _weekdays, _holidays) in DAYS.items()],
        "sets": [sets[code] for code in VOICE_SETS if code in sets],
        "errors": errors,
        "earlier": set_ups(request.actor),
    }
    return render(request, "bpo/start.html", context, status=400 if errors else 200)


def _words_of(wish: Wish) -> dict[int, list[str]]:
    """Return by place what a vendor does, in its words, where that is not everything under its usual name."""
    found = {}
    for place in range(len(wish.vendors)):
        mine, called = wish.services_of(place), wish.called.get(place, {})
        if len(mine) < len(wish.chosen) or any(any(words) for words in called.values()):
            named = [(str(one.label), word) for one in mine for word in called.get(one.key) or [""]]
            found[place] = [word or label for label, word in named]
    return found


def _grid(request: PageRequest, wish: Wish, reading: Reading, refusal: DomainError | None = None) -> HttpResponse:
    sets = {one.code: one for one in TargetSet.objects.filter(code__in=wish.sets)}
    faults = {error.field: error.detail for error in refusal.errors} if refusal else {}
    items_of_sets = programme.items_of(wish)
    needs = _needs(wish, {item.kpi for items in items_of_sets.values() for item in items})
    tables = [
        (sets[code], _vendors_of(wish, code), [_row(wish, code, item, faults, needs) for item in items])
        for code, items in items_of_sets.items()
    ]
    context = {
        "wish": wish,
        "reading": reading,
        "names": "\n".join(programme.as_lines(wish.vendors, _pasted(reading))),
        "services": [(one, wish.services[one.key]) for one in wish.chosen],
        "offered": SERVICES,
        "days": [(key, label) for key, (label, _weekdays, _holidays) in DAYS.items()],
        "tables": tables,
        "who": [
            (place, name, [_tick(wish, place, one.key) for one in wish.chosen])
            for place, name in enumerate(wish.vendors)
        ],
        "kept": _kept(request, wish),
        "refusal": refusal,
        "lacks_handling": any(
            code in VOICE_SETS and "aht" not in {item.kpi.code for item in items}
            for code, items in items_of_sets.items()
        ),
        "closes_from": month_after(clock.local_date(clock.now(), settings.TIME_ZONE)),
    }
    return render(request, "bpo/start_targets.html", context, status=refusal.status if refusal else 200)


def _kept(request: PageRequest, wish: Wish) -> list[tuple[str, str]]:
    """Return what was typed and chosen for what nobody has a tick of now: it comes back with the tick."""
    found = ((name, str(text)) for name, text in request.POST.items() if name.startswith(("h|", "t|", "w|")))
    return [(name, text) for name, text in found if not _is_shown(wish, name)]


def _is_shown(wish: Wish, name: str) -> bool:
    """Say whether the grid has a field of this name: open days, a level, or the weight of a set."""
    places = range(len(wish.vendors))
    prefix, first, *rest = name.split("|")
    if prefix == "w":
        return any(wish.uses(first, place) for place in places)
    place = first if prefix == "h" else rest[-1] if rest else ""
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else len(places)
    if at not in places:
        return False
    return wish.uses(first, at) if prefix == "t" else rest[:1] in [[one.key] for one in wish.services_of(at)]


def _pasted(reading: Reading) -> dict[int, list[str]]:
    """Return the words of every vendor as they were pasted, so that the next page reads them again."""
    labels = {one.key: str(one.label) for one in SERVICES}
    return {
        place: [word or labels[key] for key, words in services.items() for word in words]
        for place, services in reading.called.items()
    }


def _tick(wish: Wish, place: int, key: str) -> dict[str, Any]:
    """Return one cell of who does what: the tick, the words of the paste, and the open days."""
    service = next(one for one in wish.chosen if one.key == key)
    words = [word for word in wish.called.get(place, {}).get(key, ()) if word]
    ticked = service in wish.services_of(place)
    return {"service": service, "ticked": ticked, "words": words, "days": wish.days_of(place, key)}


def _vendors_of(wish: Wish, code: str) -> list[tuple[int, str]]:
    """Return the vendors that a set judges, with their places."""
    return [(place, name) for place, name in enumerate(wish.vendors) if wish.uses(code, place)]


def _needs(wish: Wish, kpis: Collection[Kpi]) -> dict[str, list[str]]:
    """Return what must be reported for each KPI, by its code: the names of the measures of its formula."""
    definitions = load_definitions(kpi.pk for kpi in kpis)
    measures = {kpi.code: definitions.on(kpi.pk, wish.month).reported for kpi in kpis}
    rows = Measure.objects.filter(code__in=set(chain.from_iterable(measures.values())))
    names = {row.code: row.label for row in rows}
    return {code: [names[one] for one in found] for code, found in measures.items()}


def _row(
    wish: Wish, code: str, item: Item, faults: Mapping[Any, Any], needs: Mapping[str, list[str]]
) -> dict[str, Any]:
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
        "needs": needs[item.kpi.code],
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
        "unfed": [] if found.undone_at else unfed_kpis(found, month),
        "refusal": refusal,
    }
    return render(request, "bpo/start_made.html", context, status=refusal.status if refusal else 200)
