"""What the database itself refuses to change, whoever asks: raw SQL, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from bpo.models import (
    ActionPlan,
    ActionPlanEvent,
    Alert,
    AlertEvent,
    Delivery,
    DeliveryAttempt,
    FrozenScorecard,
    ReportFile,
    Scorecard,
    SentReport,
    Webhook,
)
from kpis.models import MetricRevision, MonthClose, RefusedDay, RefusedFeed, SourceFigure, Submission
from tests.bpo.reports.world import attachment, make_report
from tests.make import make_contract, make_queue, make_submission
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def one_row_each() -> None:
    contract = make_contract()
    queue = make_queue(contract)
    card = Scorecard.objects.create(contract=contract, start=date(2026, 3, 1))
    MetricRevision.objects.create(queue=queue, date=date(2026, 3, 1), submission=make_submission(), changes={})
    MonthClose.objects.create(contract=contract, start=date(2026, 3, 1), number=1, is_closed=True, by="mina", at=NOW)
    AuditEntry.objects.create(at=NOW, actor="user:mina", action="test", object_type="queue", object_code=queue.code)
    receipt = MetricRevision.objects.get().submission
    about = {"queue": queue, "date": date(2026, 3, 1), "measure": "offered", "source": "client"}
    SourceFigure.objects.create(document={"value": 1}, submission=receipt, **about)
    refused = RefusedFeed.objects.create(refused_at=NOW, submitted_by="user:mina", way="api", row_count=1)
    RefusedDay.objects.create(feed=refused, queue=queue, date=date(2026, 3, 1))
    alert = Alert.objects.create(kind="below_target", severity="caution", subject="x", opened_at=NOW, changed_at=NOW)
    AlertEvent.objects.create(alert=alert, action="open", by="system", at=NOW)
    webhook = Webhook.objects.create(name="Room", url="https://example.com", created_by="mina", created_at=NOW)
    message = Delivery.objects.create(kind="test", webhook=webhook, created_at=NOW, due_at=NOW)
    DeliveryAttempt.objects.create(delivery=message, at=NOW, is_sent=False)
    times = {"due_on": date(2026, 3, 1), "check_on": date(2026, 3, 1), "made_at": NOW, "changed_at": NOW}
    plan = ActionPlan.objects.create(contract=contract, title="A line", next_step="Order", owner="Lead", **times)
    ActionPlanEvent.objects.create(plan=plan, action="make", by="user:mina", at=NOW)
    make_report("Report", files=[attachment()])
    FrozenScorecard.objects.create(
        scorecard=card, contract=contract, sequence=1, document="{}", sha256="0" * 64, frozen_by="mina", frozen_at=NOW
    )


@pytest.mark.usefixtures("one_row_each")
@pytest.mark.parametrize(
    ("table", "column"),
    [
        (AuditEntry._meta.db_table, "actor"),
        (Submission._meta.db_table, "note"),
        (MetricRevision._meta.db_table, "changes"),
        (MonthClose._meta.db_table, "is_closed"),
        (Submission._meta.db_table, "reason"),
        (RefusedFeed._meta.db_table, "submitted_by"),
        (RefusedDay._meta.db_table, "date"),
        (SourceFigure._meta.db_table, "source"),
        (FrozenScorecard._meta.db_table, "document"),
        (AlertEvent._meta.db_table, "note"),
        (ActionPlanEvent._meta.db_table, "note"),
        (DeliveryAttempt._meta.db_table, "detail"),
        (SentReport._meta.db_table, "html"),
        (ReportFile._meta.db_table, "content"),
    ],
)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_a_row_is_neither_changed_nor_deleted(table: str, column: str, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, column=column))

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] == 1
