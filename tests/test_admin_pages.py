"""Every page of the administration opens, in both languages, at a cost that does not grow with the rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from bpo.models import (
    ActionPlan,
    ActionPlanEvent,
    Alert,
    AlertEvent,
    AlertMark,
    CorrectionRequest,
    Delivery,
    DeliveryAttempt,
    DepartmentQuestion,
    Dispute,
    FrozenScorecard,
    GateEvent,
    JobRun,
    JudgedItem,
    MoneyTerms,
    NotificationSettings,
    ReportOptOut,
    Scorecard,
    ScorecardEvent,
    ScorecardLine,
    SeriesBaseline,
    SetUp,
    SetUpSheet,
    Webhook,
)
from kpis.models import (
    Attainment,
    BucketEdges,
    DailyValue,
    ExcusedDay,
    ExternalFactor,
    FactorEvent,
    FactorFile,
    FactorQueue,
    FactorSlice,
    Forecast,
    IdempotencyKey,
    ImportProfile,
    ImportProfileVersion,
    MetricRevision,
    MonthClose,
    RecalculationMark,
    ReceiptCounter,
    Reconciliation,
    RefusedDay,
    RefusedFeed,
    SourceFigure,
    SubmissionDraft,
    TargetChange,
    TargetSet,
    TargetSetApplication,
    TargetSetVersion,
)
from tests.bpo.reports.world import attachment, make_report
from tests.cast import Cast
from tests.checks import queries_of
from tests.make import (
    make_figures,
    make_import_job,
    make_kpi,
    make_measure,
    make_submission,
    make_target,
    make_user,
)
from vendors.actors import SYSTEM
from vendors.models import Contract, Department, Holiday, MeasureProvision, Queue, UsageCounter
from vendors.services.audit import record

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, tzinfo=UTC)
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
OURS = ("vendors", "kpis", "bpo")


def label(model: Any) -> str:
    return str(model._meta.label_lower)


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.superuser)
    return client


def _make_message(cast: Cast, number: int) -> None:
    """Make a webhook with a message that was tried once, and somebody's wishes."""
    about = {"secret": "s", "created_by": "test", "created_at": AT}
    webhook = Webhook.objects.create(name=f"Room {number}", vendor=cast.vendor, url="https://example.com", **about)
    message = Delivery.objects.create(kind="instant", webhook=webhook, created_at=AT, due_at=AT)
    DeliveryAttempt.objects.create(delivery=message, at=AT, is_sent=False, detail="HTTP 500")
    NotificationSettings.objects.create(user=make_user(f"reader-{number}", "manager"))
    report = make_report(f"Report {number}", files=[attachment(f"{number}".encode())])
    ReportOptOut.objects.create(subscription=report.subscription, address=report.address, at=AT)


def make_rows(cast: Cast, number: int) -> None:
    """Make one row of everything, under its own contract."""
    contract = cast.contract
    kpi = make_kpi(f"kpi_of_page_{number}")
    target = make_target(contract, kpi, weight=100)
    SetUp.objects.create(wish={}, made={}, made_by="user:mina", made_at=AT)
    TargetChange.objects.create(contract=contract, year=2026, cells=[], proposed_by="user:mina", proposed_at=AT)
    queue = cast.queue
    day = date(2026, 2, number + 1)
    metric = make_figures(queue, day, offered=10)
    MetricRevision.objects.create(queue=queue, date=day, submission=metric.submission, changes={"offered": [9, 10, 2]})
    MonthClose.objects.create(contract=contract, start=day, number=1, is_closed=True, by="mina", at=AT)
    profile = ImportProfile.objects.create(vendor=cast.vendor, code=f"file-{number}", name=f"File {number}")
    profile_version = ImportProfileVersion.objects.create(profile=profile, number=1, mapping={}, created_at=AT)
    make_submission(vendor=cast.vendor, profile_version=profile_version, derived=["answered"])
    waits = make_measure("wait_hist", rollup="histogram", edges=[10, 20])
    BucketEdges.objects.create(measure=waits, version=f"v{number}", valid_from=date(2026, number + 1, 1), edges=[10])
    about = {"reason": "late_data", "filed_by": "jisu", "filed_at": AT}
    CorrectionRequest.objects.create(contract=contract, start=day, rows=[], changes=[{"queue": "a"}], **about)
    RecalculationMark.objects.create(contract=contract, first_on=day, last_on=day)
    AlertMark.objects.create(contract=contract)
    attainment = {"status": "met", "computed_at": AT, "input_hash": "0" * 64, "end": date(2026, 4, 1)}
    Attainment.objects.create(series=target.series, start=date(2026, 3, 1), **attainment)
    excused = {"cause": "client", "reason": "outage", "excused_by": "user:x", "excused_at": AT}
    ExcusedDay.objects.create(queue=queue, date=day, **excused)
    refused = RefusedFeed.objects.create(vendor=cast.vendor, refused_at=AT, submitted_by="x", way="api", row_count=1)
    RefusedDay.objects.create(feed=refused, queue=queue, date=day)
    about = {"queue": queue, "date": day, "measure": "offered"}
    SourceFigure.objects.create(source="client", document={"value": 1}, submission=metric.submission, **about)
    Reconciliation.objects.create(
        contract=contract,
        first_source="client",
        second_source="vendor",
        figures={"first": 1, "second": 2},
        first_submission=metric.submission,
        second_submission=metric.submission,
        opened_at=AT,
        **about,
    )
    alert = Alert.objects.create(
        kind="target_expiring", severity="caution", subject=f"series:{number}", vendor=cast.vendor, contract=contract,
        kpi=kpi, facts={"day": "2026-03-01"}, opened_at=AT, changed_at=AT,
    )  # fmt: skip
    AlertEvent.objects.create(alert=alert, action="open", by="system", at=AT)
    words = {"title": f"Plan {number}", "next_step": "Go on", "owner": "Lead", "made_by": "user:x"}
    times = {"due_on": day, "check_on": day, "made_at": AT, "changed_at": AT}
    plan = ActionPlan.objects.create(contract=contract, kpi=kpi, alert=alert, **words, **times)
    ActionPlanEvent.objects.create(plan=plan, action="make", by="user:x", at=AT)
    SeriesBaseline.objects.create(
        series=target.series, until=day, by_weekday=[0.8] * 7, spread=1.5, days=60, learnt_at=AT
    )
    _make_message(cast, number)
    _make_factor(queue, day, number)
    target_set = TargetSet.objects.create(code=f"set-{number}", name=f"Set {number}")
    version = TargetSetVersion.objects.create(target_set=target_set, number=1, items=[])
    TargetSetApplication.objects.create(version=version, contract=contract, valid_from=day)
    _make_card(cast, target, number)
    Holiday.objects.create(date=day, name=f"Day {number}", country="KR")
    MeasureProvision.objects.create(contract=contract, measure=f"measure_{number}")
    record(actor=SYSTEM, action="create", obj=contract, now=AT, vendor=cast.vendor, changes={"name": ["a", "b"]})
    make_user(f"person-{number}", "vendor_member", cast.vendor)


