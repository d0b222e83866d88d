"""Codes of a scorecard in the reader's words: events, gates, flags, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from kpis.choices import StatusChoice
from vendors.errors import Text

EVENTS: dict[str, Text] = {
    "create": gettext_lazy("Made"),
    "share": gettext_lazy("Review asked for"),
    "dispute": gettext_lazy("Line disputed"),
    "resolve": gettext_lazy("Dispute answered"),
    "finalise": gettext_lazy("Finalised"),
    "acknowledge": gettext_lazy("Acknowledged by the vendor"),
    "supersede": gettext_lazy("Replaced by a later version"),
    "judge": gettext_lazy("Line judged"),
    "gate": gettext_lazy("Gate approved"),
    "withdraw_gate": gettext_lazy("Gate withdrawn"),
}

LINE_WORDS: dict[str, Text] = {
    **dict(StatusChoice.choices),
    "scored": gettext_lazy("Judged"),
    "not_scored": gettext_lazy("Not judged yet"),
    "carried": gettext_lazy("Counts next month"),
}

FLAGS: dict[str, Text] = {
    "disputed": gettext_lazy("Disputed"),
    "excused": gettext_lazy("Excused"),
    "adjusted": gettext_lazy("The approved external factors are taken out"),
    "relief_does_not_fit": gettext_lazy("An approved slice no longer fits in its day"),
    "client_caused": gettext_lazy("Missing for a reason of the client"),
    "not_computed": gettext_lazy("Not computed yet"),
    "settles_later": gettext_lazy("Settles after the scorecard is final; the next month's scorecard has the figure"),
    "withdrawn": gettext_lazy("No longer part of this scorecard"),
    "incomplete_stock": gettext_lazy("A queue reported no stock"),
    "above_last_edge": gettext_lazy("Beyond the last bucket of the histogram"),
    "mixed_edges": gettext_lazy("Days counted in earlier buckets are left out"),
    "month_rows": gettext_lazy("Month totals, no daily figures"),
    "imputed": gettext_lazy("Missing days are counted by the contract's rule"),
    "not_imputed": gettext_lazy("Missing days could not be counted"),
    "no_minimum_level": gettext_lazy("No minimum level to count missing days by"),
    "uncertain": gettext_lazy("Small sample: it may be on either side of a level"),
    "target_changed": gettext_lazy("The target changed inside the month"),
    "mode_undefined": gettext_lazy("The way of scoring gives nothing here"),
    "unbounded": gettext_lazy("Outside its possible range"),
}

GATES: dict[str, Text] = {
    "cap_grade": gettext_lazy("grade at most %(value)s"),
    "cap_score": gettext_lazy("score at most %(value)s"),
    "multiply": gettext_lazy("score × %(value)s"),
    "zero_incentive": gettext_lazy("no incentive this month"),
}

FIELDS: dict[str, Text] = {
    "score_before_gates": gettext_lazy("Score before gates"),
    "card.score": gettext_lazy("Total score"),
    "score": gettext_lazy("Score"),
    "grade_before_gates": gettext_lazy("Grade before gates"),
    "grade": gettext_lazy("Grade"),
    "completeness": gettext_lazy("Completeness"),
    "weight_covered": gettext_lazy("Weight covered"),
    "gates": gettext_lazy("Gates"),
    "terms": gettext_lazy("Contract terms"),
    "value": gettext_lazy("Actual"),
    "adjusted_value": gettext_lazy("Adjusted value"),
    "target": gettext_lazy("Target"),
    "minimum": gettext_lazy("Minimum"),
    "attainment": gettext_lazy("Attainment"),
    "weight": gettext_lazy("Weight"),
    "effective_weight": gettext_lazy("Effective weight"),
    "points": gettext_lazy("Points"),
    "status": gettext_lazy("Status"),
    "flags": gettext_lazy("Flags"),
    "volume": gettext_lazy("Volume"),
    "days_expected": gettext_lazy("Days expected"),
    "days_reported": gettext_lazy("Days reported"),
    "evidence": gettext_lazy("Evidence"),
    "comment": gettext_lazy("Comment"),
    "added": gettext_lazy("Line added"),
    "removed": gettext_lazy("Line removed"),
}

WARNINGS: dict[str, Text] = {
    "weights_not_100": gettext_lazy(
        "The weights do not add up to 100. The scorecard cannot be finalised until they do."
    ),
    "low_coverage": gettext_lazy("Less than 70 % of the weight has a score."),
    "dominant": gettext_lazy("One line carries more than half of the weight that counts."),
}

SHARE_OF_TARGET = frozenset({None, "ratio", "linear_lower", "inverse", "complement"})
"""Modes whose attainment is actual against target; what is interpolated or tabled is read as a score only."""


def share_of_target(line: Mapping[str, Any]) -> Any:
    """Return the attainment of a line where it is a share of the target, else nothing."""
    return line["attainment"] if line.get("attainment_mode") in SHARE_OF_TARGET else None


def event(action: str) -> Text:
    """Name a step in the life of a card."""
    return EVENTS.get(action, action.replace("_", " "))


def gate_effect(gate: Mapping[str, Any]) -> str:
    """Say what a gate does: "grade at most B"."""
    text = GATES.get(gate["kind"], gate["kind"])
    return str(text) % {"value": gate.get("value", "")} if "%" in str(text) else str(text)


def field(name: str) -> Text:
    """Name a field of a card or a line."""
    return FIELDS.get(name) or FIELDS.get(name.partition(".")[2], name)


def plain(value: Any) -> str:
    """Write a value of any kind for a table of differences."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(plain(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain(one)}" for name, one in value.items())
    return str(LINE_WORDS.get(value, value))


def warning(row: Mapping[str, Any] | str) -> Text:
    """Say what a warning of the card means."""
    code, _, _ = (row["code"] if isinstance(row, Mapping) else row).partition(":")
    return WARNINGS.get(code, code)


def flags(rows: Iterable[Any]) -> list[str]:
    """Say what the flags of a line mean; sampled ones with their half-width."""
    return [_flag(row) for row in rows]


def _flag(row: Any) -> str:
    code = row.get("code", row.get("flag", "")) if isinstance(row, Mapping) else str(row)
    return str(FLAGS.get(code, code))


def missing_days(line: Mapping[str, Any]) -> list[str]:
    """Say how many open queue-days of a line were not reported."""
    missing = int(line.get("days_expected") or 0) - int(line.get("days_reported") or 0)
    if missing <= 0:
        return []
    return [ngettext("%(count)s day not submitted", "%(count)s days not submitted", missing) % {"count": missing}]
