"""What follows the composite score in a contract's terms, as fields with names: missing KPIs, gates and grades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from vendors.admin.base import widgets
from vendors.admin.tables import Column, TableField
from vendors.services.terms import CAUSES, GATE_KINDS, MOST_ROWS, TREATMENTS

CAUSE_WORDS: Mapping[str, Any] = {
    "no_volume": _("KPI without volume"),
    "client_caused": _("KPI missing because of the client"),
    "no_data": _("KPI without data"),
}
TREATMENT_WORDS: Mapping[str, Any] = {
    "renormalise": _("left out, its weight goes to the other KPIs"),
    "zero": _("counts as 0 points"),
    "minimum": _("counts as at its minimum"),
    "full": _("counts as on target"),
}
GATE_WORDS: Mapping[str, Any] = {
    "cap_grade": _("caps the grade"),
    "cap_score": _("caps the total score"),
    "multiply": _("multiplies the total score"),
    "zero_incentive": _("takes the incentive away"),
}
PREFIX = "missing_policy."
MISSING = tuple(PREFIX + cause for cause in CAUSES)


def scoring_fields() -> dict[str, forms.Field]:
    """Return the fields, by name."""
    return {
        **{PREFIX + cause: _treatment(cause) for cause in CAUSES},
        "gates": TableField(
            [
                Column("label", _("occasion")),
                Column("kind", _("what it does"), [(kind, GATE_WORDS[kind]) for kind in GATE_KINDS]),
                Column("value", _("to which grade, score or factor")),
                Column("kpi", _("KPI whose value decides")),
                Column("above", _("when it is above")),
            ],
            most=MOST_ROWS,
            label=_("gates"),
            help_text=_("Without a KPI it is put to a month by hand, with its evidence. Empty a row to take it out."),
        ),
        "grades": TableField(
            [Column("grade", _("grade")), Column("from", _("from a score of"))],
            most=MOST_ROWS,
            label=_("grades"),
            help_text=_("The best one first, the last one from 0. Empty a row to take it out."),
        ),
    }


def _treatment(cause: str) -> forms.Field:
    choices = [("", "–"), *((name, TREATMENT_WORDS[name]) for name in TREATMENTS)]
    return forms.ChoiceField(choices=choices, widget=widgets.Select(), label=CAUSE_WORDS[cause], required=False)


def opened(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored policy as the values of its fields."""
    return {PREFIX + cause: policy.get(cause) for cause in CAUSES}


def folded(data: dict[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` with the treatments as one document where one of them is in it; an empty one is the usual one."""
    rest = {name: value for name, value in data.items() if name not in MISSING}
    if len(rest) < len(data):
        rest["missing_policy"] = {name.removeprefix(PREFIX): typed[name] for name in MISSING if typed.get(name)}
    return rest


def policy_words(policy: Mapping[str, str]) -> str:
    """Return a stored policy as a list to read."""
    rows = ((CAUSE_WORDS[cause], TREATMENT_WORDS[policy[cause]]) for cause in CAUSES if cause in policy)
    return format_html_join("", "<div>{}: {}</div>", rows)


def gate_words(gates: Iterable[Mapping[str, str]]) -> str:
    """Return stored gates as a list to read; a dash where there are none."""
    rows = [(_gate(gate),) for gate in gates]
    return format_html_join("", "<div>{}</div>", rows) if rows else "–"


def _gate(gate: Mapping[str, str]) -> str:
    does = f"{GATE_WORDS[gate['kind']]} {gate['value']}".strip()
    return " · ".join(filter(None, (gate.get("label"), does, _when(gate))))


def _when(gate: Mapping[str, str]) -> str:
    return f"{gate['kpi']} > {gate['above']}" if gate.get("kpi") else ""


def grade_words(grades: Iterable[Mapping[str, str]]) -> str:
    """Return a stored grade table in one line: "S: 95, A: 90"."""
    return ", ".join(f"{row['grade']}: {row['from']}" for row in grades)