def _make_factor(queue: Queue, day: date, number: int) -> None:
    department = Department.objects.create(code=f"department-{number}", name="IT operations")
    DepartmentQuestion.objects.create(department=department, week=day, email="it@example.com", sent_at=AT)
    times = {"starts_at": AT, "ends_at": AT + timedelta(hours=1), "filed_at": AT}
    about = {"kind": "outage", "title": f"Outage {number}", "department": department, "filed_by": "user:x"}
    factor = ExternalFactor.objects.create(**times, **about)
    FactorQueue.objects.create(factor=factor, queue=queue)
    FactorSlice.objects.create(factor=factor, queue=queue, date=day, measures={"offered": 5})
    FactorEvent.objects.create(factor=factor, action="register", by="user:x", at=AT)
    about = {"content": b"%PDF-1", "size": 6, "sha256": "0" * 64, "added_by": "user:x", "added_at": AT}
    FactorFile.objects.create(factor=factor, name=f"{number}.pdf", media_type="application/pdf", **about)
    Forecast.objects.create(queue=queue, start=day, volume=5, locked_at=AT, recorded_at=AT, recorded_by="user:x")


def _make_card(cast: Cast, target: Any, number: int) -> None:
    item = JudgedItem.objects.create(contract=cast.contract, kind="judged", name=f"Item {number}", weight=10)
    card = Scorecard.objects.create(contract=cast.contract, start=date(2026, 2, 1), version=number + 1)
    line = ScorecardLine.objects.create(scorecard=card, kind="kpi", series=target.series)
    ScorecardLine.objects.create(scorecard=card, kind="judged", item=item, position=1)
    Dispute.objects.create(line=line, reason="why", opened_by="user:x", opened_at=AT)
    GateEvent.objects.create(scorecard=card, gate={"kind": "cap_grade"}, evidence="e", approved_by="user:x")
    ScorecardEvent.objects.create(scorecard=card, action="share", by="user:x", at=AT)
    FrozenScorecard.objects.create(
        scorecard=card, contract=cast.contract, sequence=number + 1, document="{}", sha256="0" * 64, frozen_at=AT
    )
    MoneyTerms.objects.create(
        contract=cast.contract, valid_from=date(2026, number + 1, 1), rules={"fees": [], "scheme": "none"},
        made_by="user:x", made_at=AT,
    )  # fmt: skip
    JobRun.objects.create(name="job", slot=f"slot-{number}")
    make_import_job(filename=f"{number}.csv", vendor=cast.vendor)


