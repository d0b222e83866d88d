"""The page of a new correction request: choose a queue and days of one month, type what is right, look, file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpo.models import CorrectionRequest
from bpo.queries.correction_form import QueueDayValue, queues_to_correct, values_to_correct
from bpo.queries.corrections import named_changes
from bpo.services import corrections
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import day_of
from kpis.choices import CorrectionReason
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, Invalid
from vendors.models import Queue

INPUT = "value-"
MOST_DAYS = 10
"""Days on one page: with every measure of a queue, about as many fields as one form may have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of one day: what stands now, and what was typed for it."""

    value: QueueDayValue
    input: str
    typed: str

    @property
    def is_changed(self) -> bool:
        return self.typed != _shown(self.value)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the form with its fields."""

    date: date
    fields: Sequence[Field]

    @property
    def asked(self) -> Sequence[Field]:
        """What the targets of the contract need."""
        return [one for one in self.fields if one.value.is_asked]

    @property
    def beside(self) -> Sequence[Field]:
        """What was sent and no target needs."""
        return [one for one in self.fields if not one.value.is_asked]

    @property
    def is_changed_beside(self) -> bool:
        return any(one.is_changed for one in self.beside)

    def row(self, queue: Queue, *, only_changed: bool) -> dict[str, Any]:
        """Return the day as a row of figures; an empty field withdraws its value."""
        measures = {one.value.code: one.typed or None for one in self.fields if one.is_changed or not only_changed}
        return {"queue": queue.code, "date": self.date.isoformat(), "measures": measures}


@page_for(Capability.REQUEST_CORRECTIONS)
def correction_new(request: PageRequest) -> HttpResponse:
    """Ask for other figures on days of one queue: choose them, type what is right, see the effect, file."""
    sent = request.POST if request.method == "POST" else request.GET
    queues = queues_to_correct(request.actor)
    queue = next((row for row in queues if row.code == sent.get("queue")), None)
    chosen, fault = _chosen(sent)
    days = _days(request.POST, queue, chosen) if queue and chosen else []
    context: dict[str, Any] = {
        "queues": queues,
        "has_vendors": len({row.centre.vendor_id for row in queues}) > 1,
        "queue": queue,
        "day": chosen[0] if chosen else None,
        "days": days,
        "has_room": len(chosen) < MOST_DAYS,
        "is_asked": bool(sent.get("queue") or sent.get("date")),
        "reasons": CorrectionReason.choices,
        "reason": sent.get("reason", ""),
        "note": sent.get("note", ""),
    }
    try:
        if fault:
            raise fault
        made = _sent(request, queue, days, context) if queue else None
    except DomainError as error:
        faults = _faults(error, context.get("rows", ()))
        return render(
            request, "bpo/correction_new.html", context | {"error": error, "faults": faults}, status=error.status
        )
    if made is None:
        return render(request, "bpo/correction_new.html", context)
    messages.success(request, _("The request was filed and waits for a decision."))
    return HttpResponseRedirect(reverse("bpo:correction-detail", args=[made.pk]))


def _chosen(sent: QueryDict) -> tuple[list[date], Invalid | None]:
    """Return the days that were chosen, the first one first, and what is wrong with one that is left out."""
    given = [day for text in [*sent.getlist("date"), sent.get("another", "")] if (day := _day(text))]
    days = list(dict.fromkeys(given))
    of_month = [day for day in days if (day.year, day.month) == (days[0].year, days[0].month)]
    if len(of_month) < len(days):
        return of_month[:MOST_DAYS], Invalid("one_month", _("All days of a request lie in one month."))
    if len(days) > MOST_DAYS:
        text = _("One page takes %(most)s days; file another request for the rest.")
        return of_month[:MOST_DAYS], Invalid("too_many_days", text % {"most": MOST_DAYS})
    return days, None


def _days(typed: QueryDict, queue: Queue, chosen: Sequence[date]) -> list[Day]:
    """Return the days with their fields. Those of the first day are named by their measure alone."""
    values = values_to_correct(queue, chosen)
    found = []
    for day in chosen:
        start = INPUT if day == chosen[0] else f"{INPUT}{day.isoformat()}-"
        found.append(Day(day, [_field(typed, start + value.code, value) for value in values[day]]))
    return [day for day in found if day.fields]


def _field(typed: QueryDict, name: str, value: QueueDayValue) -> Field:
    return Field(value, name, typed.get(name, _shown(value)).strip()[:64])


def _sent(request: PageRequest, queue: Queue, days: Sequence[Day], context: dict[str, Any]) -> CorrectionRequest | None:
    """File the request, or put what it would do into ``context`` and return nothing."""
    # The Enter key in a field presses the first button, which adds a day: where none is named, it shows the effect.
    do = request.POST.get("do")
    is_adding = do == "add" and request.POST.get("another")
    if request.method != "POST" or not days or is_adding:
        return None
    # Days on which nothing was typed are no part of the request; where nothing was at all, the service says so.
    changed = [day.row(queue, only_changed=True) for day in days if any(one.is_changed for one in day.fields)]
    context["rows"] = rows = changed or [day.row(queue, only_changed=False) for day in days]
    if do != "file":
        found = corrections.preview(rows=rows, actor=request.actor, now=clock.now())
        context |= {"changes": named_changes(found.changes), "effect": found.effect, "is_preview": True}
        return None
    about = {name: request.POST.get(name, "")[:2000] for name in ("reason", "note")}
    return corrections.file(rows=rows, **about, actor=request.actor, now=clock.now())


def _faults(error: DomainError, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is wrong beyond the error's own words, each with the day it is of."""
    return [
        {
            "day": rows[fault.row]["date"] if fault.row is not None and fault.row < len(rows) else None,
            "text": fault.detail,
        }
        for fault in error.errors
        if fault.detail != error.detail
    ]


def _shown(value: QueueDayValue) -> str:
    return "" if value.value is None else str(value.value)


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None
