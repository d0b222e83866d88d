"""What a contract asks a vendor to report: its queues, and of each the measures its KPIs need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.calc.formula import parse
from kpis.choices import WHOLE_UNITS, RollupChoice
from kpis.models import DailyMetric, Kpi, Measure, SourceFigure, Target
from kpis.queries.definitions import load_definitions
from kpis.queries.spans import ONE_DAY, QueueSpan, load_spans
from vendors.actors import OF_A_VENDOR, Actor
from vendors.choices import MeasureOwner, channels_meet
from vendors.models import Contract, ContractQueue, MeasureProvision, Queue

A_FORTNIGHT = 14 * ONE_DAY
Sources = tuple[str, str]
"""Whose figure of a measure counts, and whose is kept beside it."""


@dataclass(frozen=True, slots=True)
class FormMeasure:
    """One column of the form. ``label`` has the agreed parameters in it: 20초 내 응대호."""

    code: str
    label: str
    unit: str
    is_whole: bool
    kpis: tuple[Kpi, ...]
    sources: Sources | None = None
    """Whose figures there are of it, where there are two."""


@dataclass(frozen=True, slots=True)
class FormQueue:
    """One queue of the form, with the codes of its measures in the form's order."""

    code: str
    name: str
    measures: tuple[str, ...]
    span: QueueSpan

    def is_open_in(self, first: date, last: date) -> bool:
        """Say whether the queue is open on any day from ``first`` to ``last``."""
        return any(self.is_open(first + number * ONE_DAY) for number in range((last - first).days + 1))

    def is_open(self, day: date) -> bool:
        """Say whether the queue is open on ``day`` by its calendar."""
        return self.span.holds(day) and self.span.is_open(day)


@dataclass(frozen=True, slots=True)
class ContractForm:
    """The form of one contract on one day."""

    contract: Contract
    day: date
    queues: tuple[FormQueue, ...]
    measures: Mapping[str, FormMeasure]
    provided_by_others: tuple[tuple[FormMeasure, str], ...] = ()
    """Measures the KPIs need that somebody else sends, with who."""
    histograms: tuple[FormMeasure, ...] = ()
    """Measures that are lists of bucket counts, which no form holds."""

    @property
    def columns(self) -> list[FormMeasure]:
        """The measures of all queues together, each once."""
        return list(self.measures.values())


def contract_form(contract: Contract, day: date, *, now: datetime, for_vendor: bool) -> ContractForm:
    """Return what ``contract`` asks for on ``day``: the measures of its KPIs with a target in force then.

    ``for_vendor`` leaves out what only the client or a third party provides; a measure nobody is named for is the
    vendor's. Columns stand in the order of the contract's targets, a KPI's volume before what is counted in it.
    """
    spans = [span for span in load_spans(ContractQueue.objects.filter(contract=contract), now=now) if span.holds(day)]
    wanted = _Wanted(contract, day, spans)
    provisions = {row.measure: row for row in MeasureProvision.objects.filter(contract=contract).valid_on(day)}
    measures = _measures(wanted, provisions)
    others = {code: row.get_owner_display() for code, row in provisions.items() if for_vendor and _is_of_others(row)}
    kept = {
        code: measure for code, (measure, rollup) in measures.items() if code not in others and rollup in _ENTERABLE
    }
    names = dict(Queue.objects.filter(pk__in=[span.queue for span in spans]).values_list("pk", "name"))
    queues = [
        FormQueue(span.queue_code, names[span.queue], tuple(code for code in kept if code in codes), span)
        for span in spans
        if (codes := wanted.of_queue[span.queue])
    ]
    return ContractForm(
        contract=contract,
        day=day,
        queues=tuple(queue for queue in queues if queue.measures),
        measures=kept,
        provided_by_others=tuple(
            (measure, others[code]) for code, (measure, _rollup) in measures.items() if code in others
        ),
        histograms=tuple(
            measure
            for code, (measure, rollup) in measures.items()
            if rollup == RollupChoice.HISTOGRAM and code not in others
        ),
    )


_ENTERABLE = (RollupChoice.ADDITIVE, RollupChoice.STOCK)


class _Wanted:
    """Which measures the targets of a contract need, of which queue, and for which KPIs."""

    def __init__(self, contract: Contract, day: date, spans: Sequence[QueueSpan]) -> None:
        self.codes: list[str] = []
        self.kpis: dict[str, list[Kpi]] = defaultdict(list)
        self.parameters: dict[str, Mapping[str, Any]] = {}
        self.of_queue: dict[int, set[str]] = defaultdict(set)
        rows = list(
            Target.objects.filter(series__contract=contract)
            .valid_on(day)
            .select_related("series__kpi")
            .order_by("series_id")
        )
        definitions = load_definitions(target.series.kpi_id for target in rows)
        for target in rows:
            rule = definitions.on(target.series.kpi_id, day).rule
            codes = _in_order(rule.formula, rule.min_measure)
            self._note(target, codes)
            for span in spans:
                if _counts(target, span):
                    self.of_queue[span.queue].update(codes)

    def _note(self, target: Target, codes: Iterable[str]) -> None:
        for code in codes:
            if code not in self.codes:
                self.codes.append(code)
            if target.series.kpi not in self.kpis[code]:
                self.kpis[code].append(target.series.kpi)
            if target.parameters and "threshold" in code:
                self.parameters.setdefault(code, target.parameters)


