"""The pages of reconciliation: the items, and one of them with both figures and the decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bpo.queries.reconciliation_pages import ItemPage, item_page, list_page
from bpo.templatetags.bpo_completeness import value_word
from bpo.views.access import PageRequest, page_for
from bpo.views.forms import offer
from kpis.choices import ReconciliationDecision
from kpis.models import Reconciliation
from kpis.services.reconciliation import settle
from kpis.services.submissions import LONGEST_NOTE
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError


class SettleForm(forms.Form):
    """Which figure counts, and why."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    value = forms.CharField(
        label=_("Agreed value"), required=False, max_length=40, help_text=_("Only where both sides agreed on another.")
    )
    note = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        help_text=_("Both sides read it; it is the note of the correction."),
    )

    def __init__(self, *args: Any, row: Reconciliation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sides = {"first": row.get_first_source_display(), "second": row.get_second_source_display()}
        choices = [
            (value, f"{label}: {sides[value]} {value_word(row.figures[value])}" if value in sides else str(label))
            for value, label in ReconciliationDecision.choices
        ]
        offer(self, "decision", choices)


@require_safe
@page_for(Capability.READ_FIGURES)
def reconciliation_list(request: PageRequest) -> HttpResponse:
    """Show the items that are open, or those of another status."""
    reader = request.actor.limited_to(Capability.READ_FIGURES)
    return render(request, "bpo/reconciliation_list.html", {"page": list_page(reader, request.GET.get("status", ""))})


def _row(request: PageRequest, pk: int) -> Reconciliation:
    rows = Reconciliation.objects.visible_to(request.actor.limited_to(Capability.READ_FIGURES))
    row: Reconciliation | None = (
        rows.select_related("queue__centre__vendor", "contract", "first_submission", "second_submission", "settlement")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404
    return row


@require_safe
@page_for(Capability.READ_FIGURES)
def reconciliation_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one item."""
    return _answer(request, item_page(_row(request, pk)))


def _answer(
    request: PageRequest,
    page: ItemPage,
    form: SettleForm | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    row = page.item.row
    may_settle = row.status == "open" and request.actor.may(Capability.DECIDE_FIGURES, row.queue.centre.vendor_id)
    context = {"page": page, "row": row, "form": (form or SettleForm(row=row)) if may_settle else None, "error": error}
    return render(request, "bpo/reconciliation_detail.html", context, status=status)


@require_POST
@page_for(Capability.DECIDE_FIGURES)
def reconciliation_settle(request: PageRequest, pk: int) -> HttpResponse:
    """Settle one item; what was wrong is shown at its form."""
    row = _row(request, pk)
    form = SettleForm(request.POST, row=row)
    if not form.is_valid():
        return _answer(request, item_page(row), form, status=400)
    given = form.cleaned_data
    try:
        settle(
            row.pk,
            decision=given["decision"],
            note=given["note"],
            value=given["value"] or None,
            actor=request.actor,
            now=clock.now(),
        )
    except DomainError as error:
        return _answer(request, item_page(row), form, error, status=error.status)
    wake_up()
    messages.success(request, _("The difference is settled; the figure that counts was revised."))
    return redirect("bpo:reconciliation-detail", pk=pk)
