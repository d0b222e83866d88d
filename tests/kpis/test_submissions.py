"""The feed's service: what is stored, what is merged, what is marked."""

from __future__ import annotations

import re
import threading
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from kpis.models import DailyMetric, DailyValue, MetricRevision, RecalculationMark, Submission
from kpis.queries.daily_values import history_of, values_as_of
from tests.checks import queries_of
from tests.kpis.feed_measures import make_measures
from tests.kpis.feeding import NOW, counts, make_voice, refused, row, send
from tests.make import make_actor, make_contract, make_queue
from vendors.actors import KeyRole
from vendors.errors import Forbidden, Invalid, TooLarge
from vendors.models import MeasureProvision, Queue


@pytest.fixture
def queue(db: None) -> Queue:
    return make_voice()


# Storing and merging -------------------------------------------------------------------------------
def test_it_stores_a_queue_day_with_its_submission(queue: Queue) -> None:
    result = send(row(offered=1200, answered="1100", talk_s="12.50", wait_hist=[1, 2, 3]))

    day = DailyMetric.objects.get()
    assert counts(result) == (4, 0, 0)
    assert day.measures == {"offered": 1200, "answered": 1100, "talk_s": "12.5", "wait_hist": [1, 2, 3]}
    assert (day.submission_id, day.origins, day.date, day.queue_id) == (result.id, {}, date(2026, 3, 2), queue.pk)
    assert MetricRevision.objects.count() == 0


def test_it_changes_nothing_when_the_same_is_sent_again(queue: Queue) -> None:
    first = send(row(offered=1200, talk_s="12.5"))
    RecalculationMark.objects.all().delete()

    again = send(row(offered="1200.0", talk_s="12.500"))

    assert counts(again) == (0, 0, 2)
    assert DailyMetric.objects.get().submission_id == first.id
    assert MetricRevision.objects.count() == RecalculationMark.objects.count() == 0


def test_it_merges_leaves_and_withdraws_values(queue: Queue) -> None:
    send(row(offered=1200, answered=1100))
    second = send(row(offered=None, answered=1100, within=900))

    day = DailyMetric.objects.get()
    assert counts(second) == (1, 1, 1)
    assert day.measures == {"answered": 1100, "within": 900}
    assert day.origins == {str(second.id): {"offered": 2, "within": 1}}
    assert MetricRevision.objects.get().changes == {"offered": [1200, None, 2], "within": [None, 900, 1]}


def test_it_numbers_revisions_on_after_a_withdrawal(queue: Queue) -> None:
    for value in (10, None, 30):
        send(row(offered=value))

    changes = [revision.changes["offered"] for revision in MetricRevision.objects.order_by("id")]
    assert changes == [[10, None, 2], [None, 30, 3]]
    assert DailyValue.objects.get().revision == 3


def test_it_names_a_submission_once_for_all_the_values_it_brought(queue: Queue) -> None:
    first = send(row(offered=10, answered=8, within=6))
    second = send(row(offered=11, answered=9))
    third = send(row(offered=12))

    day = DailyMetric.objects.get()
    assert day.origins == {str(second.id): {"answered": 2}, str(third.id): {"offered": 3}}
    rows = DailyValue.objects.values_list("measure", "submission_id", "revision").order_by("measure")
    assert list(rows) == [("answered", second.id, 2), ("offered", third.id, 3), ("within", first.id, 1)]


def test_it_keeps_every_old_value_readable(queue: Queue) -> None:
    first = send(row(offered=1200), at=NOW - timedelta(days=2))
    second = send(row(offered=1300), at=NOW, note="the ACD was late")

    [before, after] = history_of(DailyMetric.objects.select_related("submission").get(), "offered")
    assert (before.old, before.new, before.revision, before.submission) == (None, 1200, 1, first.id)
    assert (after.old, after.new, after.revision, after.note) == (1200, 1300, 2, "the ACD was late")
    assert after.submission == second.id
    assert after.submitted_by == "system"


def test_it_knows_what_was_known_at_a_moment(queue: Queue) -> None:
    send(row(offered=1200, answered=1000), at=NOW - timedelta(days=5))
    send(row(offered=1300), at=NOW - timedelta(days=3))
    send(row(answered=None, within=7), at=NOW - timedelta(days=1))

    def known(days: int) -> dict[str, Any]:
        values = values_as_of(DailyMetric.objects.all(), NOW - timedelta(days=days))
        return {value.measure: (value.value, value.revision) for value in values}

    assert known(6) == {}
    assert known(4) == {"offered": (1200, 1), "answered": (1000, 1)}
    assert known(2) == {"offered": (1300, 2), "answered": (1000, 1)}
    assert known(0) == {"offered": (1300, 2), "within": (7, 1)}


def test_it_unfolds_documents_in_a_view(queue: Queue) -> None:
    send(row(offered=1200, talk_s="12.5", wait_hist=[1, 2, 3]))
    second = send(row(offered=1201))

    with connection.cursor() as cursor:
        cursor.execute("SELECT queue, measure, value, is_month FROM kpis_daily_values ORDER BY measure")
        found = [(code, measure, value and float(value), bool(month)) for code, measure, value, month in cursor]
    assert found == [
        ("voice", "offered", 1201.0, False),
        ("voice", "talk_s", 12.5, False),
        ("voice", "wait_hist", None, False),
    ]
    assert DailyValue.objects.get(measure="offered").submission_id == second.id


def test_it_stores_nothing_in_a_dry_run(queue: Queue) -> None:
    result = send(row(offered=1200), dry_run=True)

    assert (result.id, counts(result)) == (None, (1, 0, 0))
    assert not Submission.objects.exists()
    assert not DailyMetric.objects.exists()
    assert not RecalculationMark.objects.exists()


