"""The page of data quality: freshness, lateness, corrections after the close, differences, unlikely values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from bpo.queries.quality_page import QualityPage, quality_page
from bpo.services import corrections
from kpis.services.closing import close_month
from kpis.services.submissions import submit
from tests import make
from tests.bpo.pages_sample import signed_in
from tests.checks import assert_constant_queries
from vendors.actors import Actor, KeyRole
from vendors.choices import Role
from vendors.models import Contract, ContractTerms, MeasureProvision

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 3, 20)
MANAGER = make.make_actor(Role.MANAGER)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contract(db: None) -> Contract:
    return make_reporting("hanbit", "한빛씨에스")


def make_reporting(code: str, name_ko: str) -> Contract:
    """Make a vendor with a cut-off at ten that is asked for what two sides count."""
    make.make_measure("offered", name_ko="인입호")
    made = make.make_contract(make.make_vendor(code, name_ko=name_ko), f"{code}-2026")
    ContractTerms.objects.filter(contract=made).update(closing={"daily_cutoff": "10:00"})
    make.make_queue(made, f"{code}-voice", name="주문 전화")
    make.make_target(made, make.make_kpi(f"{code}_share", "100 * answered / offered"), 90)
    MeasureProvision.objects.create(contract=made, measure="counted", owner="client", second="vendor")
    make.make_measure("counted")
    return made


def report(
    contract: Contract, day: date, at: datetime | None = None, actor: Actor | None = None, **figures: Any
) -> Any:
    """Send a day, by default two hours after midnight of the next: in time."""
    rows = [{"queue": contract.queues.get().code, "date": day.isoformat(), "measures": figures}]
    sent = at or datetime.combine(day + timedelta(days=1), time(17), UTC) - timedelta(days=1)
    return submit(actor=actor or make.make_actor(Role.VENDOR_ADMIN, contract.vendor), rows=rows, now=sent)


def page_of(actor: Actor = MANAGER, vendor: str = "", start: date = date(2026, 3, 1)) -> QualityPage:
    return quality_page(actor, start=start, end=date(2026, 4, 1), vendor=vendor, today=TODAY, now=NOW)


def test_it_says_how_fresh_and_how_late_the_figures_are(contract: Contract) -> None:
    report(contract, date(2026, 3, 16), offered=100, answered=90)
    report(contract, date(2026, 3, 17), at=NOW, offered=100, answered=90)

    page = page_of()

    row = page.rows[0]
    assert (row.complete_on, row.received_at) == (date(2026, 3, 17), NOW)
    assert [cell.day.day for cell in row.cells] == [14, 15, 16, 17, 18, 19, 20]
    assert [cell.state.value for cell in row.cells][2:4] == ["reported", "late"]
    assert [(one.vendor.code, one.date.day, one.queues) for one in page.late] == [("hanbit", 17, 1)]
    assert page.late_count == 1


def test_it_lists_what_was_asked_of_a_closed_month(contract: Contract) -> None:
    report(contract, date(2026, 2, 3), offered=100, answered=90)
    close_month(contract=contract.code, start=date(2026, 2, 1), actor=MANAGER, now=NOW)
    vendor = make.make_actor(Role.VENDOR_ADMIN, contract.vendor)
    row = {"queue": "hanbit-voice", "date": "2026-02-03", "measures": {"answered": 95}}
    corrections.file(rows=[row], reason="late_data", note="late", actor=vendor, now=NOW)

    page = page_of()

    assert (page.correction_count, [found.start for found in page.corrections]) == (1, [date(2026, 2, 1)])
    assert page_of(start=date(2026, 3, 1), vendor="nobody").correction_count == 1
    earlier = quality_page(MANAGER, start=date(2026, 2, 1), end=date(2026, 3, 1), vendor="", today=TODAY, now=NOW)
    assert earlier.correction_count == 0


def test_it_counts_open_differences_of_its_days_alone(contract: Contract) -> None:
    for day in (date(2026, 2, 27), date(2026, 3, 2)):
        report(contract, day, actor=make.make_actor(KeyRole.CLIENT_INGEST), counted=5)
        report(contract, day, counted=6)

    page = page_of()

    assert page.difference_count == 1
    assert [(item.row.date.day, item.difference) for item in page.differences] == [(2, 1)]


def test_it_lists_what_feeds_were_warned_of(contract: Contract) -> None:
    for week in range(8, 0, -1):
        report(contract, date(2026, 3, 18) - timedelta(weeks=week), offered=100 + week, answered=90 - week)
    receipt = report(contract, date(2026, 3, 18), offered=5480, answered=91)

    page = page_of()

    one = page.unlikely[0]
    assert (page.unlikely_count, one.submission.pk, one.code) == (1, receipt.id, "suspicious_value")
    assert (one.name, one.found, len(one.usual)) == ("인입호", "5480", 2)


def test_a_vendor_sees_its_own(contract: Contract) -> None:
    other = make_reporting("narae", "나래")
    report(other, date(2026, 3, 17), at=NOW, offered=0, answered=0)
    vendor = make.make_actor(Role.VENDOR_MEMBER, contract.vendor)

    page = page_of(vendor, vendor="narae")

    assert [row.matrix.queue.code for row in page.rows if row.matrix.queue] == ["hanbit-voice"]
    assert (page.late_count, page.unlikely_count) == (0, 0)
    assert page_of().unlikely_count == 1
    assert "나래" not in signed_in(Role.VENDOR_MEMBER, contract.vendor).get("/quality/").content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.MANAGER, 200), (Role.ANALYST, 200), (Role.EXECUTIVE, 403), (Role.DEPARTMENT, 403), (None, 403)],
)
def test_who_reads_it(contract: Contract, role: str | None, status: int) -> None:
    assert signed_in(role).get("/quality/").status_code == status


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("데이터 품질", "운영일인데 모두 0", "한빛씨에스")),
        ("en", ("Data quality", "Nothing but zeros", "Differences")),
    ],
)
def test_it_speaks_the_readers_language(contract: Contract, language: str, words: tuple[str, ...]) -> None:
    report(contract, date(2026, 3, 17), at=NOW, offered=0, answered=0)

    page = signed_in(Role.MANAGER, language=language).get("/quality/?month=2026-03").content.decode()

    assert all(word in page for word in words)


def test_without_a_queue_it_says_what_comes_next(db: None) -> None:
    assert (
        "As soon as a contract has a queue" in signed_in(Role.MANAGER, language="en").get("/quality/").content.decode()
    )


def test_it_makes_a_constant_number_of_queries(contract: Contract) -> None:
    manager = signed_in(Role.MANAGER)

    def one(made: Contract) -> None:
        report(made, date(2026, 3, 3), actor=make.make_actor(KeyRole.CLIENT_INGEST), counted=5)
        report(made, date(2026, 3, 3), counted=6)
        report(made, date(2026, 2, 3), offered=5, answered=4)
        report(made, date(2026, 3, 17), at=NOW, offered=0, answered=0)
        close_month(contract=made.code, start=date(2026, 2, 1), actor=MANAGER, now=NOW)
        queue = made.queues.get().code
        row = {"queue": queue, "date": "2026-02-03", "measures": {"answered": 5}}
        vendor = make.make_actor(Role.VENDOR_ADMIN, made.vendor)
        corrections.file(rows=[row], reason="late_data", note="late", actor=vendor, now=NOW)

    def grow() -> None:
        for number in range(4):
            one(make_reporting(f"more{number}", f"업체{number}"))

    one(contract)
    one(make_reporting("second", "둘째"))
    assert_constant_queries(lambda: manager.get("/quality/"), grow)