def test_it_has_a_page_for_every_model() -> None:
    from django.apps import apps

    models = {model for app in OURS for model in apps.get_app_config(app).get_models() if "history" not in label(model)}
    history = {model for model in models if model.__name__.startswith("Historical")}

    # The unfolded view has a composite key, which the administration cannot show; daily metrics show the same. Counters
    # and used-up keys hold hashes and numbers that nobody looks up; a draft and a sheet wait until they are sent.
    unseen = {DailyValue, IdempotencyKey, UsageCounter, ReceiptCounter, SubmissionDraft, SetUpSheet}
    assert models - history - unseen == {model for model in PAGES if model is not User}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_opens_every_page(language: str, cast: Cast) -> None:
    make_rows(cast, 1)
    client = Client(headers={"accept-language": language})
    client.force_login(cast.superuser)
    request = type("Request", (), {"user": cast.superuser})()

    for model in PAGES:
        page = admin.site._registry[model]
        row = model._default_manager.order_by("pk").last()
        listed = client.get(address(model, "changelist"))
        assert f'lang="{language}"' in listed.content.decode(), model
        assert client.get(address(model, "change", row.pk)).status_code == 200, model
        if language == "ko":
            assert client.get(address(model, "changelist"), {"q": "hanbit"}).status_code == 200, model
            assert client.get(address(model, "history", row.pk)).status_code == 200, model
        added = client.get(address(model, "add")).status_code
        assert added == (200 if page.has_add_permission(request) else 403), model
        assert page.search_fields, model


def test_it_lists_more_rows_with_as_many_queries(cast: Cast, root: Client) -> None:
    make_rows(cast, 1)
    before = {}
    for model in PAGES:
        root.get(address(model, "changelist"))
        before[model] = queries_of(lambda model=model: root.get(address(model, "changelist")))

    for number in range(2, 6):
        make_rows(cast, number)

    for model in PAGES:
        after = queries_of(lambda model=model: root.get(address(model, "changelist")))
        assert len(after) == len(before[model]), "\n".join([str(model), *after])


def test_it_completes_what_is_typed(cast: Cast, root: Client) -> None:
    make_kpi("kpi_of_page")

    for app, model, field, term, found in [
        ("vendors", "centre", "vendor", "한빛", 1),
        ("vendors", "queue", "centre", "hanbit", 1),
        ("kpis", "targetseries", "kpi", "kpi_of_page", 1),
        ("kpis", "targetseries", "queue", "voice", 2),
        ("vendors", "contractqueue", "contract", "2026", 2),
    ]:
        query = {"app_label": app, "model_name": model, "field_name": field, "term": term}
        answer = root.get(reverse("admin:autocomplete"), query)
        assert len(answer.json()["results"]) == found, (field, answer.json())


def test_it_switches_the_language(cast: Cast, root: Client) -> None:
    root.post(reverse("set_language"), {"language": "ko", "next": "/admin/"})

    assert 'lang="ko"' in root.get("/admin/").content.decode()


def test_it_groups_the_side_bar_by_task(root: Client) -> None:
    page = root.get("/admin/").content.decode()

    groups = ["Vendors and contracts", "KPIs and targets", "Figures", "Scorecards", "People and access", "Operation"]
    assert all(group in page for group in groups)
    assert "/admin/kpis/target/" in page


def test_it_shows_nothing_to_other_roles_even_if_staff(cast: Cast) -> None:
    for person in (cast.executive, cast.department, cast.admin, cast.member):
        person.is_staff = True
        person.save()
        client = Client()
        client.force_login(person)

        for model in PAGES:
            assert client.get(address(model, "changelist")).status_code == 403, (person, model)


def test_it_lets_nobody_else_in(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.member)

    assert client.get(address(Contract, "changelist")).status_code == 302


def test_it_lets_an_analyst_read_and_not_write(cast: Cast) -> None:
    make_rows(cast, 1)
    cast.analyst.is_staff = True
    cast.analyst.save()
    client = Client()
    client.force_login(cast.analyst)

    assert client.get(address(Contract, "change", cast.contract.pk)).status_code == 200
    for model in PAGES:
        assert client.get(address(model, "add")).status_code == 403, model
        row = model._default_manager.order_by("pk").last()
        answer = client.post(address(model, "change", row.pk), {"name": "changed"})
        assert answer.status_code == 403, model


def test_it_hides_another_vendors_rows(cast: Cast) -> None:
    make_rows(cast, 1)
    cast.manager_of_b.is_staff = True
    cast.manager_of_b.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.manager_of_b)

    for model in PAGES:
        page = client.get(address(model, "changelist"))
        assert page.status_code == 200, model
        assert "hanbit" not in page.content.decode().lower(), model
        for row in model._default_manager.all():
            shown = client.get(address(model, "change", row.pk))
            assert "hanbit" not in shown.content.decode().lower(), (model, row, shown.status_code)
            history = client.get(address(model, "history", row.pk))
            assert "hanbit" not in history.content.decode().lower(), (model, row)


def test_it_completes_no_other_vendors_rows(cast: Cast) -> None:
    cast.manager_of_b.is_staff = True
    cast.manager_of_b.save()
    client = Client()
    client.force_login(cast.manager_of_b)

    for app, model, field in [
        ("vendors", "centre", "vendor"),
        ("vendors", "queue", "centre"),
        ("kpis", "targetseries", "contract"),
        ("kpis", "targetseries", "queue"),
        ("vendors", "membership", "user"),
    ]:
        query = {"app_label": app, "model_name": model, "field_name": field, "term": ""}
        answer = client.get(reverse("admin:autocomplete"), query)
        assert answer.status_code == 200
        assert "hanbit" not in answer.content.decode().lower(), field
