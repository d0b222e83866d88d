"""The pages of scorecards: the list of a month, one card, its explanation, its differences, its steps."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from bpo.choices import ScorecardStatus
from bpo.models import Scorecard
from bpo.queries import Blocker, blockers, cards_for, differences, explained
from bpo.queries.blockers import KnownOfMonth
from bpo.queries.card_reading import read_card
from bpo.queries.explanation_page import explanation_lines
from bpo.queries.money_panel import money_panel
from bpo.queries.pages import CardPage, card_page, difference_rows, month_page
from bpo.queries.trends import trends
from bpo.reports import scorecard_print, scorecard_sheet
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from bpo.views.steps import KINDS, Step, make_step, steps_for, take
from kpis.api.reports import download
from kpis.media_types import PDF, XLSX
from vendors import clock
from vendors.actors import Capability
from vendors.kept import kept_page

ZONE = "Asia/Seoul"


@require_safe
@page_for()
def scorecard_list(request: PageRequest) -> HttpResponse:
    """Show the cards of one month."""
    page = month_page(
        request.reader,
        month=month_of(request.GET.get("month", "")),
        vendor=request.GET.get("vendor", ""),
        status=request.GET.get("status", ""),
        today=clock.local_date(clock.now(), ZONE),
    )
    context = {
        "page": page,
        "statuses": _statuses(request),
        "previous_query": _query(request, month=page.previous),
        "following_query": _query(request, month=page.following),
    }
    return render(request, "bpo/scorecard_list.html", context)


def _statuses(request: PageRequest) -> list[tuple[str, str]]:
    hidden = set() if request.reader.sees_scorecard_drafts else {ScorecardStatus.DRAFT}
    if not request.reader.sees_scorecard_drafts and not request.reader.is_of_a_vendor:
        hidden |= {ScorecardStatus.SHARED, ScorecardStatus.DISPUTED}
    return [(value, str(label)) for value, label in ScorecardStatus.choices if value not in hidden]


def _query(request: PageRequest, *, month: date) -> str:
    query = QueryDict(mutable=True)
    query["month"] = f"{month:%Y-%m}"
    query.update({name: request.GET[name] for name in ("vendor", "status") if request.GET.get(name)})
    return query.urlencode()


def _card(request: PageRequest, pk: int) -> Scorecard:
    """Return a card that exists for the reader; another vendor's is not found."""
    card: Scorecard | None = cards_for(request.reader).filter(pk=pk).first()
    if card is None:
        raise Http404
    return card


def _page(request: PageRequest, pk: int) -> CardPage:
    """Return the page of a card that exists for the reader, with all that stands around it."""
    found = read_card(pk, request.reader)
    if found is None:
        raise Http404
    card, around = found
    return card_page(card, request.reader, around)


@require_safe
@page_for(Capability.READ_SCORECARDS)
@kept_page
def scorecard_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one card with its lines, and the steps the reader may take."""
    page = _page(request, pk)
    return _card_answer(request, page, steps_for(page, request.actor))


def _card_answer(request: PageRequest, page: CardPage, steps: list[Step], status: int = 200) -> HttpResponse:
    may_finalise = any(step.kind.action == "finalise" for step in steps)
    now, month = clock.now(), KnownOfMonth(page.calendar.zones, page.around.is_pending)
    context = {
        "page": page,
        "card": page.card,
        "steps": steps,
        "blockers": _grouped(blockers(page.scorecard, now, month), page) if may_finalise else [],
        "here": _url(page.scorecard.pk),
        "money": money_panel(page, request.actor, now=now),
        "trends": trends(page.scorecard, now=now),
        "may_propose": request.actor.may(Capability.PROPOSE_PLANS, page.scorecard.contract.vendor_id),
    }
    return render(request, "bpo/scorecard_detail.html", context, status=status)


def _grouped(found: list[Blocker], page: CardPage) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return each reason once, with the lines it is about."""
    lines = {line["id"]: line for line in page.card["lines"]}
    reasons: dict[str, list[dict[str, Any]]] = {}
    for blocker in found:
        about = reasons.setdefault(str(blocker.detail), [])
        if blocker.line in lines:
            about.append(lines[blocker.line])
    return list(reasons.items())


