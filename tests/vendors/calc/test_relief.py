"""What relief a contract agrees to: its document as rules, its windows in business days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from vendors.calc.relief import ReliefRules, longest_window, within_business_days


def test_an_empty_document_agrees_to_five_days_and_nothing_else() -> None:
    rules = ReliefRules.of({})

    assert rules == ReliefRules(claim_days=5)
    assert (rules.has_caps, rules.allows("replace")) == (False, True)


def test_a_document_becomes_rules_and_what_nobody_knows_is_left() -> None:
    rules = ReliefRules.of({"claim_days": 3, "methods": ["exclude"], "most_points": "2.5", "later": 1})

    assert (rules.claim_days, rules.most_points, rules.most_share) == (3, Decimal("2.5"), None)
    assert (rules.allows("exclude"), rules.allows("cap")) == (True, False)


@pytest.mark.parametrize("cap", [{"most_days": 0}, {"most_points": "0"}, {"most_share": "10"}])
def test_each_cap_is_one(cap: dict[str, object]) -> None:
    assert ReliefRules.of(cap).has_caps


def test_a_window_counts_business_days_after_the_day() -> None:
    wednesday, holiday = date(2026, 9, 30), date(2026, 10, 5)

    assert within_business_days(wednesday, 5, ()) == date(2026, 10, 7)
    assert within_business_days(wednesday, 5, {holiday}) == date(2026, 10, 8)
    assert within_business_days(wednesday, 30, ()) - wednesday < longest_window(30) == timedelta(days=120)
