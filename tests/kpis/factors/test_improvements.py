"""An improvement is a factor that is measured, before and after, and never relieved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import translation

from kpis.models import ExternalFactor, FactorEvent, Kpi
from kpis.queries.before_after import before_after, improvement_of
from kpis.queries.before_after_words import change_sentence, presented_change, with_unit
from kpis.services import factors
from tests.cast import client_for
from tests.checks import assert_constant_queries
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_user
from vendors.actors import SYSTEM
from vendors.choices import Role
from vendors.errors import Conflict
from vendors.models import Contract, Holiday, Queue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)
RELEASE = date(2026, 4, 1)
FIRST, LAST = date(2026, 2, 2), date(2026, 5, 10)
MANAGER = make_actor(Role.MANAGER)


def make_kpis() -> dict[str, Kpi]:
    """Make the three with the catalogue's formulas; FCR settles after a week."""
    return {
        "aht": make_kpi("aht", "(talk_s + acw_s) / answered", unit="s", direction="band", decimals=1),
        "acw_avg": make_kpi("acw_avg", "acw_s / answered", unit="s", direction="band", decimals=1),
        "fcr": make_kpi(
            "fcr", "100 * fcr_resolved / fcr_eligible", unit="%", direction="higher", bounds=[0, 100], settle_days=7
        ),
    }