def _url(pk: int) -> str:
    return reverse("bpo:scorecard-detail", args=[pk])


@require_safe
@page_for(Capability.READ_SCORECARDS)
def scorecard_pdf(request: PageRequest, pk: int) -> HttpResponse:
    """Answer the card as one printed page."""
    page = card_page(_card(request, pk), request.reader)
    money = money_panel(page, request.actor, now=clock.now())
    return download(scorecard_print.scorecard_pdf(page, money), PDF, scorecard_print.file_name(page.card, "pdf"))


@require_safe
@page_for(Capability.READ_SCORECARDS)
def scorecard_xlsx(request: PageRequest, pk: int) -> HttpResponse:
    """Answer the card as a workbook."""
    page = card_page(_card(request, pk), request.reader)
    money = money_panel(page, request.actor, now=clock.now())
    return download(scorecard_sheet.scorecard_xlsx(page, money), XLSX, scorecard_print.file_name(page.card, "xlsx"))


@page_for(Capability.READ_SCORECARDS)
def scorecard_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Take one step on a card; what was wrong is shown at the step's own form."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404
    if request.method != "POST":
        return redirect("bpo:scorecard-detail", pk=pk)
    page = _page(request, pk)
    sent = request.POST.get("dispute", "")
    step = make_step(kind, page, request.POST, dispute=int(sent) if sent.isdigit() else None)
    if take(step, page, actor=request.actor, now=clock.now()):
        messages.success(request, str(kind.done))
        return HttpResponseRedirect(_url(pk))
    return _refused(request, pk, step)


def _refused(request: PageRequest, pk: int, step: Step) -> HttpResponse:
    page = _page(request, pk)
    steps = steps_for(page, request.actor)
    same = [row for row in steps if row.kind is step.kind and row.dispute == step.dispute]
    shown = [step if row in same else row for row in steps] if same else [step, *steps]
    return _card_answer(request, page, shown, status=step.error.status if step.error else 400)


@require_safe
@page_for(Capability.READ_SCORECARDS)
def scorecard_explain(request: PageRequest, pk: int) -> HttpResponse:
    """Show what every figure of a card was made of, enough to compute it again."""
    card = _card(request, pk)
    page = card_page(card, request.reader)
    lines = explanation_lines(card, page.card, explained(card))
    return render(request, "bpo/scorecard_explain.html", {"page": page, "card": page.card, "lines": lines})


def _to_the_version_before(request: PageRequest, pk: int) -> HttpResponse:
    """Lead to the differences from the version before, or back to a card that is the first, saying so."""
    page = _page(request, pk)
    before = next((one for one in page.versions if one.version < page.scorecard.version), None)
    if before is None:
        messages.info(request, gettext("This is the first version of the scorecard: there is none to compare it with."))
        return HttpResponseRedirect(_url(pk))
    return HttpResponseRedirect(f"{reverse('bpo:scorecard-differences', args=[pk])}?to={before.pk}")


@require_safe
@page_for(Capability.READ_SCORECARDS)
def scorecard_differences(request: PageRequest, pk: int) -> HttpResponse:
    """Show what differs between two versions of a card (``?to=`` the other one, or else the one before it)."""
    other = request.GET.get("to", "")
    if not other:
        return _to_the_version_before(request, pk)
    if not other.isdigit():
        raise BadRequest
    older, newer = sorted((_card(request, pk), _card(request, int(other))), key=lambda card: card.version)
    if (older.contract_id, older.start) != (newer.contract_id, newer.start):
        raise Http404
    page = card_page(newer, request.reader)
    context = {
        "page": page,
        "card": page.card,
        "older": older,
        "newer": newer,
        "rows": difference_rows(differences(older, newer)),
    }
    return render(request, "bpo/scorecard_differences.html", context)
