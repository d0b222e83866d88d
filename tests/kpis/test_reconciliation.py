"""Two sources of one figure: which of them counts, what is kept beside it, and how a difference is settled."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kpis.choices import SubmissionWay
from kpis.models import DailyMetric, MetricRevision, MonthClose, Reconciliation, SourceFigure, Submission
from kpis.services.feed.storing import lock_queues
from kpis.services.reconciliation import settle
from kpis.services.submissions import SubmissionResult, submit
from tests.make import make_actor, make_contract, make_key, make_measure, make_queue, make_user
from vendors.actors import KeyRole
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, Unprocessable
from vendors.models import Contract, ContractTerms, MeasureProvision, Queue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
MANAGER = make_actor(Role.MANAGER)
CLIENT = make_actor(KeyRole.CLIENT_INGEST)


@pytest.fixture
def contract(db: None) -> Contract:
    return two_sources()


def two_sources() -> Contract:
    """Return a contract whose offered calls the client reports, and the vendor beside it."""
    for code in ("offered", "answered"):
        make_measure(code)
    made = make_contract()
    MeasureProvision.objects.create(
        contract=made, measure="offered", owner="client", second="vendor", tolerance_percent=Decimal(1)
    )
    return made


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return make_queue(contract, "voice")


def send(contract: Contract, who: str, hours: int = 0, day: int = 16, **measures: Any) -> SubmissionResult:
    actor = CLIENT if who == "client" else make_actor(Role.VENDOR_MEMBER, contract.vendor)
    rows = [{"queue": "voice", "date": f"2026-03-{day}", "measures": measures}]
    return submit(actor=actor, rows=rows, now=NOW + timedelta(hours=hours), note=f"from {who}")


def current() -> dict[str, Any]:
    return dict(DailyMetric.objects.get().measures)


def test_the_figure_of_the_first_source_counts_and_the_other_is_kept_beside_it(
    contract: Contract, queue: Queue
) -> None:
    send(contract, "client", offered=1000)
    answer = send(contract, "vendor", 1, offered=1030, answered=900)

    assert current() == {"offered": 1000, "answered": 900}
    assert answer.totals == {"offered": "1030", "answered": "900"}
    assert [warning.code for warning in answer.warnings] == ["kept_beside"]
    kept = {row.source: (row.value, row.submission.note) for row in SourceFigure.objects.all()}
    assert kept == {"client": (1000, "from client"), "vendor": (1030, "from vendor")}


def test_the_second_source_counts_until_the_first_has_a_figure(contract: Contract, queue: Queue) -> None:
    send(contract, "vendor", offered=1030)
    assert current() == {"offered": 1030}

    send(contract, "client", 1, offered=1000)
    assert current() == {"offered": 1000}
    assert MetricRevision.objects.get().changes == {"offered": [1030, 1000, 2]}


@pytest.mark.parametrize(("offered", "items"), [(1030, 1), (1003, 0), (1010, 0), (1011, 1)])
def test_a_gap_beyond_the_tolerance_opens_one_item(contract: Contract, queue: Queue, offered: int, items: int) -> None:
    for number in range(2):
        send(contract, "client", number, offered=1000)
        send(contract, "vendor", number, offered=offered)

    assert Reconciliation.objects.count() == items
    assert all(item.figures == {"first": 1000, "second": offered} for item in Reconciliation.objects.all())


def test_an_item_follows_the_figures_and_goes_where_they_agree(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    send(contract, "vendor", 2, offered=1200)
    assert Reconciliation.objects.get().figures["second"] == 1200

    send(contract, "vendor", 3, offered=1001)
    assert Reconciliation.objects.get().status == "agreed"
    assert SourceFigure.objects.count() == 4


@pytest.mark.parametrize(
    ("decision", "value", "counts"), [("first", None, 1000), ("second", None, 1100), ("agreed", "1050", 1050)]
)
def test_a_manager_settles_it_through_an_ordinary_submission(
    contract: Contract, queue: Queue, decision: str, value: Any, counts: int
) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    item = Reconciliation.objects.get()

    settled = settle(item.pk, decision=decision, value=value, note="checked together", actor=MANAGER, now=NOW)

    assert current() == {"offered": counts}
    assert (settled.status, settled.decided_by) == ("settled", MANAGER.label)
    receipt = Submission.objects.get(pk=settled.settlement_id)
    assert (receipt.way, receipt.note, receipt.reason) == ("reconciled", "checked together", "agreed_restatement")
    with pytest.raises(Conflict):
        settle(item.pk, decision="first", note="again", actor=MANAGER, now=NOW)


def test_what_was_decided_stands_and_a_new_figure_opens_the_question_anew(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    settle(Reconciliation.objects.get().pk, decision="second", note="theirs is right", actor=MANAGER, now=NOW)

    send(contract, "client", 2, offered=1000)
    assert (current(), Reconciliation.objects.count()) == ({"offered": 1100}, 1)

    send(contract, "client", 3, offered=1020)
    assert current() == {"offered": 1100}
    assert [item.status for item in Reconciliation.objects.order_by("id")] == ["settled", "open"]


@pytest.mark.parametrize("second", [1030, None])
def test_where_the_first_withdraws_the_second_figure_counts_and_nothing_is_left_to_settle(
    contract: Contract, queue: Queue, second: int | None
) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1030)
    send(contract, "vendor", 2, offered=second)

    answer = send(contract, "client", 3, offered=None)

    assert current() == ({} if second is None else {"offered": 1030})
    assert [warning.code for warning in answer.warnings] == ([] if second is None else ["other_source_counts"])
    assert Reconciliation.objects.get().status == "withdrawn"


def test_a_figure_from_before_there_was_a_second_source_is_the_first_sources(contract: Contract, queue: Queue) -> None:
    provision = MeasureProvision.objects.filter(contract=contract)
    provision.update(second="")
    send(contract, "client", offered=900)
    send(contract, "client", 1, offered=1000)
    provision.update(second="vendor")

    send(contract, "vendor", 2, offered=1100)
    send(contract, "vendor", 3, offered=1200)

    assert current() == {"offered": 1000}
    item = Reconciliation.objects.get()
    assert item.figures == {"first": 1000, "second": 1200}
    assert item.first_submission.received_at == NOW + timedelta(hours=1)


def test_an_accepted_correction_counts_whichever_source_reported_first(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    rows = [{"queue": "voice", "date": "2026-03-16", "measures": {"offered": 1100}}]

    submit(actor=MANAGER, rows=rows, now=NOW, way=SubmissionWay.CORRECTION)

    assert current() == {"offered": 1100}


def test_it_is_settled_however_old_the_day_but_not_in_a_closed_month(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    pk = Reconciliation.objects.get().pk
    ContractTerms.objects.filter(contract=contract).update(closing={"correction_days": 1})
    act = {"contract": contract, "start": date(2026, 3, 1), "by": MANAGER.label, "at": NOW}
    MonthClose.objects.create(number=1, is_closed=True, **act)

    with pytest.raises(Conflict, match="period_closed"):
        settle(pk, decision="second", note="x", actor=MANAGER, now=NOW)
    MonthClose.objects.create(number=2, is_closed=False, **act)
    assert settle(pk, decision="second", note="x", actor=MANAGER, now=NOW).status == "settled"


def test_the_counters_that_all_submissions_wait_for_come_last(contract: Contract, queue: Queue) -> None:
    with CaptureQueriesContext(connection) as captured:
        send(contract, "client", offered=1000)

    tables = [match[1] for query in captured if (match := re.match(r'\s*INSERT INTO "?(\w+)', query["sql"]))]
    assert tables.index("kpis_sourcefigure") < tables.index("kpis_receiptcounter")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_is_settled_beside_a_submission_that_changes_it() -> None:
    """The submission holds the queue and comes to the item last; whoever settles must not wait for it with the item."""
    contract = two_sources()
    make_queue(contract, "voice")
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    pk = Reconciliation.objects.get().pk
    failed: list[Exception] = []

    def decide() -> None:
        try:
            settle(pk, decision="first", note="x", actor=MANAGER, now=NOW)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        lock_queues([Queue.objects.get().pk])
        decider = threading.Thread(target=decide)
        decider.start()
        until_somebody_waits()
        send(contract, "vendor", 2, offered=1200)
    decider.join()

    assert not failed
    assert Reconciliation.objects.get().status == "settled"


def until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _attempt in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for the queue")


def test_it_refuses_a_wrong_decision_and_changes_nothing(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    send(contract, "vendor", 1, offered=1100)
    pk = Reconciliation.objects.get().pk

    for error, given in (
        (Invalid, {"decision": "third", "note": "x"}),
        (Invalid, {"decision": "first", "note": " "}),
        (Invalid, {"decision": "agreed", "note": "x"}),
        (Invalid, {"decision": "first", "value": "5", "note": "x"}),
        (Unprocessable, {"decision": "agreed", "value": "-5", "note": "x"}),
        (Forbidden, {"decision": "first", "note": "x", "actor": make_actor(Role.VENDOR_ADMIN, contract.vendor)}),
    ):
        with pytest.raises(error):
            settle(pk, **{"actor": MANAGER, "now": NOW, **given})

    assert Reconciliation.objects.get().status == "open"
    assert current() == {"offered": 1000}


def test_the_source_stands_beside_every_value(contract: Contract, queue: Queue, api: Any) -> None:
    key = make_key("client", None, ("ingest",))
    row = {"queue": "voice", "date": "2026-03-16", "measures": {"offered": 1000}}
    assert api(key).post("/api/v1/submissions/", {"rows": [row]}, format="json").status_code == 201
    send(contract, "vendor", 1, offered=1100, answered=900)

    def sources() -> dict[str, str]:
        rows = api(make_user(role=Role.MANAGER)).get("/api/v1/daily-metrics/").json()["results"]
        return {row["measure"]: row["source"] for row in rows}

    assert sources() == {"offered": "client", "answered": "vendor"}
    settle(Reconciliation.objects.get().pk, decision="second", note="theirs", actor=MANAGER, now=NOW)
    assert sources() == {"offered": "reconciled", "answered": "vendor"}


def test_what_has_one_source_is_as_it_was(contract: Contract, queue: Queue) -> None:
    MeasureProvision.objects.create(contract=contract, measure="answered", owner="client")

    with pytest.raises(Unprocessable):
        send(contract, "vendor", answered=5)
    send(contract, "client", answered=5)
    assert not SourceFigure.objects.exists()


def test_a_dry_run_says_it_and_keeps_nothing(contract: Contract, queue: Queue) -> None:
    send(contract, "client", offered=1000)
    rows = [{"queue": "voice", "date": "2026-03-16", "measures": {"offered": 1100}}]
    actor = make_actor(Role.VENDOR_MEMBER, contract.vendor)

    answer = submit(actor=actor, rows=rows, now=NOW, dry_run=True)

    assert [warning.code for warning in answer.warnings] == ["kept_beside"]
    assert SourceFigure.objects.count() == 1
    assert date(2026, 3, 16) == SourceFigure.objects.get().date
