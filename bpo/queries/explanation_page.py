"""The explanation of a card for readers: each line's figure step by step, in words and numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from bpo.choices import LineKind
from bpo.models import Scorecard
from bpo.queries import words
from bpo.queries.formula_words import put_in, signs
from bpo.queries.percentile_words import Bucket, buckets_of, interpolation
from kpis.calc.attainment import BEYOND
from kpis.calc.doubling import percentile_of
from kpis.choices import ExcuseCause, ModeChoice, RoundingChoice, StatusChoice
from kpis.models import Measure
from vendors.choices import MeasureOwner, MissingDayPolicy
from vendors.errors import Text
from vendors.models import MeasureProvision, Queue

NOTHING = "–"
MOST_EXCUSED = 62
ONE_DAY = timedelta(days=1)

TREATMENTS: dict[str, Text] = {
    "scored": _("Scored."),
    "renormalise": _("Left out; its weight was spread over the other lines."),
    "renormalised": _("Left out; its weight was spread over the other lines."),
    "zero": _("Counted with a score of 0."),
    "minimum": _("Counted with the score of the minimum level."),
    "full": _("Counted with a full score."),
}


@dataclass(frozen=True, slots=True)
class Input:
    """One measure's sum over the month, and who provides it under the contract."""

    code: str
    name: str
    value: str
    owner: str
    is_derived: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row that are missing for one queue; ``is_month`` where it is the month as a whole.

    ``queue`` is empty where all of them lack it.
    """

    queue: str
    first: date
    last: date
    days: int
    is_month: bool = False


@dataclass(frozen=True, slots=True)
class LineWhy:
    """What one line's figure was made of. ``figure`` is the stored explanation; empty for lines people judge."""

    line: Mapping[str, Any]
    why: Mapping[str, Any]
    inputs: Sequence[Input]
    formula: str
    with_numbers: str
    gaps: Sequence[Gap]
    more_missing: int
    excused_days: Sequence[str]
    buckets: Sequence[Bucket] = ()
    """The buckets of a percentile."""
    sent: Sequence[str] = ()
    """The names of what the formula asks and somebody sent on any day of the month."""
    lacking: Sequence[str] = ()
    """The names of what it asks and nobody sent."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What each measure is called."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """What each queue of the contract is called, by number and code."""

    @property
    def slices(self) -> list[dict[str, Any]]:
        """What external factors take out: factor, date, measures, and ``queue_name``, by which two of a day differ."""
        taken = (self.figure.get("adjusted") or {}).get("slices", ())
        return [{**one, "queue_name": self.queues.get(str(one["queue"]), "")} for one in taken]

    @property
    def adjusted_inputs(self) -> list[tuple[str, str]]:
        """The sums without what external factors take out: what they are called, and their value."""
        sums = (self.figure.get("adjusted") or {}).get("inputs", {})
        return [(self.names.get(code, code), _number(value)) for code, value in sums.items()]

    @property
    def is_summed(self) -> bool:
        """Whether any day is complete, so that there is a sum to put into the formula."""
        return is_summed(self.figure)

    @property
    def figure(self) -> Mapping[str, Any]:
        figure: Mapping[str, Any] = self.why["figure"]
        return figure

    @property
    def target(self) -> Mapping[str, Any]:
        return self.figure.get("target") or {}

    @property
    def mode(self) -> Text:
        return ModeChoice(self.target["mode"]).label if self.target else ""

    @property
    def rounding(self) -> Text:
        steps = self.figure.get("rounding")
        return RoundingChoice(steps["rounding"]).label if steps else ""

    @property
    def imputation(self) -> Text:
        made_up = self.figure.get("imputation")
        return MissingDayPolicy(made_up["policy"]).label if made_up else ""

    @property
    def treatment(self) -> Text:
        treatment: str = self.why.get("treatment", "")
        return TREATMENTS.get(treatment, treatment)

    @property
    def is_beyond(self) -> bool:
        """Whether the percentile lies in the open bucket, so that there is no number to show."""
        return BEYOND in self.line["flags"]

    @property
    def flag_words(self) -> list[str]:
        return words.flags(self.line["flags"])


def explanation_lines(card: Scorecard, view: Mapping[str, Any], why: Mapping[str, Any]) -> list[LineWhy]:
    """Return each line with its explanation; three queries for the names of measures and queues, and who provides.

    ``view`` is ``presented(card)``, ``why`` is ``explained(card)``.
    """
    lines = {line["id"]: line for line in view["lines"]}
    codes = {code for row in why["lines"] for code in row["figure"].get("inputs", {})}
    codes |= {code for row in why["lines"] for found in row.get("measures", {}).values() for code in found}
    names = {measure.code: measure.label for measure in Measure.objects.filter(code__in=codes)}
    queues = {
        key: queue.name
        for queue in Queue.objects.filter(contract_links__contract=card.contract_id)
        for key in (str(queue.pk), queue.code)
    }
    provisions = MeasureProvision.objects.filter(contract=card.contract_id, measure__in=codes).valid_on(card.start)
    owners = {row.measure: row.get_owner_display() for row in provisions}
    shown = [row for row in why["lines"] if row["line"] in lines]
    shown.sort(key=lambda row: LineKind.values.index(row["kind"]))
    return [_line(lines[row["line"]], row, names, owners, queues) for row in shown]


def _line(
    line: Mapping[str, Any],
    why: Mapping[str, Any],
    names: Mapping[str, str],
    owners: Mapping[str, str],
    queues: Mapping[str, str],
) -> LineWhy:
    figure = why["figure"]
    derived = why["submissions"].get("derived", ())
    inputs = [
        Input(
            code,
            names.get(code, code),
            _number(value) if is_summed(figure) else NOTHING,
            owners.get(code) or str(MeasureOwner.VENDOR.label),
            code in derived,
        )
        for code, value in figure.get("inputs", {}).items()
    ]
    days = figure.get("days", {})
    gaps = gaps_of(figure, why.get("month_totals", ()), queues)
    came = why.get("measures", {})
    formula = figure.get("formula", "")
    named = put_in(signs(formula), names)
    buckets = buckets_of(figure)
    return LineWhy(
        line=line,
        why=why,
        inputs=inputs,
        formula=f"p{percentile_of(figure['aggregation'])}({named})" if buckets else named,
        with_numbers=interpolation(figure)
        if buckets
        else put_in(signs(formula), {row.code: row.value for row in inputs}),
        buckets=buckets,
        gaps=gaps,
        more_missing=max(0, int(days.get("missing", 0)) - sum(gap.days for gap in gaps)),
        excused_days=[
            f"{queues.get(str(row['queue']), row['queue'])} {row['date']} ({ExcuseCause(row['cause']).label})"
            for row in days.get("excused_days", [])[:MOST_EXCUSED]
        ],
        sent=[names.get(code, code) for code in came.get("reported", ())],
        names=names,
        queues=queues,
        lacking=[names.get(code, code) for code in came.get("missing", ())],
    )


def is_summed(figure: Mapping[str, Any]) -> bool:
    """Say whether the sums are of any day. Only complete days are summed: of none, 0 would read as reported."""
    return (figure.get("result") or {}).get("status") != StatusChoice.NO_DATA


def gaps_of(figure: Mapping[str, Any], totals: Collection[str], queues: Mapping[str, str]) -> list[Gap]:
    """Return the missing days of a figure that are named, run by run; of a month's total, the month at once.

    ``totals`` are the codes of queues that sent their month as one row, ``queues`` the names by number and code.
    """
    days = figure.get("days", {})
    missing = [(str(row["queue"]), date.fromisoformat(row["date"])) for row in days.get("missing_days", ())]
    if not missing:
        return []
    start, end = (date.fromisoformat(figure["period"][name]) for name in ("start", "end"))
    if not days["reported"] and figure["as_of"] >= end.isoformat():
        return [Gap("", start, end - ONE_DAY, int(days["missing"]), is_month=True)]
    found: list[Gap] = []
    whole = {name for code in totals for name in (code, queues.get(code, code))}
    for queue, day in missing:
        name, last = queues.get(queue, queue), found[-1] if found else None
        is_month = name in whole
        if last is not None and last.queue == name and (is_month or last.last + ONE_DAY == day):
            found[-1] = replace(last, last=max(last.last, day), days=last.days + 1)
        else:
            found.append(Gap(name, start if is_month else day, end - ONE_DAY if is_month else day, 1, is_month))
    return found


def _number(value: Any) -> str:
    """Write a sum with thousands separators; of a histogram the sum of its buckets."""
    if isinstance(value, list):
        return f"{sum(value):,}"
    return f"{Decimal(str(value)):,f}"
