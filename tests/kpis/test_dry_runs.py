"""A check of figures: everything is looked at once, nothing is stored, nobody waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from kpis.choices import SubmissionWay
from kpis.services import drafts
from kpis.services.feed.storing import lock_queues
from kpis.services.submissions import submit
from tests.cast import Cast
from tests.checks import queries_of
from tests.kpis.feed_measures import make_measures
from vendors.actors import SYSTEM
from vendors.authentication import actor_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GOOD = {"queue": "hanbit-order-voice", "date": "2026-11-20", "measures": {"offered": 120}}
BAD = {**GOOD, "date": "2026-11-21", "measures": {"offered": -1}}


def check(cast: Cast, *rows: dict[str, Any]) -> drafts.Check:
    actor = actor_of(cast.member)
    draft = drafts.keep(
        actor=actor, contract=cast.contract, rows=rows, way=SubmissionWay.FORM, body_hash="0" * 64, now=NOW
    )
    return drafts.check(draft, actor=actor, now=NOW)


def test_a_check_finds_the_bad_rows_and_what_the_good_ones_come_to(cast: Cast) -> None:
    make_measures()

    found = check(cast, GOOD, BAD)

    assert found.result is None
    assert found.refusal is not None
    assert found.refusal.code == "invalid_rows"
    assert [(error.row, error.field) for error in found.errors] == [(1, "offered")]
    assert found.good is not None
    assert found.good.rows == 1


def test_a_check_of_bad_rows_reads_no_more_than_one_of_good_rows(cast: Cast) -> None:
    make_measures()
    check(cast, GOOD)

    assert len(queries_of(lambda: check(cast, GOOD, BAD))) == len(queries_of(lambda: check(cast, GOOD)))


def test_a_check_without_a_good_row_has_nothing_to_send(cast: Cast) -> None:
    make_measures()

    found = check(cast, BAD)

    assert (found.result, found.good) == (None, None)
    assert found.errors


@pytest.mark.django_db(transaction=True)
def test_a_check_takes_no_lock(cast: Cast) -> None:
    make_measures()

    sql = queries_of(lambda: submit(actor=SYSTEM, rows=[GOOD], now=NOW, dry_run=True))

    assert not [line for line in sql if line.startswith(("BEGIN", "SAVEPOINT")) or "FOR NO KEY UPDATE" in line]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_check_waits_for_nobody_who_is_storing(cast: Cast) -> None:
    make_measures()
    found: list[int] = []

    def look() -> None:
        try:
            found.append(submit(actor=SYSTEM, rows=[GOOD], now=NOW, dry_run=True).rows)
        finally:
            connection.close()

    checker = threading.Thread(target=look)
    with transaction.atomic():
        lock_queues([cast.queue.pk])
        checker.start()
        checker.join(10)
        before_the_end = list(found)
    checker.join()

    assert before_the_end == [1]
