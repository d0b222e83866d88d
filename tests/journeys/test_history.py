"""Last year's months, as percentages with their volume: in through a profile, and labelled wherever they are shown."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.test import Client

from bpo.models import Scorecard
from bpo.services import scorecards
from kpis.imports.profiles import create_profile
from kpis.services.recalculation import drain
from tests.cast import client_for
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.make import (
    make_actor,
    make_contract,
    make_figures,
    make_kpi,
    make_queue,
    make_target,
    make_user,
    make_vendor,
)
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

LABEL = "월 집계(일별 없음)"
SHARES = {
    "2025-04": "88",
    "2025-05": "89.5",
    "2025-10": "91.2",
    "2025-11": "90.05",
    "2025-12": "92",
    "2026-01": "93",
    "2026-02": "94",
}
FILE = "월,인입,응대율\n" + "".join(
    f'{month[:4]}년 {int(month[5:])}월,"12,430",{share}%\n' for month, share in SHARES.items()
)
MAPPING = {
    "queue": "voice",
    "columns": {
        "month": "월",
        "offered": "인입",
        "answered": {"heading": "응대율", "kind": "percent", "of": "offered"},
    },
}


@pytest.fixture
def vendor() -> Any:
    """Report the months of history through a profile, and April 2026 by days, under a target from 2026 on."""
    vendor = make_vendor("hanbit", name_ko="한빛")
    contract = make_contract(vendor, "hanbit-order", starts_on=date(2025, 1, 1))
    queue = make_queue(contract, "voice")
    kpi = make_kpi("answer_rate", "100 * answered / offered", unit="%")
    for period in ("month", "quarter", "year"):
        make_target(contract, kpi, 90, period=period, weight=100 if period == "month" else None)
    create_profile(
        code="history", name="작년 실적", mapping=MAPPING, vendor=vendor, actor=make_actor(Role.MANAGER), now=NOW
    )
    for day in range(1, 31):
        make_figures(queue, date(2026, 4, day), offered=100, answered=95)
    return vendor


def send(vendor: Any, text: str = FILE) -> Any:
    member = client_for(make_user(role=Role.VENDOR_MEMBER, vendor=vendor))
    return member.generic("POST", "/api/v1/submissions/?profile=history", text.encode("cp949"), content_type="text/csv")


def rows(path: str, **query: Any) -> dict[str, dict[str, Any]]:
    answer = client_for(make_user(role=Role.ANALYST)).get(f"/api/v1/{path}/", query)
    return {row["start"][:7]: row for row in answer.json()["results"]}


def test_months_of_percentages_fill_months_quarters_and_years_and_say_so(vendor: Any) -> None:
    assert send(vendor).json()["values"] == {"new": 14, "changed": 0, "unchanged": 0}
    drain(now=NOW)

    span = {"kpi": "answer_rate", "from": "2025-01-01", "to": "2027-01-01"}
    months = rows("kpi-values", **span, period="month")
    # 12,430 × 0.912 = 11,336.16; 11,336 ÷ 12,430
    assert (months["2025-10"]["value"], months["2025-10"]["flags"]) == ("91.20", ["month_rows"])
    assert "month_rows" not in months["2026-04"]["flags"]
    quarter = rows("kpi-values", **span, period="quarter")["2025-10"]
    shares = [Decimal(SHARES[month]) for month in ("2025-10", "2025-11", "2025-12")]
    counted = sum((share * 12430 / 100).quantize(Decimal(1), ROUND_HALF_UP) for share in shares)
    assert quarter["value"] == str((100 * counted / (3 * 12430)).quantize(Decimal("0.01")))
    assert quarter["flags"] == ["month_rows"]
    assert rows("attainments", period="month")["2026-01"]["flags"] == ["month_rows"]
    assert "month_rows" in rows("attainments", period="year")["2026-01"]["flags"]
    figures = client_for(make_user(role=Role.ANALYST)).get("/api/v1/daily-metrics/?date=2025-10-01").json()["results"]
    assert {row["measure"]: (row["value"], row["month"], row["derived"]) for row in figures} == {
        "answered": ("11336", True, True),
        "offered": ("12430", True, False),
    }


def test_a_month_is_never_both_a_total_and_days(vendor: Any) -> None:
    assert_problem(send(vendor, FILE + "2026년 4월,3000,95%\n"), 422, "month_and_days", field="month", row=9)


@pytest.fixture
def page(vendor: Any) -> Any:
    client = Client(headers={"accept-language": "ko"})
    client.force_login(make_user(role=Role.MANAGER))

    def card_of(month: date) -> tuple[str, str]:
        card = scorecards.make(contract="hanbit-order", start=month, actor=make_actor(Role.MANAGER), now=NOW)
        assert Scorecard.objects.filter(pk=card.pk).exists()
        return tuple(  # type: ignore[return-value]
            client.get(f"/scorecards/{card.pk}/{path}").content.decode() for path in ("", "explain/")
        )

    return card_of


def test_a_card_of_a_month_of_history_is_labelled_on_both_pages(vendor: Any, page: Any) -> None:
    send(vendor)
    drain(now=NOW)

    shown, explained = page(date(2026, 2, 1))

    assert LABEL in shown
    assert LABEL in explained
    assert "건수가 아니라 비율이나 평균에서 환산" in explained


def test_thirteen_months_are_drawn_with_history_told_apart(vendor: Any, page: Any) -> None:
    send(vendor)
    drain(now=NOW)

    shown, _explained = page(date(2026, 4, 1))

    [line] = [text for text in shown.split("<svg") if 'class="spark"' in text]
    assert line.count('class="total"') == 7
    assert line.count("<circle") == 1
    words = line.partition('aria-label="')[2].partition('"')[0]
    assert words.startswith("최근 13개월: 2025년 4월 88.00% (월 집계(일별 없음)), 2025년 5월 89.50%")
    assert words.endswith("2026년 2월 94.00% (월 집계(일별 없음)), 2026년 4월 95.00%")
    # June to September 2025 and March 2026 were not reported: the line is broken there, not drawn through.
    assert line.partition('d="')[2].partition('"')[0].count("M") == 3
    assert f"빈 네모: {LABEL}" in shown
