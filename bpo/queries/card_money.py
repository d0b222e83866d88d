"""The worth of a scorecard: terms of money × the card as it stands or was frozen. Derived, never part of the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from bpo.calc.settlement import Cliff, Distance, MoneyRules, MonthFacts, Room, Statement, Step, cliff, distance, settle
from bpo.choices import LineKind
from bpo.models import Scorecard
from bpo.queries.cards import figure_of
from bpo.queries.money_facts import Want, completed, line_fact
from bpo.queries.money_terms import Terms, table_of
from kpis.queries.numbers import plain
from vendors.clock import local_date

PILOT, NO_TERMS, UNREADABLE = "pilot", "no_terms", "unreadable_terms"


@dataclass(frozen=True, slots=True)
class CardMoney:
    """What a month is worth by its card. ``reason`` says why there is no statement, or none with amounts.

    An estimate (``is_estimate``) is of a card that is not final: its figures may still change.
    """

    currency: str
    is_estimate: bool
    terms: Terms | None = None
    statement: Statement | None = None
    reason: str = ""
    grade: str = ""
    percent: Decimal | None = None
    next_grade: Distance | None = None
    cliff: Cliff | None = None

    @property
    def adjustment(self) -> Decimal | None:
        return self.statement.adjustment if self.statement else None

    @property
    def is_by_grade(self) -> bool:
        return self.percent is not None

    @property
    def steps(self) -> Sequence[Step]:
        return self.statement.steps if self.statement else ()


def is_month_over(end: date, now: datetime) -> bool:
    """Say whether a month that ends before ``end`` is over where money is settled."""
    return local_date(now, settings.TIME_ZONE) >= end


def facts_of(card: Mapping[str, Any], *, is_over: bool) -> MonthFacts:
    """Return a presented card, living or frozen alike, as a settlement reads it."""
    # What the month before carried to this card is judged here, before the same KPI that is carried on.
    kpi_lines = [
        line
        for kind in (LineKind.CARRIED, LineKind.KPI)
        for line in card["lines"]
        if line["kind"] == kind and line["weight"]
    ]
    return MonthFacts(
        score=None if card["score"] is None else Decimal(card["score"]),
        grade=card["grade"],
        grades=table_of(card["terms"].get("grades")),
        has_incentive=card["composition"].get("incentive", True),
        lines=[
            line_fact(
                line["kpi"], line["queue"], value=line["value"], adjusted=line["adjusted_value"],
                minimum=line["minimum"], direction=line["direction"], status=line["status"], flags=line["flags"],
            )
            for line in kpi_lines
        ],
        is_over=is_over,
    )  # fmt: skip


def card_money(scorecard: Scorecard, card: Mapping[str, Any], terms: Terms | None, *, now: datetime) -> CardMoney:
    """Return what a presented card is worth under ``terms``.

    No query, but one or two for a fee by volume (what a final card bills is as it was known when it was frozen) and
    one for a repeat that might hold.
    """
    about = {"currency": card["currency"], "is_estimate": scorecard.is_open, "terms": terms}
    if card["is_pilot"]:
        return CardMoney(**about | {"terms": None}, reason=PILOT)
    if terms is None or terms.rules is None:
        return CardMoney(**about, reason=UNREADABLE if terms else NO_TERMS)
    end = date.fromisoformat(card["end"])
    month = facts_of(card, is_over=not scorecard.is_open or is_month_over(end, now))
    if scorecard.is_unreported:
        month = replace(month, score=None, grade="")
    as_of = None if scorecard.is_open else scorecard.frozen.frozen_at
    month = completed(Want(month, terms.rules, as_of), scorecard.contract_id, scorecard.start)
    return worth(month, terms.rules, about, _rooms(scorecard) if scorecard.is_open else [])


def worth(month: MonthFacts, rules: MoneyRules, about: Mapping[str, Any], rooms: Sequence[Room]) -> CardMoney:
    """Return the statement of a month, with the way to the next grade where it is still open."""
    statement = settle(rules, month)
    by_grade = next((step for step in statement.steps if step.code == "grade"), None)
    percent: Any = by_grade.inputs["percent"] if by_grade else None
    return CardMoney(
        **about,
        statement=statement,
        reason=statement.reason,
        grade=month.grade,
        percent=percent,
        next_grade=distance(rules, month, rooms) if about["is_estimate"] else None,
        cliff=cliff(rules, month),
    )


def _rooms(scorecard: Scorecard) -> list[Room]:
    """Return the KPI lines that a vendor can still lift, by the number of their line."""
    return [
        Room(str(line.pk), line.effective_weight, line.score, _cap(figure_of(line)))
        for line in scorecard.lines.all()
        if line.kind == LineKind.KPI and line.effective_weight and line.score is not None
    ]


def _cap(figure: Mapping[str, Any]) -> Decimal | None:
    cap = (figure.get("target") or {}).get("cap")
    return None if cap is None else Decimal(cap)


def presented_money(scorecard: Scorecard, money: CardMoney) -> dict[str, Any]:
    """Return the worth of a card as JSON-able values, amounts as decimal strings."""
    statement = money.statement
    names = ("fee", "adjustment", "payable", "vat", "total")
    return {
        "scorecard": scorecard.pk,
        "contract": scorecard.contract.code,
        "vendor": scorecard.contract.vendor.code,
        "start": scorecard.start.isoformat(),
        "version": scorecard.version,
        "status": scorecard.status,
        "is_estimate": money.is_estimate,
        "currency": money.currency,
        "terms": money.terms and {"id": money.terms.id, "valid_from": money.terms.valid_from.isoformat()},
        "reason": money.reason,
        **{name: plain(getattr(statement, name)) if statement else None for name in names},
        "steps": [presented_step(step) for step in money.steps],
        "next_grade": money.next_grade and _next(money.next_grade),
        "cliff": money.cliff
        and {"grade": money.cliff.grade, "edge": plain(money.cliff.edge), "moves": plain(money.cliff.moves)},
    }


def presented_step(step: Step) -> dict[str, Any]:
    """Return a step with numbers as decimal strings."""
    inputs = {name: plain(value) if isinstance(value, Decimal) else value for name, value in step.inputs.items()}
    return {"code": step.code, "about": step.about, "inputs": inputs, "amount": plain(step.amount)}


def _next(found: Distance) -> dict[str, Any]:
    return {
        "grade": found.grade,
        "lacking": plain(found.lacking),
        "earns": plain(found.earns),
        "line": None if found.key is None else int(found.key),
        "needed": plain(found.needed),
    }