def _in_order(formula: str, min_measure: str | None) -> list[str]:
    """Return the measures of a formula, those of its denominator first: people count the whole before its part."""
    parsed = parse(formula)
    below = parsed.denominator.measures if parsed.denominator else ()
    return list(dict.fromkeys([*below, *parsed.measures, *([min_measure] if min_measure else [])]))


def _counts(target: Target, span: QueueSpan) -> bool:
    if target.series.queue_id is not None:
        return bool(target.series.queue_id == span.queue)
    return channels_meet(target.series.kpi.channel, span.channel)


def _is_of_others(provision: MeasureProvision) -> bool:
    return MeasureOwner.VENDOR not in (provision.owner, provision.second)


def _measures(wanted: _Wanted, provisions: Mapping[str, MeasureProvision]) -> dict[str, tuple[FormMeasure, str]]:
    rows = {measure.code: measure for measure in Measure.objects.filter(code__in=wanted.codes)}
    return {
        code: (
            FormMeasure(
                code=code,
                label=measure_label(rows[code], wanted.parameters.get(code, {})),
                unit=rows[code].unit,
                is_whole=rows[code].unit in WHOLE_UNITS,
                kpis=tuple(wanted.kpis[code]),
                sources=_sources(provisions.get(code)),
            ),
            rows[code].rollup,
        )
        for code in wanted.codes
        if code in rows
    }


def _sources(provision: MeasureProvision | None) -> Sources | None:
    return (provision.owner, provision.second) if provision is not None and provision.second else None


def measure_label(measure: Measure, parameters: Mapping[str, Any]) -> str:
    """Return the measure's name with the agreed threshold in it: ``20초 내 응대호`` for ``목표시간 내 응대호``."""
    name = measure.label
    for key, unit in (("threshold_seconds", _("%(number)s s")), ("threshold_hours", _("%(number)s h"))):
        if key in parameters:
            return _with_threshold(name, unit % {"number": parameters[key]})
    return name


def _with_threshold(name: str, threshold: str) -> str:
    """Put the threshold in the place of the words that stand for it, or behind the name."""
    general = "목표시간" if (get_language() or "ko").startswith("ko") else "the service-level threshold"
    for words in (general, "threshold"):
        if words in name:
            return name.replace(words, threshold)
    return f"{name} ({threshold})"


def figures_on_day(form: ContractForm) -> dict[str, Mapping[str, Any]]:
    """Return what the form's queues have reported for its day, by queue code.

    Of a measure with two sources that is the figure of the vendor's side, whichever of them counts.
    """
    ids = {queue.span.queue: queue.code for queue in form.queues}
    rows = DailyMetric.objects.filter(queue_id__in=ids, date=form.day, is_month=False)
    found = {ids[queue]: dict(measures) for queue, measures in rows.values_list("queue_id", "measures")}
    doubled = {code: measure.sources for code, measure in form.measures.items() if measure.sources}
    if doubled:
        said = _said(form, list(doubled))
        for queue in form.queues:
            for code, sources in doubled.items():
                _put_own(found.setdefault(queue.code, {}), code, sources, said.get((queue.code, code), {}))
    return {queue: measures for queue, measures in found.items() if measures}


def _said(form: ContractForm, codes: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the latest figure of each source, by queue and measure."""
    ids = {queue.span.queue: queue.code for queue in form.queues}
    of_day = SourceFigure.objects.filter(queue_id__in=ids, date=form.day, is_month=False)
    rows = of_day.filter(measure__in=codes).order_by("id")
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        found[ids[row.queue_id], row.measure][row.source] = row.value
    return found


def _put_own(measures: dict[str, Any], code: str, sources: Sources, said: Mapping[str, Any]) -> None:
    """Put the figure of the side that fills in the form in the place of the one that counts."""
    side = MeasureOwner.VENDOR if MeasureOwner.VENDOR in sources else sources[0]
    stood = measures.pop(code, None)
    # Reported before there was a second source: it is the first one's.
    own = said.get(side) if said else (stood if side == sources[0] else None)
    if own is not None:
        measures[code] = own


def figures_before(form: ContractForm) -> dict[str, tuple[date, Mapping[str, Any]]]:
    """Return the last queue-day before the form's that each queue reported within a fortnight, by queue code."""
    ids = {queue.span.queue: queue.code for queue in form.queues}
    rows = DailyMetric.objects.filter(
        queue_id__in=ids, date__lt=form.day, date__gte=form.day - A_FORTNIGHT, is_month=False
    ).order_by("date")
    return {ids[queue]: (when, measures) for queue, when, measures in rows.values_list("queue_id", "date", "measures")}


def is_for_vendor(actor: Actor, contract: Contract) -> bool:
    """Say whether the actor submits as one of the contract's vendor, not on its behalf."""
    return any(grant.role in OF_A_VENDOR and grant.vendor_id == contract.vendor_id for grant in actor.grants)
