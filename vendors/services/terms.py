"""The documents inside a contract's terms: what a missing KPI does, the grade table, the gates, the calendar,
the relief of external factors.

Each function takes what somebody sent and returns what is stored; it raises Invalid with the place of the fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from vendors.errors import Invalid, RowError
from vendors.models.base import NAME_PATTERN
from vendors.models.contracts import default_missing_policy
from vendors.services.closing_terms import clean_closing
from vendors.services.relief_terms import clean_relief

CAUSES = tuple(default_missing_policy())
TREATMENTS = ("renormalise", "zero", "minimum", "full")
GATE_KINDS = ("cap_grade", "cap_score", "multiply", "zero_incentive")
GATE_FIELDS = {"kind", "value", "label", "kpi", "above"}
MOST_ROWS = 20
MOST_SCORE = Decimal(1000)

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")


def clean_terms(terms: Mapping[str, Any], grades_now: list[dict[str, str]]) -> dict[str, Any]:
    """Return the terms as they are stored; ``grades_now`` is the table gates name where none is sent."""
    cleaned = dict(terms)
    if "missing_policy" in terms:
        cleaned["missing_policy"] = clean_missing_policy(terms["missing_policy"])
    if "grades" in terms:
        cleaned["grades"] = clean_grades(terms["grades"])
    if "gates" in terms:
        known = {row["grade"] for row in cleaned.get("grades", grades_now)}
        cleaned["gates"] = clean_gates(terms["gates"], known)
    if "closing" in terms:
        cleaned["closing"] = clean_closing(terms["closing"])
    if "relief" in terms:
        cleaned["relief"] = clean_relief(terms["relief"])
    return cleaned


def clean_missing_policy(value: Any) -> dict[str, str]:
    """Return a whole policy: what is left out keeps its default (no_volume, client_caused, no_data)."""
    if not isinstance(value, dict):
        raise _wrong("missing_policy", "not_object", _("This must be an object: {cause: treatment}."))
    for cause, treatment in value.items():
        place = f"missing_policy.{cause[:50]}"
        if cause not in CAUSES:
            raise _wrong(place, "unknown_field", _("The causes are: %(names)s.") % {"names": ", ".join(CAUSES)})
        if treatment not in TREATMENTS:
            names = ", ".join(TREATMENTS)
            raise _wrong(place, "invalid_choice", _("The treatments are: %(names)s.") % {"names": names})
    return {**default_missing_policy(), **value}


def clean_grades(value: Any) -> list[dict[str, str]]:
    """Return a grade table: best grade first, every row from a lower score, the last from 0."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ROWS:
        raise _wrong("grades", "grades", _("This must be a list of 1 to 20 rows {grade, from}."))
    rows = [_grade_row(row, f"grades.{index}") for index, row in enumerate(value)]
    if len({row["grade"] for row in rows}) < len(rows):
        raise _wrong("grades", "grade_twice", _("A grade stands twice in the table."))
    scores = [Decimal(row["from"]) for row in rows]
    if any(better <= worse for better, worse in pairwise(scores)):
        raise _wrong("grades", "grade_order", _("Begin with the best grade; every row begins at a lower score."))
    if scores[-1] != 0:
        raise _wrong("grades", "grade_gap", _("The last row must begin at 0, so that every score has a grade."))
    return rows


def _grade_row(row: Any, place: str) -> dict[str, str]:
    if not isinstance(row, dict) or set(row) != {"grade", "from"}:
        raise _wrong(place, "grades", _("Every row is {grade, from} and nothing else."))
    grade = row["grade"]
    if not isinstance(grade, str) or not 1 <= len(grade.strip()) <= 16 or not grade.isprintable():
        raise _wrong(f"{place}.grade", "grades", _("A grade is a text of 1 to 16 characters."))
    return {"grade": grade.strip(), "from": _number(row["from"], f"{place}.from", MOST_SCORE)}


def clean_gates(value: Any, grades: set[str]) -> list[dict[str, str]]:
    """Return the gates after the composite. ``grades`` are the grades a cap may name."""
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise _wrong("gates", "gates", _("This must be a list of at most 20 gates."))
    return [_gate(row, f"gates.{index}", grades) for index, row in enumerate(value)]


def _gate(row: Any, place: str, grades: set[str]) -> dict[str, str]:
    if not isinstance(row, dict) or row.get("kind") not in GATE_KINDS:
        names = ", ".join(GATE_KINDS)
        raise _wrong(
            f"{place}.kind", "gates", _("A gate is an object; its kind is one of: %(names)s.") % {"names": names}
        )
    if set(row) - GATE_FIELDS:
        names = ", ".join(sorted(GATE_FIELDS))
        raise _wrong(place, "unknown_field", _("A gate has these fields: %(names)s.") % {"names": names})
    gate: dict[str, str] = {"kind": row["kind"], "value": _gate_value(row, place, grades)}
    label = row.get("label") or ""
    if not isinstance(label, str) or len(label) > 200 or not label.isprintable():
        raise _wrong(f"{place}.label", "gates", _("The label is a text of at most 200 characters."))
    gate["label"] = label
    return gate | _condition(row, place)


def _gate_value(row: Mapping[str, Any], place: str, grades: set[str]) -> str:
    value = row.get("value")
    if row["kind"] == "zero_incentive":
        return ""
    if row["kind"] == "cap_grade":
        if not isinstance(value, str) or value not in grades:
            names = ", ".join(sorted(grades))
            raise _wrong(
                f"{place}.value", "unknown_grade", _("The grades of the table are: %(names)s.") % {"names": names}
            )
        return str(value)
    return _number(value, f"{place}.value", Decimal(1) if row["kind"] == "multiply" else MOST_SCORE)


def _condition(row: Mapping[str, Any], place: str) -> dict[str, str]:
    """Return ``kpi`` and ``above`` of a gate that holds by itself; a gate without is approved by hand."""
    kpi, above = row.get("kpi"), row.get("above")
    if kpi is None and above is None:
        return {}
    if not isinstance(kpi, str) or not re.match(NAME_PATTERN, kpi):
        raise _wrong(f"{place}.kpi", "code_format", _("Name the KPI whose value decides, by its code."))
    return {"kpi": kpi, "above": _number(0 if above is None else above, f"{place}.above", None)}


def _number(value: Any, place: str, most: Decimal | None) -> str:
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or not _NUMBER.match(text):
        raise _wrong(place, "not_a_number", _("This must be a number."))
    if most is not None and not 0 <= Decimal(text) <= most:
        raise _wrong(place, "number_range", _("This must lie between 0 and %(most)s.") % {"most": most})
    return text


def _wrong(place: str, code: str, detail: Any) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, place)])
