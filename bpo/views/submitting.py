"""The page on which daily figures come in: typed, pasted or as a file; checked, and then sent."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpo.queries.submit_pages import (
    SubmitPage,
    contracts_to_submit,
    submit_page,
)
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import day_of
from kpis.choices import CorrectionReason, DraftStatus, SubmissionWay
from kpis.imports import FeedRows
from kpis.imports.contract_tables import read_entry, read_paste
from kpis.imports.encodings import ACCEPTED
from kpis.imports.jobs import MOST_AT_ONCE, queue_import
from kpis.imports.profiles import profiles_for
from kpis.imports.taking import LONGEST_NAME, MOST_FILE_BYTES, ImportOptions, read_file
from kpis.models import SubmissionDraft
from kpis.queries.contract_form import contract_form, figures_on_day, is_for_vendor
from kpis.services import drafts
from kpis.tasks import start_imports
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, NotFound, RowError, TooLarge
from vendors.models import Contract

ZONE = "Asia/Seoul"
WAYS = (SubmissionWay.FORM, SubmissionWay.PASTE, SubmissionWay.FILE)


class _Place:
    """What the address says: the contract, the day and the way in."""

    def __init__(self, request: PageRequest) -> None:
        self.now = clock.now()
        self.today = clock.local_date(self.now, ZONE)
        self.contracts = contracts_to_submit(request.actor, self.today)
        self.contract = _chosen(request.GET.get("contract", ""), self.contracts)
        self.day = _day(request.GET.get("date", ""), self.today)
        way = request.GET.get("way", "")
        self.way = SubmissionWay(way) if way in WAYS else SubmissionWay.FORM

    def url(self, **more: Any) -> str:
        code = self.contract.code if self.contract else ""
        query = {"contract": code, "date": self.day.isoformat(), "way": str(self.way), **more}
        return f"{reverse('bpo:submit')}?{urlencode(query)}"


def _chosen(code: str, contracts: list[Contract]) -> Contract | None:
    if not code:
        return contracts[0] if contracts else None
    chosen = next((contract for contract in contracts if contract.code == code), None)
    if chosen is None:
        raise Http404
    return chosen


def _day(text: str, today: date) -> date:
    """Read the day; nothing means yesterday, which is what is reported in the morning."""
    try:
        return day_of(text) if text else today - timedelta(days=1)
    except ValueError as error:
        raise BadRequest from error


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.SUBMIT)
def submit(request: PageRequest) -> HttpResponse:
    """Show the form of a contract, or take what was typed, pasted or uploaded and lead on to its check."""
    place = _Place(request)
    if request.method == "POST":
        return _taken(request, place)
    draft = _reopened(request)
    if draft is not None:
        place.contract, place.day = draft.contract, _day_of(draft, place.day)
    return _shown(request, place, draft=draft)


def _reopened(request: PageRequest) -> SubmissionDraft | None:
    """Return the draft the address asks to go on with; null where it was sent. Raises Http404 where it is gone."""
    text = request.GET.get("draft", "")
    if not text:
        return None
    try:
        draft = drafts.find(UUID(text), actor=request.actor)
    except (ValueError, NotFound) as error:
        raise Http404 from error
    return draft if draft.status in (DraftStatus.OPEN, DraftStatus.RETURNED) else None


def _replaced(request: PageRequest) -> SubmissionDraft | None:
    """Return the draft that gives way to what was sent now; one that is gone is no reason to lose this."""
    try:
        return _reopened(request)
    except Http404:
        return None


def _day_of(draft: SubmissionDraft, otherwise: date) -> date:
    rows = draft.body["rows"]
    return date.fromisoformat(rows[0]["date"]) if draft.way == SubmissionWay.FORM and rows else otherwise


def _taken(request: PageRequest, place: _Place) -> HttpResponse:
    if place.contract is None:
        raise Http404
    try:
        sent = _read(request, place)
        if place.way == SubmissionWay.FILE and len(sent.feed.rows) > MOST_AT_ONCE:
            return _queued(request, place, sent)
        draft = _kept(request, place, sent)
    except DomainError as error:
        return _shown(request, place, error=error, status=error.status)
    if "save" in request.POST:
        messages.success(request, _("Saved as a draft. Nothing was submitted yet."))
        return HttpResponseRedirect(place.url(draft=draft.pk))
    if place.way == SubmissionWay.FORM:
        found = drafts.check(draft, actor=request.actor, now=place.now)
        if found.errors:
            return _shown(request, place, draft=draft, errors=found.errors, status=422)
    return redirect("bpo:submit-check", pk=draft.pk)


def _queued(request: PageRequest, place: _Place, sent: _Sent) -> HttpResponse:
    """Have a large file checked by a worker, and lead to the page that tells how far it is."""
    job, _is_replay = queue_import(sent.content, sent.feed, sent.options, actor=request.actor, now=place.now)
    start_imports()
    return redirect("bpo:job-detail", pk=job.pk)


def _kept(request: PageRequest, place: _Place, sent: _Sent) -> SubmissionDraft:
    assert place.contract is not None
    feed = sent.feed
    return drafts.keep(
        actor=request.actor,
        contract=place.contract,
        rows=feed.rows,
        numbers=feed.numbers or None,
        errors=feed.errors,
        source=feed.source,
        way=place.way,
        file_name=sent.options.filename,
        body_hash=hashlib.sha256(sent.content).hexdigest(),
        text=request.POST.get("table", ""),
        is_saved="save" in request.POST,
        replaces=_replaced(request),
        now=place.now,
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """The rows of what was sent, the bytes the receipt's hash is made of, and how a file is read."""

    feed: FeedRows
    content: bytes
    options: ImportOptions = field(default_factory=ImportOptions)


