"""Vendors side by side: raw and at the same mix, no rank where intervals overlap, and nobody sees another vendor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bpo.queries.compare import Comparison, comparison
from kpis.models import Kpi
from tests.bpo.pages_sample import AFTER, MONTH, signed_in
from tests.checks import queries_of
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_target, make_vendor
from vendors.choices import Role
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

MANAGER = make_actor(Role.MANAGER)


def make_compared(code: str, weekday: tuple[int, int], weekend: tuple[int, int], wobble: int = 0) -> Vendor:
    """Make a vendor that answers (calls, per cent) on weekdays and at weekends of October."""
    vendor = make_vendor(code)
    contract = make_contract(vendor)
    kpi = Kpi.objects.filter(code="answered_share").first()
    kpi = kpi or make_kpi("answered_share", "100 * answered / offered", bounds=[0, 100])
    make_target(contract, kpi, 80, weight=100)
    queue = make_queue(contract, f"{code}-voice", service="order")
    for number in range(31):
        day = MONTH + timedelta(days=number)
        offered, share = weekend if day.isoweekday() >= 6 else weekday
        share += wobble if number % 2 else -wobble
        make_figures(queue, day, offered=offered, answered=offered * share // 100)
    return vendor


def read(**query: Any) -> Comparison:
    return comparison(MANAGER, **{"kpi": "", "service": "", "month": MONTH, "now": AFTER, **query})


def test_who_is_better_everywhere_ranks_first_though_worse_in_all() -> None:
    make_compared("x", (100, 90), (1000, 70))
    make_compared("y", (1000, 88), (100, 68))

    page = read()

    rows = {row.vendor.code: row for row in page.rows}
    assert [row.vendor.code for row in page.rows] == ["x", "y"]
    assert rows["x"].raw < rows["y"].raw
    assert None not in (rows["x"].same_mix, rows["y"].same_mix)
    assert rows["x"].same_mix > rows["y"].same_mix
    assert (rows["x"].rank, rows["y"].rank) == (1, 2)
    assert [point.start for point in rows["x"].months][-1] == MONTH


def test_no_rank_where_days_stray_more_than_vendors_differ() -> None:
    make_compared("x", (100, 81), (100, 81), wobble=10)
    make_compared("y", (100, 80), (100, 80), wobble=10)

    page = read()

    assert [row.rank for row in page.rows] == [None, None]
    text = signed_in(Role.MANAGER).get("/compare/", {"month": "2026-10"}).content.decode()
    assert text.count("순위 차이 불분명") == 2


@pytest.mark.parametrize(("language", "word"), [("ko", "같은 구성 기준"), ("en", "At the same mix")])
def test_the_page_reads_in_both_languages(language: str, word: str) -> None:
    make_compared("x", (100, 81), (100, 81))

    answer = signed_in(Role.EXECUTIVE, language=language).get("/compare/", {"month": "2026-10", "service": "order"})

    assert answer.status_code == 200
    assert word in answer.content.decode()


def test_a_vendor_sees_itself_alone() -> None:
    ours, _theirs = make_compared("x", (100, 81), (100, 81)), make_compared("narae", (100, 90), (100, 90))

    text = signed_in(Role.VENDOR_ADMIN, ours).get("/compare/", {"month": "2026-10"}).content.decode()

    assert "Narae" not in text
    assert "X" in text


def test_without_figures_and_for_what_cannot_be_weighed_it_says_so() -> None:
    client = signed_in(Role.MANAGER)
    assert "이달의 실적이 없습니다" in client.get("/compare/").content.decode()
    contract = make_contract()
    make_target(contract, make_kpi("incidents", "incidents"), 0, weight=100)
    assert "물량으로 가중할 수 없는 지표" in client.get("/compare/", {"kpi": "incidents"}).content.decode()
    assert client.get("/compare/", {"month": "2026-99"}).status_code == 400
    assert signed_in(Role.DEPARTMENT).get("/compare/").status_code == 403


def test_it_costs_the_same_whatever_the_number_of_vendors() -> None:
    make_compared("x", (100, 81), (100, 81))
    few = len(queries_of(read))
    for number in range(3):
        make_compared(f"vendor{number}", (100, 81), (100, 81))

    assert len(queries_of(read)) == few


def test_unless_told_otherwise_it_is_the_service_most_vendors_have() -> None:
    vendor = make_compared("x", (100, 81), (100, 81))
    make_compared("y", (100, 80), (100, 80))
    other = make_queue(vendor.contracts.get(), "x-returns", service="returns")
    make_figures(other, MONTH, offered=10, answered=5)

    assert (read(service=None).service, read(service="").service) == ("order", "")
    assert {row.same_mix is None for row in read(service="").rows} == {False, True}


@pytest.mark.parametrize(("language", "word"), [("ko", "주문"), ("en", "Orders")])
def test_a_service_is_called_by_its_name_and_one_that_is_not_shipped_as_written(language: str, word: str) -> None:
    make_compared("x", (100, 90), (100, 70))
    make_queue(Vendor.objects.get().contracts.get(), "x-gift", service="gift-wrap")

    page = signed_in(Role.MANAGER, language=language).get("/compare/", {"service": "order"}).content.decode()

    assert f'<option value="order" selected>{word}</option>' in page
    assert '<option value="gift-wrap">gift-wrap</option>' in page