def test_it_stores_good_rows_only_when_asked(queue: Queue) -> None:
    rows = [row(offered=10), row("2026-03-03", offered=-1), row("2026-03-04", offered=5, answered=9)]

    assert refused(*rows) == [(1, "offered", "out_of_bounds"), (2, "answered", "numerator_gt_denominator")]
    assert not DailyMetric.objects.exists()
    result = send(*rows, partial=True)
    assert (result.status, result.rows, len(result.errors)) == ("partly_accepted", 1, 2)
    assert DailyMetric.objects.get().date == date(2026, 3, 2)


def test_it_marks_what_changed_by_contract_and_month(queue: Queue) -> None:
    send(row("2026-03-02", offered=1), row("2026-03-09", offered=1), row("2026-05-04", offered=1))

    contract = queue.contract_links.get().contract_id
    marks = RecalculationMark.objects.order_by("first_on").values_list("contract_id", "first_on", "last_on")
    assert list(marks) == [
        (contract, date(2026, 3, 2), date(2026, 3, 9)),
        (contract, date(2026, 5, 4), date(2026, 5, 4)),
    ]


def test_it_makes_as_many_queries_for_many_rows_as_for_one(queue: Queue) -> None:
    days = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(300)]
    send(row(days[0], offered=1))

    one = queries_of(lambda: send(row(days[0], offered=2)))
    many = queries_of(lambda: send(*[row(day, offered=3) for day in days]))

    # SQLite counts each row of an executemany as a statement of its own; PostgreSQL has one, and one to add days.
    written = re.compile(r"(?:INSERT INTO|COPY) (kpis_\w+)")
    writes = [found[1] for sql in many if (found := written.search(sql))]
    assert len([sql for sql in many if not written.search(sql)]) == len([sql for sql in one if not written.search(sql)])
    assert set(writes) == {"kpis_dailymetric", "kpis_metricrevision", "kpis_receiptcounter"}
    assert connection.vendor == "sqlite" or len(writes) == 4


# Months --------------------------------------------------------------------------------------------
def month(of: str, **measures: Any) -> dict[str, Any]:
    return {"queue": "voice", "month": of, "measures": measures}


def test_it_takes_a_month_total_of_closed_history(queue: Queue) -> None:
    send(month("2026-02", offered=30_000))

    day = DailyMetric.objects.get()
    mark = RecalculationMark.objects.get()
    assert (day.date, day.is_month) == (date(2026, 2, 1), True)
    assert (mark.first_on, mark.last_on) == (date(2026, 2, 1), date(2026, 2, 28))


def test_it_never_mixes_a_month_total_with_days(queue: Queue) -> None:
    assert refused(month("2026-02", offered=9), row("2026-02-03", offered=1)) == [(1, "date", "month_and_days")]
    send(month("2026-02", offered=9), row("2026-03-02", offered=1))

    assert refused(row("2026-02-28", offered=1)) == [(0, "date", "month_and_days")]
    assert refused(month("2026-03", offered=1)) == [(0, "month", "month_and_days")]
    send(month("2026-02", offered=None))
    assert counts(send(row("2026-02-28", offered=1))) == (1, 0, 0)


def test_it_refuses_a_month_that_is_not_over(queue: Queue) -> None:
    assert refused(month("2026-11", offered=9)) == [(0, "month", "future_date")]
    assert refused(month("2026-13", offered=9)) == [(0, "month", "bad_date")]


# Who may -------------------------------------------------------------------------------------------
def test_it_takes_a_measure_only_from_who_provides_it(queue: Queue) -> None:
    contract = queue.contract_links.get().contract
    MeasureProvision.objects.create(contract=contract, measure="score_sum", owner="client")
    MeasureProvision.objects.create(contract=contract, measure="offered", owner="vendor")
    vendor = make_actor(KeyRole.VENDOR_INGEST, contract.vendor)
    client = make_actor(KeyRole.CLIENT_INGEST)

    assert refused(row(score_sum=1), actor=vendor) == [(0, "score_sum", "measure_not_yours")]
    assert refused(row(offered=1), actor=client) == [(0, "offered", "measure_not_yours")]
    assert send(row(offered=1), actor=vendor).new == 1
    assert send(row(checked=1, score_sum=1), actor=client).new == 2
    assert send(row(offered=2, score_sum=2), actor=make_actor()).changed == 2


def test_it_refuses_who_does_not_submit(queue: Queue) -> None:
    with pytest.raises(Forbidden):
        send(row(offered=1), actor=make_actor("analyst"))


def test_it_refuses_empty_and_oversized_bodies(queue: Queue) -> None:
    with pytest.raises(Invalid, match="empty_batch"):
        send()
    with pytest.raises(TooLarge, match="too_many_rows"):
        send(*[row(offered=1)] * 5_001)
    with pytest.raises(Invalid, match="too_long"):
        send(row(offered=1), note="x" * 2_001)


# At once -------------------------------------------------------------------------------------------
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_numbers_revisions_without_gap_when_many_write_at_once() -> None:
    make_measures()
    make_queue(make_contract(), "voice")
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for step in range(5):
                send(row(offered=1000 + number * 10 + step), row("2026-03-03", offered=number * 10 + step))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    for day in DailyMetric.objects.all():
        revisions = MetricRevision.objects.filter(queue=day.queue, date=day.date).order_by("id")
        chain = [revision.changes["offered"] for revision in revisions]
        assert [change[2] for change in chain] == list(range(2, len(chain) + 2))
        assert all(before[1] == after[0] for before, after in pairwise(chain))
        assert chain[-1][1] == day.measures["offered"]
