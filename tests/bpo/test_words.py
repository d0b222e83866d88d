"""What the arithmetic says in codes, people read in words."""

from __future__ import annotations

from decimal import Decimal

from bpo.calc.composite import CompositeLine, compose
from bpo.queries import words


def test_every_warning_of_a_card_has_its_sentence() -> None:
    lines = [
        CompositeLine("kpi:1", Decimal(30), Decimal(90), ""),
        CompositeLine("kpi:2", Decimal(30), None, "no_volume"),
    ]

    warnings = compose(lines, policy={"no_volume": "renormalise"}).warnings

    assert [code.partition(":")[0] for code in warnings] == ["weights_not_100", "low_coverage", "dominant"]
    assert all(words.warning(code) != code and " " in str(words.warning(code)) for code in warnings)
