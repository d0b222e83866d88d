"""Terms of money for the tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bpo.models import MoneyTerms
from bpo.services import money
from tests.bpo.scorecard_world import APRIL, IN_MAY, MANAGER
from vendors.models import Contract

FEE = {"kind": "fixed", "label": "월 기본료", "price": Decimal(120_000_000)}
PERCENTS = {"S": Decimal(3), "A": Decimal("1.5"), "B": Decimal(0), "C": Decimal(-3), "D": Decimal(-7)}
BY_GRADE: dict[str, Any] = {"fees": [FEE], "scheme": "grade", "percents": PERCENTS}


def by_kpi(**shares: int) -> dict[str, Any]:
    """Return terms that put 10 % of the fee at risk over these KPIs."""
    rows = [{"kpi": kpi, "share": Decimal(share)} for kpi, share in shares.items()]
    pool = Decimal(max(100, sum(shares.values())))
    return {"fees": [FEE], "scheme": "kpi", "at_risk": Decimal(10), "pool": pool, "allocations": rows}


def agree(contract: Contract, rules: dict[str, Any] | None = None, valid_from: date = APRIL) -> MoneyTerms:
    data = {**(BY_GRADE if rules is None else rules), "valid_from": valid_from}
    return money.set_terms(contract, data, actor=MANAGER, now=IN_MAY)
