"""The page of a contract's terms of money: versions, and a form that shows past months before anything is stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bpo.models import MoneyTerms
from bpo.queries.money_page import allocated_by, billable, judged_of, versions_of
from bpo.queries.money_preview import examples_of
from bpo.queries.money_terms import grades_on, read_rules
from bpo.services import money
from bpo.views.access import PageRequest, page_for
from bpo.views.money_forms import MoneyForm, MonthField, initial_of, usual
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError
from vendors.models import Contract


@page_for(Capability.READ_MONEY)
def money_terms(request: PageRequest, code: str) -> HttpResponse:
    """Show a contract's terms; a manager's POST shows past months under new ones (``act=check``) or stores them."""
    contract = _contract(request, code)
    if request.method != "POST":
        return _answer(request, contract)
    if not _may_write(request, contract):
        raise PermissionDenied
    form = _form(contract, request.POST)
    if not form.is_valid():
        return _answer(request, contract, form, status=400)
    try:
        data = form.data_for_service()
        if request.POST.get("act") != "store":
            rules = money.clean_rules(contract, data["valid_from"], data)
            return _answer(request, contract, form, examples=examples_of(contract, rules))
        money.set_terms(contract, data, actor=request.actor, now=clock.now())
    except DomainError as error:
        form.refuse(error)
        return _answer(request, contract, form, status=error.status)
    messages.success(request, _("The terms of money are stored."))
    return redirect("bpo:money-terms", code=contract.code)


def _contract(request: PageRequest, code: str) -> Contract:
    rows = Contract.objects.visible_to(request.actor.limited_to(Capability.READ_MONEY)).select_related("vendor")
    found: Contract | None = rows.filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _may_write(request: PageRequest, contract: Contract) -> bool:
    return request.actor.may(Capability.WRITE_SETUP, contract.vendor_id)


def _form(contract: Contract, given: Any = None) -> MoneyForm:
    """Return the form for what is judged from the month on that was typed, else from this month."""
    this_month = clock.local_date(clock.now(), settings.TIME_ZONE).replace(day=1)
    first = _month_typed(given) or this_month
    grades, judged = grades_on(contract, first), judged_of(contract, first)
    latest = MoneyTerms.objects.filter(contract=contract, replaced_at=None).order_by("-valid_from").first()
    rules = read_rules(latest.rules) if latest else None
    initial = usual(grades)
    if latest is not None and rules is not None:
        known = {one.key for one in judged}
        judged += [one for one in allocated_by(contract, rules) if one.key not in known]
        initial = initial_of(latest.rules, judged)
    return MoneyForm(
        given, initial=initial | {"valid_from": this_month}, grades=grades, measures=billable(), judged=judged
    )


def _month_typed(given: Any) -> date | None:
    try:
        return MonthField().clean(given.get("valid_from")) if given else None
    except ValidationError:
        return None


def _answer(
    request: PageRequest, contract: Contract, form: MoneyForm | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    may_write = _may_write(request, contract)
    today = clock.local_date(clock.now(), settings.TIME_ZONE)
    context = {
        "contract": contract,
        "versions": versions_of(contract, today),
        "may_write": may_write,
        "form": (form or _form(contract)) if may_write else None,
        "is_typed": form is not None,
        **more,
    }
    return render(request, "bpo/money_terms.html", context, status=status)
