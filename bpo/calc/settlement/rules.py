"""Terms of money as the arithmetic reads them: fee lines and one scheme, by grade or by KPI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any


class FeeKind(StrEnum):
    """How a fee line comes to its amount."""

    FIXED = "fixed"
    UNIT = "unit"
    HEAD = "head"


class Scheme(StrEnum):
    """What moves the fee. One scheme a version: two would charge one cause twice."""

    NONE = "none"
    GRADE = "grade"
    KPI = "kpi"


class Between(StrEnum):
    """What a score between two grade edges earns: the percentage of its grade, or a part of the way to the next."""

    STEP = "step"
    LINEAR = "linear"


class Severity(StrEnum):
    """How much of its allocation a KPI below its minimum costs: all, or a part by how far it is below."""

    STEP = "step"
    SLIDE = "slide"


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of the fee: an amount; a price × a measure's month total; a price × agreed heads.

    Of a unit line at least ``minimum_share`` per cent of ``agreed_volume`` is billed.
    """

    kind: FeeKind
    label: str
    price: Decimal
    measure: str = ""
    heads: Decimal = Decimal(0)
    agreed_volume: Decimal | None = None
    minimum_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a KPI below its minimum costs, in per cent of the amount at risk; ``floor`` is where a slide ends."""

    kpi: str
    queue: str | None
    share: Decimal
    severity: Severity
    floor: Decimal | None
    is_critical: bool


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """One version of a contract's terms of money; percentages as written (10 is 10 %), ``vat`` for information."""

    fees: Sequence[FeeLine]
    scheme: Scheme
    percents: Mapping[str, Decimal] = field(default_factory=dict)
    between: Between = Between.STEP
    at_risk: Decimal = Decimal(0)
    allocations: Sequence[Allocation] = ()
    repeat_from: int | None = None
    repeat_multiplier: Decimal = Decimal(1)
    bonus: Decimal = Decimal(0)
    bonus_from: Decimal = Decimal(0)
    vat: Decimal = Decimal(10)

    @property
    def measures(self) -> frozenset[str]:
        """The measures whose month totals the fee needs."""
        return frozenset(line.measure for line in self.fees if line.kind is FeeKind.UNIT)


def rules_of(document: Mapping[str, Any]) -> MoneyRules:
    """Read terms as they are stored; raise ValueError where something cannot be read."""
    try:
        return _read(document)
    except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise ValueError(f"these terms of money cannot be read: {error}") from None


def _read(document: Mapping[str, Any]) -> MoneyRules:
    return MoneyRules(
        fees=tuple(_fee(row) for row in document.get("fees", ())),
        scheme=Scheme(document.get("scheme", "none")),
        percents={grade: Decimal(text) for grade, text in document.get("percents", {}).items()},
        between=Between(document.get("between", "step")),
        at_risk=Decimal(document.get("at_risk", 0)),
        allocations=tuple(_allocation(row) for row in document.get("allocations", ())),
        repeat_from=document.get("repeat_from"),
        repeat_multiplier=Decimal(document.get("repeat_multiplier", 1)),
        bonus=Decimal(document.get("bonus", 0)),
        bonus_from=Decimal(document.get("bonus_from", 0)),
        vat=Decimal(document.get("vat", 10)),
    )


def _fee(row: Mapping[str, Any]) -> FeeLine:
    return FeeLine(
        FeeKind(row["kind"]),
        row.get("label", ""),
        Decimal(row["price"]),
        row.get("measure", ""),
        Decimal(row.get("heads", 0)),
        _optional(row.get("agreed_volume")),
        _optional(row.get("minimum_share")),
    )


def _allocation(row: Mapping[str, Any]) -> Allocation:
    severity, floor = Severity(row.get("severity", "step")), _optional(row.get("floor"))
    return Allocation(
        row["kpi"], row.get("queue"), Decimal(row["share"]), severity, floor, bool(row.get("is_critical"))
    )


def _optional(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)
