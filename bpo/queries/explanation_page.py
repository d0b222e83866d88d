"""The explanation of a card for readers: each line's figure step by step, in words and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from bpo.choices import LineKind
from bpo.models import Scorecard
from bpo.queries import words
from bpo.queries.percentile_words import Bucket, buckets_of, interpolation
from kpis.calc.attainment import BEYOND
from kpis.calc.doubling import percentile_of
from kpis.choices import ExcuseCause, ModeChoice, RoundingChoice
from kpis.models import Measure
from vendors.choices import MeasureOwner, MissingDayPolicy
from vendors.errors import Text
from vendors.models import MeasureProvision, Queue

SIGNS = {"*": "×", "/": "÷", "-": "−"}
MOST_DAYS = 62

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
class LineWhy:
    """What one line's figure was made of. ``figure`` is the stored explanation; empty for lines people judge."""

    line: Mapping[str, Any]
    why: Mapping[str, Any]
    inputs: Sequence[Input]
    formula: str
    with_numbers: str
    missing_days: Sequence[str]
    more_missing: int
    excused_days: Sequence[str]
    buckets: Sequence[Bucket] = ()
    """The buckets of a percentile."""

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
            _number(value),
            owners.get(code) or str(MeasureOwner.VENDOR.label),
            code in derived,
        )
        for code, value in figure.get("inputs", {}).items()
    ]
    days = figure.get("days", {})
    missing = [
        f"{queues.get(str(row['queue']), row['queue'])} {row['date']}"
        for row in days.get("missing_days", [])[:MOST_DAYS]
    ]
    formula = figure.get("formula", "")
    buckets = buckets_of(figure)
    return LineWhy(
        line=line,
        why=why,
        inputs=inputs,
        formula=f"p{percentile_of(figure['aggregation'])}({formula})" if buckets else _signs(formula),
        with_numbers=interpolation(figure)
        if buckets
        else _signs(_put_in(formula, {row.code: row.value for row in inputs})),
        buckets=buckets,
        missing_days=missing,
        more_missing=max(0, int(days.get("missing", 0)) - len(missing)),
        excused_days=[
            f"{queues.get(str(row['queue']), row['queue'])} {row['date']} ({ExcuseCause(row['cause']).label})"
            for row in days.get("excused_days", [])[:MOST_DAYS]
        ],
    )


def _number(value: Any) -> str:
    """Write a sum with thousands separators; of a histogram the sum of its buckets."""
    if isinstance(value, list):
        return f"{sum(value):,}"
    return f"{Decimal(str(value)):,f}"


def _put_in(formula: str, values: Mapping[str, str]) -> str:
    return re.sub(r"[a-z][a-z0-9_]*", lambda found: values.get(found[0], found[0]), formula)


def _signs(formula: str) -> str:
    return re.sub(r"[*/-]", lambda found: SIGNS[found[0]], formula)
