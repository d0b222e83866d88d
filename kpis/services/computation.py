"""One contract's marks turned into attainments: what must be computed, from what, and what changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from kpis.calc import formula
from kpis.calc.attainment import Assessment
from kpis.calc.coverage import MISSING_SHOWN, Expected
from kpis.calc.facts import PeriodKind
from kpis.calc.judge import Judgement
from kpis.calc.periods import Period
from kpis.choices import ExcuseCause
from kpis.models import Attainment
from kpis.queries.figures import Figures
from kpis.queries.judging import Judged, judged
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief, RelievedFacts
from kpis.queries.series import Series, TargetVersion, World
from kpis.services.attainment_store import AttainmentRow, Explained, store_attainments
from vendors.querysets import one_of

Spans = dict[int | None, list[tuple[date, date]]]
"""By contract (null: the programme) the inclusive ranges of days whose figures changed."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many attainments were written, found unchanged and removed, and the months looked at by contract.

    ``world`` and ``figures`` are what was read to compute them.
    """

    written: int
    unchanged: int
    removed: int
    months: dict[int | None, list[date]]
    world: World
    figures: Figures


def recompute(spans: Spans, *, now: datetime) -> Done:
    """Compute and store what the spans touch, with their contracts locked (:mod:`kpis.services.locks`)."""
    world = World(list(spans), now=now)
    wanted = [
        (series, period)
        for series in world.series
        for period in series.periods(spans[series.contract], world.today_of(series.contract))
    ]
    figures = world.load_figures(wanted)
    computed = compute(world, wanted, figures, now, relief=world.load_relief(wanted))
    stored = _stored(world.series, spans)
    changed = [pair for pair in computed if stored.get(_key(pair[0]), ("", 0))[0] != pair[0].input_hash]
    store_attainments(changed)
    stale = set(stored) - {_key(row) for row, _text in computed}
    Attainment.objects.filter(id__in=one_of([stored[key][1] for key in stale])).delete()
    return Done(len(changed), len(computed) - len(changed), len(stale), _months(wanted), world, figures)


def compute(
    world: World, wanted: Sequence[tuple[Series, Period]], figures: Figures, now: datetime, *, relief: Relief
) -> list[Explained]:
    """Return the attainment of each series and period, in order, as it would be stored. Writes nothing."""
    facts: dict[tuple[int | None, int | None, Period], tuple[PeriodFacts, RelievedFacts | None]] = {}
    measures = world.measures_of(wanted) if relief else set()
    rows = []
    for series, period in wanted:
        key = (series.contract, series.queue, period)
        if key not in facts:
            spans = world.spans_of(series)
            # What the company as a whole comes to is nobody's to be relieved of.
            has_relief = relief and series.contract is not None
            without = relief.facts_of(spans, figures, period, measures) if has_relief else None
            facts[key] = (PeriodFacts(spans, figures, period), without)
        rows.append(_attainment(world, series, *facts[key], now))
    return rows


def _attainment(
    world: World, series: Series, facts: PeriodFacts, without: RelievedFacts | None, now: datetime
) -> Explained:
    found = judged(world, series, facts)
    explanation = found.judgement.explanation() | {
        "definition_version": found.definition.number,
        "target_versions_used": [_cited(version) for version in found.versions],
        "missing_day_policy": found.terms.missing_day_policy.value,
    }
    measures = formula.parse(found.definition.rule.formula).measures
    excused = facts.excused(found.definition.channel, measures)
    _add_gaps(explanation["days"], excused, found.spared)
    flags = ["client_caused"] if _is_client_caused(found, excused) else []
    counts = found.judgement
    relieved = without.of_kpi(found.definition.rule) if without is not None else None
    if relieved is not None:
        counts = judged(world, series, relieved.facts).judgement
        explanation["adjusted"] = _adjusted(counts, relieved)
        flags += _flags_of_relief(found.judgement, counts, relieved)
    return _row(series, found.judgement, counts.assessment, found.versions[-1], explanation, flags, now)


def _adjusted(counts: Judgement, without: RelievedFacts) -> dict[str, Any]:
    """Return what the adjusted figure was made of, with the slices that were taken out."""
    explanation = counts.explanation()
    del explanation["as_of"]
    return explanation | {
        "slices": [one.as_dict() for one in without.slices],
        "slices_that_do_not_fit": [one.as_dict() for one in without.unfit],
    }


def _flags_of_relief(gross: Judgement, counts: Judgement, without: RelievedFacts) -> list[str]:
    flags = ["adjusted"] if without.slices else []
    if without.unfit:
        flags.append("relief_does_not_fit")
    if gross.figure.has_reported and not counts.figure.has_reported:
        # Everything was taken out: the vendor is not to be judged, and the card shares its weight out.
        flags.append("client_caused")
    return flags


def _add_gaps(days: dict[str, Any], excused: Sequence[tuple[int, date, str]], spared: Expected) -> None:
    """Note the days that were excused, and those that lack only what others provide; nothing where there are none."""
    if excused:
        rows = [{"queue": queue, "date": day.isoformat(), "cause": cause} for queue, day, cause in excused]
        days |= {"excused": len(excused), "excused_days": rows[:MISSING_SHOWN]}
    if count := sum(map(len, spared.values())):
        days["missing_of_others"] = count


def _is_client_caused(found: Judged, excused: Sequence[tuple[int, date, str]]) -> bool:
    """Say whether nothing was reported and none of it is the vendor's gap (mathematics §4.4)."""
    if found.judgement.figure.has_reported:
        return False
    spared = found.spared
    is_of_client = any(spared.values()) or any(cause == ExcuseCause.CLIENT for _queue, _day, cause in excused)
    return is_of_client and all(days <= spared.get(queue, frozenset()) for queue, days in found.expected.items())


