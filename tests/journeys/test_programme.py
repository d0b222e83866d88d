"""KPIs that belong to the company: no contract, every vendor's queues together, readable by those who see them all."""

from __future__ import annotations

import pytest

from kpis.services.recalculation import drain
from tests.cast import client_for
from tests.journeys.journey import Journey, told
from tests.make import make_key, make_user
from vendors import clock
from vendors.choices import Role
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture
def journey() -> Journey:
    """Two vendors with a queue each that is open on one day of March."""
    journey = Journey.begun()
    journey.queue("care", opened_on="2026-03-02", closed_on="2026-03-02")
    journey.post("vendors", code="narae", name="Narae")
    journey.post("centres", code="busan", vendor="narae", name="Busan")
    journey.post("contracts", code="n", vendor="narae", name="Orders", starts_on="2026-01-01")
    journey.post("queues", code="orders", centre="busan", contract="n", name="Orders",
                 opened_on="2026-03-02", closed_on="2026-03-02")  # fmt: skip
    return journey


def send_as_client(*lines: str) -> None:
    """Send a file with the client's own feed key, which reports for every vendor."""
    client = client_for(make_key("client", None, ("ingest",)))
    answer = client.post("/api/v1/submissions/", "\n".join(lines), content_type="text/csv")
    assert answer.status_code == 201, answer.content.decode()
    drain(now=clock.now())


def test_nps_and_churn_of_the_company_are_pooled_over_vendors(journey: Journey) -> None:
    journey.target("nps", contract=None, minimum=20, target=35, weight=None)
    journey.target("churn_monthly", contract=None, target=3, weight=None)

    send_as_client(
        "queue,date,nps_responses,nps_promoters,nps_detractors,customers_churned,customer_days",
        "care,2026-03-02,200,120,20,12,12000",
        "orders,2026-03-02,100,40,20,24,24000",
    )

    nps, churn = journey.attainment("nps", start="2026-03-01"), journey.attainment("churn_monthly", start="2026-03-01")
    assert told(nps, "contract", "queue", "value", "score", "status") == (None, None, "40", "100.0000", "met")
    assert told(churn, "contract", "value", "status") == (None, "3.04", "below_target")
    [pooled] = journey.get("kpi-values", kpi="nps", group_by="portfolio", **MARCH)
    assert told(pooled, "group", "value", "volume", "days_reported") == (None, "40.00", "300", 2)
    by_vendor = journey.get("kpi-values", kpi="nps", group_by="vendor", **MARCH)
    assert [told(row, "group", "value") for row in by_vendor] == [("hanbit", "50.00"), ("narae", "20.00")]


def test_the_return_on_investment_is_money_over_money(journey: Journey) -> None:
    journey.target("cx_roi", contract=None, target=100, minimum=0, attainment_mode="interpolate", weight=None)

    send_as_client(
        "queue,date,cx_benefit,cx_investment",
        "care,2026-03-02,150000000.50,60000000",
        "orders,2026-03-02,30000000,40000000.25",
    )

    roi = journey.attainment("cx_roi", start="2026-03-01")
    # (180,000,000.50 − 100,000,000.25) ÷ 100,000,000.25
    assert told(roi, "value", "volume", "score", "status") == ("80", "100000000.25", "92.0000", "below_target")


def test_who_sees_one_vendor_sees_no_figure_of_the_company(journey: Journey) -> None:
    journey.target("nps", contract=None, minimum=20, target=35, weight=None)
    send_as_client("queue,date,nps_responses,nps_promoters,nps_detractors", "care,2026-03-02,200,120,20")
    vendor = Vendor.objects.get(code="hanbit")

    march = {"kpi": "nps", "start": "2026-03-01"}
    for reader in (make_user("member", Role.VENDOR_MEMBER, vendor), make_user("mine", Role.MANAGER, vendor)):
        assert client_for(reader).get("/api/v1/attainments/", march).json()["count"] == 0
    analyst = client_for(make_user("analyst", Role.ANALYST))
    assert analyst.get("/api/v1/attainments/", march).json()["count"] == 1


def test_it_follows_a_correction(journey: Journey) -> None:
    journey.target("nps", contract=None, minimum=20, target=35, weight=None)
    send_as_client("queue,date,nps_responses,nps_promoters,nps_detractors", "care,2026-03-02,300,150,30")
    before = journey.attainment("nps", start="2026-03-01")

    send_as_client("queue,date,nps_promoters", "care,2026-03-02,120")

    assert told(before, "value", "status") == ("40", "met")
    assert told(journey.attainment("nps", start="2026-03-01"), "value", "status") == ("30", "below_target")
