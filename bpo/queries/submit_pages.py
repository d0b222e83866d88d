"""What the pages of daily figures show: the form of a contract, a draft before it is sent, a receipt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from kpis.choices import DraftStatus
from kpis.models import Measure, MetricRevision, Submission, SubmissionDraft
from kpis.queries.contract_form import ContractForm, contract_form, figures_before, figures_on_day, is_for_vendor
from kpis.queries.receipts import (
    MOST_CONTRACTS,
    ContractOutlook,
    Spans,
    contract_outlooks,
    month_totals,
    spans_of,
)
from kpis.services.feed.results import SubmissionResult
from vendors.actors import Actor, Capability
from vendors.calc.months import month_before
from vendors.clock import local_date
from vendors.errors import RowError
from vendors.models import Contract, Queue
from vendors.queries.closing import RulesByDate

ENDED = timedelta(days=62)
"""How long after its end a contract still takes figures on the page: its last months are being settled."""
MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One input of the form: what stands in it, what was reported the last time, what is wrong with it."""

    queue: str
    code: str
    label: str
    unit: str
    is_whole: bool
    value: str = ""
    before: Any = None
    errors: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self.queue}.{self.code}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One queue of the form of one day."""

    code: str
    name: str
    is_open: bool
    is_reported: bool
    before_on: date | None
    cells: Sequence[Cell]
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SubmitPage:
    """The page on which figures come in: one contract, one day."""

    contracts: Sequence[Contract]
    contract: Contract | None
    form: ContractForm | None
    day: date
    entries: Sequence[Entry] = ()
    drafts: Sequence[SubmissionDraft] = ()
    on_behalf: bool = False
    whole_month: date | None = None
    """The first day of the latest month up to the day's that is over: its total may be sent."""


def contracts_to_submit(actor: Actor, today: date) -> list[Contract]:
    """Return the contracts ``actor`` may send figures for, by vendor."""
    rows = Contract.objects.visible_to(actor.limited_to(Capability.SUBMIT)).select_related("vendor")
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today - ENDED), starts_on__lte=today)
    return sorted(rows, key=lambda contract: (contract.vendor.label, contract.name))


def submit_page(
    actor: Actor,
    *,
    contract: Contract | None,
    contracts: Sequence[Contract],
    day: date,
    now: datetime,
    typed: Mapping[tuple[str, str], Any] | None = None,
    errors: Iterable[tuple[str, RowError]] = (),
) -> SubmitPage:
    """Return the page; ``typed`` are values not sent yet (by queue and measure), ``errors`` come with their queue."""
    if contract is None:
        return SubmitPage(contracts, None, None, day)
    form = contract_form(contract, day, now=now, for_vendor=is_for_vendor(actor, contract))
    return SubmitPage(
        contracts=contracts,
        contract=contract,
        form=form,
        day=day,
        entries=_entries(form, typed, list(errors)),
        drafts=open_drafts(actor),
        on_behalf=not is_for_vendor(actor, contract),
        whole_month=min(day.replace(day=1), month_before(local_date(now, settings.TIME_ZONE))),
    )


def open_drafts(actor: Actor) -> list[SubmissionDraft]:
    """Return what this person saved and has not sent."""
    drafts = SubmissionDraft.objects.visible_to(actor.limited_to(Capability.SUBMIT))
    mine = drafts.filter(made_by=actor.label, status=DraftStatus.OPEN, is_saved=True)
    return list(mine.select_related("contract").defer("body")[:10])


def _entries(
    form: ContractForm, typed: Mapping[tuple[str, str], Any] | None, errors: list[tuple[str, RowError]]
) -> list[Entry]:
    stored, before = figures_on_day(form), figures_before(form)
    # What a draft does not name stands as it was reported since: shown as blank, it would be withdrawn.
    given = typed or {}
    entries = []
    for queue in form.queues:
        of_queue = [error for code, error in errors if code == queue.code]
        last_on, last = before.get(queue.code, (None, {}))
        known = stored.get(queue.code, {})
        cells = [
            Cell(
                queue=queue.code,
                code=code,
                label=form.measures[code].label,
                unit=form.measures[code].unit,
                is_whole=form.measures[code].is_whole,
                value=_shown(given.get((queue.code, code), known.get(code))),
                before=last.get(code),
                errors=[str(error.detail) for error in of_queue if error.field == code],
            )
            for code in queue.measures
        ]
        others = [str(error.detail) for error in of_queue if error.field not in queue.measures]
        entries.append(
            Entry(queue.code, queue.name, queue.is_open(form.day), bool(known), last_on, cells, tuple(others))
        )
    return entries


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


# Before it is sent -----------------------------------------------------------------------------------------
def draft_outlook(result: SubmissionResult, now: datetime) -> list[ContractOutlook]:
    """Return how the months would stand with what a check found right stored."""
    changed = [day.as_queue_day() for day in result.days if day.is_stored]
    return contract_outlooks(result.spans, now, changed)