def _cited(version: TargetVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "valid_from": version.row.valid_from.isoformat(),
        "weight": None if version.row.weight is None else str(version.row.weight),
        "parameters": version.row.parameters,
    }


def _row(
    series: Series,
    judgement: Judgement,
    counts: Assessment,
    last: TargetVersion,
    explanation: dict[str, Any],
    flags: Sequence[str],
    now: datetime,
) -> Explained:
    figure, assessment, period = judgement.figure, judgement.assessment, judgement.period
    # The day it was computed on is no input: a figure that stays the same is not written again every day.
    as_of = explanation.pop("as_of")
    inputs = msgspec.json.encode(explanation, order="sorted")
    row = AttainmentRow(
        series_id=series.id,
        start=period.start,
        end=period.end,
        value=assessment.value,
        adjusted_value=counts.value,
        target=counts.target,
        minimum=counts.minimum,
        weight=last.row.weight,
        attainment=counts.attainment,
        score=counts.score,
        status=counts.status or "",
        flags=sorted({*figure.flags, *assessment.flags, *counts.flags, *flags}),
        volume=figure.volume,
        days_expected=figure.days_expected,
        days_reported=figure.days_reported,
        input_hash=hashlib.sha256(inputs).hexdigest(),
        computed_at=now,
    )
    return row, b'{"as_of":"%s",%s' % (as_of.encode(), inputs[1:])


def _key(row: AttainmentRow) -> tuple[int, date]:
    return row.series_id, row.start


def _stored(series: Sequence[Series], spans: Spans) -> dict[tuple[int, date], tuple[str, int]]:
    """Return hash and id of the stored attainments whose period touches a span of their contract."""
    contract_of = {row.id: row.contract for row in series}
    rows = Attainment.objects.filter(series_id__in=one_of(contract_of)).order_by()
    first = min(start for ranges in spans.values() for start, _end in ranges)
    last = max(end for ranges in spans.values() for _start, end in ranges)
    rows = rows.filter(end__gt=first, start__lte=last)
    return {
        (series_id, start): (input_hash, pk)
        for series_id, start, end, input_hash, pk in rows.values_list("series_id", "start", "end", "input_hash", "id")
        if any(start <= last and end > first for first, last in spans[contract_of[series_id]])
    }


def _months(wanted: Sequence[tuple[Series, Period]]) -> dict[int | None, list[date]]:
    months: dict[int | None, set[date]] = defaultdict(set)
    for series, period in wanted:
        if period.kind is PeriodKind.MONTH:
            months[series.contract].add(period.start)
    return {contract: sorted(starts) for contract, starts in months.items()}