def report(queue: Queue, first: date = FIRST, last: date = LAST, **without: Any) -> None:
    """Report days of 100 calls whose after-call work falls from 40 to 31 s with the release; they stray by one."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        work = (40 if day < RELEASE else 31) + (1 if number % 2 else -1)
        figures = {"answered": 100, "talk_s": 21000, "acw_s": 100 * work, "fcr_eligible": 50, "fcr_resolved": 36}
        make_figures(queue, day, **{name: value for name, value in figures.items() if name not in without})


def improve(*queues: Queue, **fields: Any) -> ExternalFactor:
    times = {
        "starts_at": datetime(2026, 4, 1, 0, tzinfo=UTC), "ends_at": datetime(2026, 4, 1, 6, tzinfo=UTC),
    }  # fmt: skip
    about = {"kind": "improvement", "title": "One screen for orders", **times, **fields}
    return factors.register(about, queues=queues, actor=fields.pop("actor", MANAGER), now=NOW)


@pytest.fixture
def queue() -> Queue:
    make_kpis()
    queue = make_queue(make_contract(starts_on=date(2026, 1, 1)))
    report(queue)
    return queue


def contract_of(queue: Queue) -> Contract:
    return queue.contract_links.get().contract


def test_it_tells_handle_time_after_call_work_and_fcr_before_and_after(queue: Queue) -> None:
    ((contract, found),) = improvement_of(improve(queue), MANAGER, now=NOW)

    assert contract == contract_of(queue)
    values = {one.kpi.code: presented_change(one) for one in found}
    assert list(values) == ["aht", "acw_avg", "fcr"]
    told = {code: (one["before"], one["after"], one["change"], one["verdict"]) for code, one in values.items()}
    assert told == {
        "aht": ("250.0", "241.0", "-9.0", "changed"),
        "acw_avg": ("40.0", "31.0", "-9.0", "changed"),
        "fcr": ("72.00", "72.00", "0.00", "unsure"),
    }
    assert (values["aht"]["after_from"], values["aht"]["after_to"]) == ("2026-04-02", "2026-04-30")
    assert (values["aht"]["before_from"], values["aht"]["before_to"]) == ("2026-03-04", "2026-04-01")


def test_what_has_not_settled_is_not_read(queue: Queue) -> None:
    early = datetime(2026, 4, 17, 3, 0, tzinfo=UTC)

    ((_contract, found),) = improvement_of(improve(queue), MANAGER, now=early)

    assert {one.kpi.code: one.windows.weeks for one in found} == {"aht": 2, "acw_avg": 2, "fcr": 1}


def test_before_a_week_is_over_nothing_is_said(queue: Queue) -> None:
    assert improvement_of(improve(queue), MANAGER, now=datetime(2026, 4, 6, 3, tzinfo=UTC)) == []


def test_a_kpi_that_the_queues_do_not_report_or_that_has_no_volume_of_its_own_is_left_out(queue: Queue) -> None:
    other = make_queue(make_contract())
    report(other, talk_s=None)
    count = make_kpi("calls", "answered", unit="count")
    assert [one.kpi.code for _row, found in improvement_of(improve(other), MANAGER, now=NOW) for one in found] == [
        "acw_avg", "fcr",
    ]  # fmt: skip

    pk = contract_of(queue).pk
    assert before_after([pk], [count], RELEASE, RELEASE, now=NOW) == {pk: []}
    assert before_after([pk], [], RELEASE, RELEASE, now=NOW) == {}
    assert before_after([], [count], RELEASE, RELEASE, now=NOW) == {}


def acw(queue: Queue) -> Any:
    kpi = Kpi.objects.get(code="acw_avg")
    return before_after([contract_of(queue).pk], [kpi], RELEASE, date(2026, 4, 2), now=NOW)[contract_of(queue).pk][0]


def test_holidays_and_days_of_events_are_left_out_on_both_sides(queue: Queue) -> None:
    assert acw(queue).change.days == (28, 28)
    Queue.objects.filter(pk=queue.pk).update(observes_holidays=True)
    Holiday.objects.create(country="KR", date=date(2026, 4, 9), name="Day")
    days = {"starts_at": datetime(2026, 3, 9, 0, tzinfo=UTC), "ends_at": datetime(2026, 3, 11, 0, tzinfo=UTC)}
    outage = {"kind": "outage", "title": "Down", **days}
    factors.register(outage, queues=[queue], actor=MANAGER, now=NOW)

    assert acw(queue).change.days == (25, 27)

    vendor = make_actor(Role.VENDOR_ADMIN, queue.centre.vendor)
    later = {"starts_at": datetime(2026, 4, 20, 1, tzinfo=UTC), "ends_at": datetime(2026, 4, 20, 2, tzinfo=UTC)}
    own = factors.register({**outage, **later}, queues=[queue], actor=vendor, now=NOW)
    assert acw(queue).change.days == (25, 27)
    factors.approve(own.pk, decision="Seen", actor=MANAGER, now=NOW)
    assert acw(queue).change.days == (25, 26)


def test_there_is_no_relief_for_it(queue: Queue) -> None:
    factor = improve(queue)

    with pytest.raises(Conflict, match="no_relief"):
        factors.claim(factor.pk, evidence="x", actor=make_actor(Role.DEPARTMENT), now=NOW)
    with pytest.raises(Conflict, match="no_relief"):
        factors.approve(factor.pk, decision="x", actor=SYSTEM, now=NOW)
    with pytest.raises(Conflict, match="no_relief"):
        factors.what_if(factor, actor=MANAGER, now=NOW)

    factor.refresh_from_db()
    assert factor.status == "draft"
    assert list(FactorEvent.objects.filter(factor=factor).values_list("action", flat=True)) == ["register"]


def test_one_that_a_vendor_registered_does_not_expire(queue: Queue) -> None:
    vendor = make_actor(Role.VENDOR_ADMIN, queue.centre.vendor)
    times = {"starts_at": NOW - timedelta(days=60), "ends_at": NOW - timedelta(days=59)}
    for kind in ("improvement", "outage"):
        factors.register({"kind": kind, "title": kind, **times}, queues=[queue], actor=vendor, now=NOW)

    assert factors.expire(NOW) == 1
    assert list(ExternalFactor.objects.filter(status="draft").values_list("kind", flat=True)) == ["improvement"]


@pytest.mark.usefixtures("_in_may")
def test_the_api_answers_it_with_a_sentence_to_whom_the_contract_is_there(queue: Queue) -> None:
    factor = improve(queue, make_queue(make_contract()))
    address = f"/api/v1/external-factors/{factor.pk}/effect/"

    answer = client_for(make_user(role=Role.MANAGER)).get(address).json()
    assert answer["effects"] == []
    (row,) = answer["before_after"]
    assert row["contract"] == contract_of(queue).code
    assert row["kpis"][1]["sentence"] == (
        "acw_avg: 40.0 s before, 31.0 s after (−9.0 ± 0.5; the same weekdays of 4 weeks each): changed."
    )
    other = factor.queues.exclude(pk=queue.pk).get().centre.vendor
    assert client_for(make_user(role=Role.VENDOR_ADMIN, vendor=other)).get(address).json()["before_after"] == []


@pytest.fixture
def _in_may() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_it_takes_as_many_queries_for_five_contracts_as_for_one(queue: Queue) -> None:
    factor = improve(queue)

    def more() -> None:
        for _number in range(4):
            another = make_queue(make_contract(starts_on=date(2026, 1, 1)))
            report(another, date(2026, 3, 20), date(2026, 4, 12))
            factor.links.create(queue=another)

    assert_constant_queries(lambda: improvement_of(factor, MANAGER, now=NOW), more)


def test_the_sentence_says_it_in_korean_too(queue: Queue) -> None:
    values = presented_change(acw(queue))
    fcr = {**values, "unit": "%", "before": "72.00", "after": "75.50", "change": "3.50", "half_width": None}

    with translation.override("ko"):
        assert change_sentence(values, "후처리") == (
            "후처리: 전 40.0초 → 후 31.0초 (−9.0 ± 0.5, 같은 요일끼리 앞뒤 4주씩 비교): 달라짐."
        )
        assert change_sentence({**fcr, "verdict": "unsure", "weeks": 1}, "FCR") == (
            "FCR: 전 72.00% → 후 75.50% (+3.50 %p, 같은 요일끼리 앞뒤 1주씩 비교): 뚜렷한 변화 없음."
        )
    with translation.override("en"):
        assert change_sentence({**fcr, "verdict": "better"}, "FCR") == (
            "FCR: 72.00% before, 75.50% after (+3.50 points; the same weekdays of 4 weeks each): better."
        )
        assert (with_unit("5", ""), with_unit("5", "cases")) == ("5", "5 cases")
