"""Two sources of a month's total: the same rules as of a day, never mixed with the days of the month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from kpis.choices import SubmissionWay
from kpis.models import DailyMetric, MonthClose, Reconciliation, SourceFigure
from kpis.services.reconciliation import settle
from kpis.services.submissions import SubmissionResult, submit
from tests.kpis.test_reconciliation import CLIENT, MANAGER, NOW, send, two_sources
from tests.make import make_actor, make_queue, make_user
from vendors.choices import Role
from vendors.errors import Conflict, Unprocessable
from vendors.models import Contract, Queue

pytestmark = pytest.mark.django_db

FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def contract(db: None) -> Contract:
    return two_sources()


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return make_queue(contract, "voice")


def total(contract: Contract, who: str, hours: int = 0, month: str = "2026-02", **measures: Any) -> SubmissionResult:
    actor = CLIENT if who == "client" else make_actor(Role.VENDOR_MEMBER, contract.vendor)
    rows = [{"queue": "voice", "month": month, "measures": measures}]
    return submit(actor=actor, rows=rows, now=NOW + timedelta(hours=hours), note=f"from {who}")


def current() -> dict[str, Any]:
    return dict(DailyMetric.objects.get(is_month=True, date=FEBRUARY).measures)


def test_the_first_sources_total_counts_and_the_second_ones_is_kept_beside(contract: Contract, queue: Queue) -> None:
    total(contract, "client", offered=10_000)
    answer = total(contract, "vendor", 1, offered=10_300, answered=9_000)

    assert current() == {"offered": 10_000, "answered": 9_000}
    assert [warning.code for warning in answer.warnings] == ["kept_beside"]
    kept = {(row.source, row.is_month): row.value for row in SourceFigure.objects.all()}
    assert kept == {("client", True): 10_000, ("vendor", True): 10_300}
    item = Reconciliation.objects.get()
    assert (item.date, item.is_month, item.figures) == (FEBRUARY, True, {"first": 10_000, "second": 10_300})


def test_the_second_sources_total_counts_until_the_first_has_one(contract: Contract, queue: Queue) -> None:
    total(contract, "vendor", offered=10_300)
    assert current() == {"offered": 10_300}

    total(contract, "client", 1, offered=10_000)
    assert current() == {"offered": 10_000}
    assert Reconciliation.objects.get().status == "open"

    total(contract, "client", 2, offered=None)
    assert current() == {"offered": 10_300}
    assert Reconciliation.objects.get().status == "withdrawn"


@pytest.mark.parametrize(("offered", "items"), [(10_100, 0), (10_101, 1)])
def test_the_tolerance_is_the_same(contract: Contract, queue: Queue, offered: int, items: int) -> None:
    total(contract, "client", offered=10_000)
    total(contract, "vendor", 1, offered=offered)

    assert Reconciliation.objects.count() == items


def test_a_total_and_a_day_of_the_same_date_are_two_places(contract: Contract, queue: Queue) -> None:
    total(contract, "client", offered=10_000)
    total(contract, "vendor", 1, offered=10_300)
    for who, offered in (("client", None), ("vendor", None)):
        total(contract, who, 2, offered=offered)
    rows = [{"queue": "voice", "date": "2026-02-01", "measures": {"offered": 400}}]
    submit(actor=CLIENT, rows=rows, now=NOW + timedelta(hours=3))
    rows[0]["measures"] = {"offered": 500}
    vendor = make_actor(Role.VENDOR_MEMBER, contract.vendor)
    submit(actor=vendor, rows=rows, now=NOW + timedelta(hours=4))

    assert DailyMetric.objects.get(is_month=False).measures == {"offered": 400}
    items = Reconciliation.objects.order_by("id").values_list("is_month", "status")
    assert list(items) == [(True, "withdrawn"), (False, "open")]


@pytest.mark.parametrize("first", ["client", "vendor"])
def test_totals_and_days_are_never_mixed_whoever_sends_them(contract: Contract, queue: Queue, first: str) -> None:
    other = CLIENT if first == "vendor" else make_actor(Role.VENDOR_MEMBER, contract.vendor)
    total(contract, first, offered=10_000)
    send(contract, first, offered=300)

    for grain, when in (("date", "2026-02-10"), ("month", "2026-03")):
        rows = [{"queue": "voice", grain: when, "measures": {"offered": 9_000}}]
        with pytest.raises(Unprocessable) as refused:
            submit(actor=other, rows=rows, now=NOW + timedelta(days=20))
        assert [error.code for error in refused.value.errors] == ["month_and_days"]
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize(
    ("decision", "value", "counts"), [("first", None, 10_000), ("second", None, 10_300), ("agreed", "10150", 10_150)]
)
def test_it_is_settled_as_a_total(
    contract: Contract, queue: Queue, decision: str, value: str | None, counts: int
) -> None:
    total(contract, "client", offered=10_000)
    total(contract, "vendor", 1, offered=10_300)

    item = settle(Reconciliation.objects.get().pk, decision=decision, value=value, note="합의", actor=MANAGER, now=NOW)

    assert (item.status, item.figures["decided"]) == ("settled", counts)
    assert current() == {"offered": counts}
    assert item.settlement.way == SubmissionWay.RECONCILIATION
    assert not DailyMetric.objects.filter(is_month=False).exists()
    total(contract, "client", 2, offered=9_000)
    assert current() == {"offered": counts}


def test_a_closed_month_keeps_its_total(contract: Contract, queue: Queue) -> None:
    total(contract, "client", offered=10_000)
    total(contract, "vendor", 1, offered=10_300)
    MonthClose.objects.create(contract=contract, start=FEBRUARY, number=1, is_closed=True, by="x", at=NOW)

    with pytest.raises(Conflict, match="period_closed"):
        settle(Reconciliation.objects.get().pk, decision="second", note="x", actor=MANAGER, now=NOW)


def test_a_rule_of_later_months_leaves_earlier_totals_alone(contract: Contract, queue: Queue) -> None:
    contract.provisions.update(valid_from=date(2026, 2, 2))

    total(contract, "vendor", offered=10_300)

    assert not SourceFigure.objects.exists()


def test_the_api_and_the_pages_name_the_month(contract: Contract, queue: Queue, api: Any) -> None:
    total(contract, "client", offered=10_000)
    total(contract, "vendor", 1, offered=10_300)
    manager = make_user("mina", Role.MANAGER)

    row = api(manager).get("/api/v1/reconciliations/").json()["results"][0]
    assert (row["date"], row["month"]) == ("2026-02-01", True)

    for language, month, word in (("ko", "2026년 2월", "월 집계"), ("en", "February 2026", "Month total")):
        client = Client(headers={"accept-language": language})
        client.force_login(manager)
        for page in ("/reconciliations/", f"/reconciliations/{row['id']}/"):
            text = client.get(page).content.decode()
            assert month in text, page
            assert word in text, page
            assert "1 February" not in text
            assert "2월 1일" not in text
    sources = api(manager).get("/api/v1/daily-metrics/").json()["results"]
    assert [(one["month"], one["source"]) for one in sources] == [(True, "vendor")]
