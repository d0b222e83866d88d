"""The pages of completeness: the matrix, a vendor's month, one day, and the excusing of days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bpo.queries.completeness_day import DayPage, day_page
from bpo.queries.completeness_pages import calendar_page, matrix_page, open_differences
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import day_of, month_of
from bpo.views.forms import offer
from kpis.choices import ExcuseCause
from kpis.models import ExcusedDay
from kpis.services.excuses import LONGEST_REASON, excuse, withdraw
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.calc.months import month_after, month_before
from vendors.errors import DomainError
from vendors.models import Queue, Vendor

ZONE = "Asia/Seoul"
SPANS = (14, 31)


def reader_of(request: PageRequest) -> Actor:
    """Return the reader with only the roles that read figures: the scope of the rows."""
    return request.actor.limited_to(Capability.READ_FIGURES)


@require_safe
@page_for(Capability.READ_FIGURES)
def matrix(request: PageRequest) -> HttpResponse:
    """Show who reported on which day: the last 14 or 31 days, or one month."""
    now = clock.now()
    today = clock.local_date(now, ZONE)
    month, length = month_of(request.GET.get("month", "")), request.GET.get("days", "")
    days = int(length) if length in map(str, SPANS) else SPANS[0]
    start = month or today - timedelta(days=days - 1)
    page = matrix_page(
        reader_of(request),
        start=start,
        end=month_after(month) if month else today + timedelta(days=1),
        vendor=request.GET.get("vendor", ""),
        today=today,
        now=now,
    )
    around = month or today.replace(day=1)
    context = {
        "page": page,
        "open_items": open_differences(reader_of(request)),
        "month": month,
        "length": None if month else days,
        "spans": SPANS,
        "around": around,
        "previous": month_before(around) if month else around,
        "following": month_after(around),
    }
    return render(request, "bpo/completeness_matrix.html", context)


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError as error:
        raise Http404 from error


def _vendor(request: PageRequest, code: str) -> Vendor:
    vendor: Vendor | None = Vendor.objects.visible_to(reader_of(request)).filter(code=code).first()
    if vendor is None:
        raise Http404
    return vendor


@require_safe
@page_for(Capability.READ_FIGURES)
def month(request: PageRequest, code: str) -> HttpResponse:
    """Show a vendor's month as a calendar."""
    now = clock.now()
    today = clock.local_date(now, ZONE)
    shown = month_of(request.GET.get("month", "")) or today.replace(day=1)
    vendor = _vendor(request, code)
    page = calendar_page(reader_of(request), vendor, month=shown, today=today, now=now)
    context = {"page": page, "previous": month_before(shown), "following": month_after(shown)}
    return render(request, "bpo/completeness_month.html", context)


class ExcuseForm(forms.Form):
    """Which queues are not expected that day, and why."""

    queues = forms.MultipleChoiceField(label=_("Queues"), widget=forms.CheckboxSelectMultiple)
    cause = forms.ChoiceField(label=_("Cause"), choices=ExcuseCause.choices)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text=_("The vendor reads it; it stands with the day for good."),
    )

    def __init__(self, *args: Any, page: DayPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(row.queue.code, row.queue.name) for row in page.excusable]
        offer(self, "queues", choices)
        gaps = {row.queue.code for row in page.gaps}
        self.fields["queues"].initial = [code for code, _name in choices if code in gaps]


@require_safe
@page_for(Capability.READ_FIGURES)
def day(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Show one day of a vendor."""
    return _day_answer(request, _page(request, code, day))


def _page(request: PageRequest, code: str, text: str) -> DayPage:
    now = clock.now()
    vendor = _vendor(request, code)
    return day_page(reader_of(request), vendor, day=_day(text), today=clock.local_date(now, ZONE), now=now)


def _day_answer(
    request: PageRequest,
    page: DayPage,
    form: ExcuseForm | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    may_decide = request.actor.may(Capability.DECIDE_FIGURES, page.vendor.pk)
    context = {
        "page": page,
        "form": (form or ExcuseForm(page=page)) if may_decide and page.excusable else None,
        "error": error,
        "is_open": form is not None or error is not None,
        "may_decide": may_decide,
        "may_submit": request.actor.may(Capability.SUBMIT, page.vendor.pk),
        "previous": page.day - timedelta(days=1),
        "following": page.day + timedelta(days=1),
    }
    return render(request, "bpo/completeness_day.html", context, status=status)


@require_POST
@page_for(Capability.DECIDE_FIGURES)
def excuse_day(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Take queues of a vendor out of what is expected on one day."""
    page = _page(request, code, day)
    form = ExcuseForm(request.POST, page=page)
    if not form.is_valid():
        return _day_answer(request, page, form, status=400)
    chosen = [row.queue.pk for row in page.excusable if row.queue.code in form.cleaned_data["queues"]]
    queues = list(Queue.objects.filter(pk__in=chosen).select_related("centre__vendor").order_by("code"))
    why = {name: form.cleaned_data[name] for name in ("cause", "reason")}
    try:
        excuse(queues=queues, dates=[page.day], **why, actor=request.actor, now=clock.now())
    except DomainError as error:
        return _day_answer(request, page, form, error, status=error.status)
    wake_up()
    messages.success(request, _("The day is no longer expected of these queues."))
    return redirect("bpo:completeness-day", code=code, day=day)


@require_POST
@page_for(Capability.DECIDE_FIGURES)
def withdraw_excuse(request: PageRequest, pk: int) -> HttpResponse:
    """Let an excused day be expected again."""
    rows = ExcusedDay.objects.visible_to(request.actor.limited_to(Capability.DECIDE_FIGURES))
    row = rows.select_related("queue__centre__vendor").filter(pk=pk).first()
    if row is None:
        raise Http404
    try:
        withdraw(row, reason=request.POST.get("reason", ""), actor=request.actor, now=clock.now())
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        wake_up()
        messages.success(request, _("The day is expected again."))
    return redirect("bpo:completeness-day", code=row.queue.centre.vendor.code, day=row.date.isoformat())
