"""Terms of money of the demonstration: by grade in steps and without cliffs, by KPI, of a pilot; all invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bpo.services.demonstration.cast import SIMULATED_KO
from bpo.services.money import set_terms
from vendors.actors import Actor
from vendors.models import Contract

PILOTS = frozenset({"saebyeok-chat"})
"""Contracts in their pilot months: scored like the others, and worth nothing."""
PERCENTS = {grade: Decimal(text) for grade, text in zip("SABCD", ("3", "1.5", "0", "-3", "-7"), strict=True)}
BY_GRADE: dict[str, Any] = {"scheme": "grade", "percents": PERCENTS}


def _fixed(price: int) -> list[dict[str, Any]]:
    return [{"kind": "fixed", "label": "월 기본 용역비", "price": Decimal(price)}]


def _heads(heads: int, price: int) -> list[dict[str, Any]]:
    return [{"kind": "head", "label": "상담사 통합 단가", "price": Decimal(price), "heads": Decimal(heads)}]


def _share(kpi: str, share: int, floor: int | None = None, **more: Any) -> dict[str, Any]:
    severity = "step" if floor is None else "slide"
    return {"kpi": kpi, "share": Decimal(share), "severity": severity, "floor": floor and Decimal(floor), **more}


BY_KPI: dict[str, Any] = {
    "scheme": "kpi",
    "at_risk": Decimal(10),
    "pool": Decimal(200),
    "most_share": Decimal(60),
    "allocations": [
        _share("answer_rate", 60, 80),
        _share("service_level", 50, 65),
        _share("csat", 40, 70),
        _share("qa_score", 30, 80),
        _share("privacy_incident_count", 20, is_critical=True),
    ],
    "bonus": Decimal(1),
    "bonus_from": Decimal(100),
}
TERMS: Mapping[str, dict[str, Any]] = {
    "hanbit-voice": {**BY_GRADE, "fees": _fixed(120_000_000)},
    "nuri-voice": {**BY_GRADE, "fees": _heads(45, 2_190_000), "between": "linear"},
    "daon-voice": {**BY_KPI, "fees": _fixed(96_000_000)},
    "saebyeok-chat": {**BY_GRADE, "fees": _fixed(38_000_000)},
}
"""Contracts whose months are worth something; the others have no terms of money."""


def agree_terms(contracts: Mapping[str, Contract], starts: Mapping[str, date], *, actor: Actor, now: datetime) -> None:
    """Store the terms of every contract that has some, from its first month on."""
    for code, rules in TERMS.items():
        note = f"계약서 별표 3 ({SIMULATED_KO})"
        data = {**rules, "valid_from": starts[code].replace(day=1), "note": note}
        set_terms(contracts[code], data, actor=actor, now=now)
