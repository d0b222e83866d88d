"""One sheet of figures for all vendors of a set-up: chosen, its columns and names looked over, and taken in."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bpo.models import SetUp, SetUpSheet
from bpo.queries.sheet_needs import needs_of
from bpo.services.programme import drop_sheet, keep_sheet, remembered, take_sheet
from bpo.views.access import PageRequest, page_for
from bpo.views.sheet_editor import SheetEditor, sheets_of
from bpo.views.submitting import uploaded
from kpis.imports.joining import open_sheets
from kpis.imports.proposing import propose, tried
from kpis.models import ImportJob
from kpis.tasks import start_imports, wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.WRITE_VENDORS)
def sheet(request: PageRequest, pk: int) -> HttpResponse:
    """Ask for the sheet; once there is one, show what it seems to hold, and take it in as the reader says."""
    found = SetUp.objects.visible_to(request.actor).filter(pk=pk, undone_at__isnull=True).first()
    if found is None:
        raise Http404
    if request.method != "POST":
        return _shown(request, found)
    act = request.POST.get("do", "keep")
    if act == "drop":
        drop_sheet(pk, actor=request.actor)
        return redirect("bpo:start-sheet", pk=pk)
    return _kept(request, found) if act == "keep" else _edited(request, found)


def _kept(request: PageRequest, found: SetUp) -> HttpResponse:
    try:
        name, content = uploaded(request)
        content = content or request.POST.get("table", "").encode()
        keep_sheet(found.pk, content, name, actor=request.actor, now=clock.now())
    except DomainError as error:
        return _asked(request, found, error)
    return redirect("bpo:start-sheet", pk=found.pk)


def _shown(request: PageRequest, found: SetUp) -> HttpResponse:
    kept = _file(request, found)
    if kept is None:
        return _asked(request, found)
    try:
        editor = _editor(request, found, kept)
    except DomainError as error:
        return _asked(request, found, error)
    return _looked_over(request, found, editor, kept.name)


def _edited(request: PageRequest, found: SetUp) -> HttpResponse:
    """Show the sheet as it is read now, or take it in; what is refused stands on the page, and nothing is stored."""
    kept, now = _file(request, found), clock.now()
    if kept is None:
        return redirect("bpo:start-sheet", pk=found.pk)
    try:
        editor = _editor(request, found, kept)
    except DomainError as error:
        return _asked(request, found, error)
    if not editor.preview(now) or request.POST["do"] != "take":
        return _looked_over(request, found, editor, kept.name)
    try:
        taken = take_sheet(found.pk, editor.mapping(), seconds=editor.seconds, actor=request.actor, now=now)
    except DomainError as error:
        editor.error = error
        return _looked_over(request, found, editor, kept.name)
    if isinstance(taken, ImportJob):
        start_imports()
        return redirect("bpo:job-detail", pk=taken.pk)
    wake_up()
    text = ngettext(
        "%(count)s queue-day or month came in. The scorecards follow in a few seconds.",
        "%(count)s queue-days or months came in. The scorecards follow in a few seconds.",
        taken.rows,
    )
    messages.success(request, text % {"count": taken.rows})
    return redirect(f"{reverse('bpo:start-made', args=[found.pk])}?receipt={taken.id}")


def _file(request: PageRequest, found: SetUp) -> SetUpSheet | None:
    kept: SetUpSheet | None = SetUpSheet.objects.visible_to(request.actor).filter(set_up=found).first()
    return kept


def _editor(request: PageRequest, found: SetUp, kept: SetUpSheet) -> SheetEditor:
    """Return the page's state over the whole kept file, of the sheets that are ticked; raise where it has no rows."""
    now, month = clock.now(), _month(found)
    opened = open_sheets(bytes(kept.content), kept.name, sheets_of(request))
    proposal = propose(opened.grid, actor=request.actor, vendor=None, now=now, delimiter=opened.delimiter, month=month)
    proposal.mapping |= opened.document
    if "base" not in request.POST:
        proposed, proposal.mapping = proposal.mapping, remembered(found, proposal, actor=request.actor)
        if proposal.mapping != proposed:
            proposal.trial = tried(proposal.mapping, opened.grid, actor=request.actor, now=now)
    needs = needs_of(found, month)
    return SheetEditor(request, opened=opened, needs=needs, proposal=proposal, month=month)


def _month(found: SetUp) -> date:
    return date.fromisoformat(f"{found.wish['month']}-01")


def _asked(request: PageRequest, found: SetUp, error: DomainError | None = None) -> HttpResponse:
    context = {"found": found, "month": _month(found), "error": error, "pasted": request.POST.get("table", "")}
    return render(request, "bpo/start_sheet.html", context, status=error.status if error else 200)


def _looked_over(request: PageRequest, found: SetUp, editor: SheetEditor, sheet_name: str = "") -> HttpResponse:
    context = {"found": found, "month": _month(found), "editor": editor, "sheet_name": sheet_name}
    status = editor.error.status if editor.error else 400 if editor.data and editor.trial is None else 200
    return render(request, "bpo/start_sheet_read.html", context, status=status)
