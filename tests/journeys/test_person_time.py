"""Attrition and churn: events over person-days, so that any months and centres add up."""

from __future__ import annotations

import pytest

from tests.journeys.journey import Journey, daily, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

CENTRES = {"seoul-care": (100, 3), "busan-care": (80, 5), "daegu-care": (120, 4)}
"""Heads, and leavers a month."""
MONTHS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def test_leavers_are_held_against_person_days() -> None:
    journey = Journey.begun(starts_on="2026-04-01")
    journey.queue("care")
    journey.target("attrition_monthly", target=5, decimals=3, weight=60)
    journey.target("attrition_annual", target=40, weight=40)
    left = ["care,2026-04-01,96,4", *daily("care", "2026-04", 15, 96, 0)[1:]]
    replaced = daily("care", "2026-04", 30, 100, 0)[15:]

    journey.send("queue,date,headcount_days,leavers", *left, *replaced)

    monthly, figure = journey.line("attrition_monthly", "2026-04-01")
    annual, _figure = journey.line("attrition_annual", "2026-04-01")
    assert figure["inputs"] == {"leavers": 4, "headcount_days": 2940}
    assert told(monthly, "value", "attainment", "status") == ("4.138", "117.2400", "met")
    assert told(annual, "value", "attainment", "status") == ("49.66", "75.8500", "below_target")


def test_three_centres_come_to_the_rate_of_all_their_people() -> None:
    journey = Journey.begun(starts_on="2025-01-01")
    for code in CENTRES:
        journey.queue(code, opened_on="2025-01-01")
    journey.target("attrition_monthly", target=5, period="year", weight=None)

    journey.send(
        "queue,month,headcount_days,leavers",
        *(
            f"{code},2025-{month:02},{heads * days},{leavers}"
            for code, (heads, leavers) in CENTRES.items()
            for month, days in MONTHS.items()
        ),
    )

    year = journey.attainment("attrition_monthly", start="2025-01-01")
    # 144 leavers of 300 people in 365 days; the mean of the three rates would be 4.19.
    assert told(year, "value", "volume", "status") == ("4", "109500", "met")
    assert "month_rows" in year["flags"]
    by_centre = journey.get(
        "kpi-values",
        kpi="attrition_monthly",
        period="year",
        group_by="queue",
        **{"from": "2025-01-01", "to": "2026-01-01"},
    )
    assert {row["group"]: row["value"] for row in by_centre} == {
        "seoul-care": "3.00", "busan-care": "6.25", "daegu-care": "3.33",
    }  # fmt: skip


def test_churn_adds_up_over_months_of_different_length() -> None:
    journey = Journey.begun(starts_on="2025-01-01")
    journey.queue("care", opened_on="2025-01-01")
    journey.target("churn_monthly", target=2, period="quarter", valid_from="2025-01-01", weight=None)

    journey.send(
        "queue,month,customer_days,customers_churned",
        "care,2025-01,310000,300", "care,2025-02,280000,100", "care,2025-03,310000,200",
    )  # fmt: skip

    quarter = journey.attainment("churn_monthly", start="2025-01-01")
    # 600 of 10,000 customers in 90 days: 100 × 365 ÷ 12 × 600 ÷ 900,000.
    assert told(quarter, "value", "attainment", "status") == ("2.03", "98.5000", "below_target")