def named_changes(result: SubmissionResult) -> list[dict[str, Any]]:
    """Return what a check would replace, with the names of the queues; they are the sender's own."""
    codes = {row["queue"] for row in result.changes}
    names = dict(Queue.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    return [{**row, "queue": names.get(row["queue"], row["queue"])} for row in result.changes]


# The receipt -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Total:
    """The sum of one measure over what was sent."""

    measure: Measure
    total: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One submission with everything its sender looks for."""

    submission: Submission
    totals: Sequence[Total]
    outlooks: Sequence[ContractOutlook]
    changes: Sequence[Mapping[str, Any]]
    more_changes: bool
    spans: Sequence[tuple[date, date]] = field(default=())
    contracts: Sequence[int] = ()
    cut_off: time | None = None
    """Until when the day after the figures are due, where the contract names a time."""
    vendors: Sequence[str] = ()
    """The names of those the figures are of."""
    is_of_months: bool = False
    """Whether all of it are totals of months."""

    @property
    def first_on(self) -> date | None:
        return min((span[0] for span in self.spans), default=None)

    @property
    def last_on(self) -> date | None:
        return max((span[1] for span in self.spans), default=None)

    @property
    def more_contracts(self) -> int:
        """How many contracts the submission is of beyond those whose months are shown."""
        return max(0, len(self.spans) - MOST_CONTRACTS)


def receipt_page(submission: Submission, *, now: datetime) -> ReceiptPage:
    """Return the page of one receipt that came from a scoped queryset; the month stands as it is now."""
    spans = spans_of(submission)
    changes = list(changes_of(submission))
    is_of_months = bool(spans) and month_totals({pk: last for pk, (_first, last) in spans.items()}) == spans.keys()
    return ReceiptPage(
        submission=submission,
        totals=totals_of(submission),
        outlooks=contract_outlooks(spans, now),
        changes=changes[:MOST_CHANGES],
        more_changes=len(changes) > MOST_CHANGES,
        spans=list(spans.values()),
        contracts=list(spans),
        cut_off=None if is_of_months else _cut_off(spans),
        vendors=_vendors(submission, spans),
        is_of_months=is_of_months,
    )


def _vendors(submission: Submission, spans: Spans) -> list[str]:
    """Return whose figures these are: the sender's, or of a sheet of many vendors those of their contracts."""
    if submission.vendor:
        return [submission.vendor.label]
    return sorted({row.vendor.label for row in Contract.objects.filter(pk__in=spans).select_related("vendor")})


def _cut_off(spans: Spans) -> time | None:
    rules = RulesByDate(list(spans))
    times = [rules.on(contract, last).daily_cutoff for contract, (_first, last) in spans.items()]
    return min((one for one in times if one is not None), default=None)


def totals_of(submission: Submission) -> list[Total]:
    """Return the totals of measures that add up, in the catalogue's order; of a stock over days it says nothing."""
    totals = submission.result.get("totals", {})
    measures = Measure.objects.filter(code__in=totals, rollup="additive").order_by("pk")
    return [Total(measure, totals[measure.code]) for measure in measures]


def changes_of(submission: Submission) -> Iterable[dict[str, Any]]:
    """Yield the values the submission replaced: queue, date, measure, old, new."""
    names = {measure.code: measure.label for measure in Measure.objects.all()}
    rows = MetricRevision.objects.filter(submission=submission).order_by("queue__code", "date")
    for queue, day, changes in rows.values_list("queue__name", "date", "changes")[: MOST_CHANGES + 1]:
        for code, (old, new, revision) in changes.items():
            if revision > 1:
                yield {"queue": queue, "date": day, "measure": names.get(code, code), "old": old, "new": new}


def queue_names(contracts: Iterable[int]) -> dict[str, str]:
    """Return what the queues of some contracts are called, by code."""
    return dict(Queue.objects.filter(contract_links__contract__in=list(contracts)).values_list("code", "name"))


def named_problems(
    found: Sequence[Any], rows: Sequence[Mapping[str, Any]] | None = None, *, contracts: Iterable[int] = ()
) -> list[dict[str, Any]]:
    """Return errors or warnings with the names of what they are about, of the queues of ``contracts`` too.

    ``found`` are RowErrors or their dictionaries; with ``rows`` their place is the queue of that row, else a line.
    """
    if not found:
        return []
    names = {measure.code: measure.label for measure in Measure.objects.all()}
    names |= {"queue": _("Queue"), "date": _("Date"), "month": _("Month"), "measures": _("All figures")}
    queues = queue_names(contracts)
    problems = []
    for one in found:
        error = one if isinstance(one, Mapping) else one.as_dict()
        place = error["row"]
        named = {"field": names.get(error["field"] or "", error["field"]), "line": place, "queue": ""}
        if rows is not None:
            code = rows[place].get("queue", "") if place is not None and place < len(rows) else ""
            named |= {"line": None, "queue": queues.get(code, code)}
        # Where a queue is not known the message spells its code, which is to be written as it stands.
        said = error["detail"] if error["field"] == "queue" else _with_names(str(error["detail"]), queues)
        problems.append({**error, **named, "detail": said})
    return problems


def _with_names(text: str, queues: Mapping[str, str]) -> str:
    """Return a message, which names queues by code, with what people call them.

    Only a code with a hyphen is surely no other word or number of the message.
    """
    codes = [code for code in queues if "-" in code]
    if not codes:
        return text
    any_code = "|".join(re.escape(code) for code in sorted(codes, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{any_code})(?![\w-])", lambda found: queues[found[0]], text, flags=re.ASCII)