def _read(request: PageRequest, place: _Place) -> _Sent:
    assert place.contract is not None
    if place.way == SubmissionWay.FILE:
        name, content = uploaded(request)
        options = _options(request, name, place.today)
        return _Sent(read_file(content, options, request.actor), content, options)
    for_vendor = is_for_vendor(request.actor, place.contract)
    form = contract_form(place.contract, place.day, now=place.now, for_vendor=for_vendor)
    if place.way == SubmissionWay.PASTE:
        text = request.POST.get("table", "")
        return _Sent(read_paste(text, form), text.encode())
    typed = {
        (queue.code, code): request.POST.get(f"{queue.code}.{code}", "")
        for queue in form.queues
        for code in queue.measures
    }
    feed = read_entry(typed, form, figures_on_day(form))
    return _Sent(feed, repr(sorted(typed.items())).encode())


def _options(request: HttpRequest, name: str, today: date) -> ImportOptions:
    """Return how a file is read; a large one is only checked at first, when the lack of a reason is no fault."""
    encoding, profile = (request.POST.get(option) or None for option in ("encoding", "profile"))
    if encoding not in (None, *ACCEPTED):
        raise BadRequest
    return ImportOptions(
        filename=name,
        encoding=encoding,
        profile=profile,
        reason=CorrectionReason.RESTATEMENT.value,
        dry_run=True,
        way=SubmissionWay.FILE.value,
        language=get_language() or "",
        read_on=today,
    )


def uploaded(request: HttpRequest) -> tuple[str, bytes]:
    """Return the name and the bytes of the file that was sent, both empty where there is none; raise TooLarge."""
    file = request.FILES.get("file")
    if file is None:
        return "", b""
    content = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        text = _("The file is larger than %(most)s MB; split it or leave out columns that are not needed.")
        raise TooLarge("file_too_large", text % {"most": MOST_FILE_BYTES // 2**20})
    name = unicodedata.normalize("NFC", file.name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[-LONGEST_NAME:], content


def _shown(
    request: PageRequest,
    place: _Place,
    *,
    draft: SubmissionDraft | None = None,
    error: DomainError | None = None,
    errors: Sequence[RowError] = (),
    status: int = 200,
) -> HttpResponse:
    page: SubmitPage = submit_page(
        request.actor,
        contract=place.contract,
        contracts=place.contracts,
        day=place.day,
        now=place.now,
        typed=_typed(draft),
        errors=_by_queue(draft, errors),
    )
    context = {
        "page": page,
        "place": place,
        "way": place.way,
        "ways": [(way, way.label, place.url(way=str(way))) for way in WAYS],
        "draft": draft,
        "error": error,
        "errors": errors,
        "here": place.url(draft=draft.pk) if draft else place.url(),
        "pasted": request.POST.get("table", draft.body.get("text", "") if draft else ""),
        "profiles": profiles_for(request.actor, place.contract.vendor) if place.contract else (),
        "max_day": place.today,
        "most_rows": MOST_AT_ONCE,
        "may_write_profiles": request.actor.may(Capability.WRITE_PROFILES),
    }
    return render(request, "bpo/submit.html", context, status=status)


def _typed(draft: SubmissionDraft | None) -> dict[tuple[str, str], Any] | None:
    if draft is None or draft.way != SubmissionWay.FORM:
        return None
    return {(row["queue"], code): value for row in draft.body["rows"] for code, value in row["measures"].items()}


def _by_queue(draft: SubmissionDraft | None, errors: Sequence[RowError]) -> list[tuple[str, RowError]]:
    rows = draft.body["rows"] if draft else []
    return [(rows[error.row]["queue"], error) for error in errors if error.row is not None and error.row < len(rows)]
