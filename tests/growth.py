"""How every list and detail of the API comes to hold five rows where it held one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bpo.models import Alert, AlertEvent, CorrectionRequest, Delivery, JudgedItem, MoneyTerms, Scorecard, Webhook
from bpo.services import plans, scorecards
from kpis.models import (
    Attainment,
    ExcusedDay,
    FactorFile,
    FactorQueue,
    Forecast,
    ImportProfile,
    ImportProfileVersion,
    Kpi,
    KpiVersion,
    Measure,
    MonthClose,
    Reconciliation,
    SubmissionDraft,
    TargetSet,
    TargetSetVersion,
)
from kpis.services import factors
from tests.bpo.reports.world import make_report, make_subscription
from tests.bpo.scorecard_world import compute
from tests.cast import client_for
from tests.conftest import NOW
from tests.everything import STAGES, World
from tests.make import (
    make_centre,
    make_contract,
    make_figures,
    make_import_job,
    make_key,
    make_kpi,
    make_measure,
    make_queue,
    make_submission,
    make_target,
    make_vendor,
)
from vendors import clock
from vendors.actors import SYSTEM
from vendors.models import Contract, ContractTerms, Department, Holiday, Queue, Vendor

OURS = "hanbit"
FOUR = range(1, 5)


def contract() -> Contract:
    return Contract.objects.select_related("vendor").get(code="hanbit-2026")


def queue() -> Queue:
    return Queue.objects.get(code="hanbit-order-voice")


def four(make: Callable[[int], Any]) -> Callable[[World], None]:
    """Return what makes four more rows."""

    def grow(world: World) -> None:
        for number in FOUR:
            make(number)

    return grow


def another_vendor(number: int) -> Vendor:
    """Make a vendor with a centre, a contract in two terms, two queues and a target."""
    vendor = make_vendor()
    made = make_contract(vendor)
    ContractTerms.objects.filter(contract=made).update(valid_until=date(2027, 1, 1))
    ContractTerms.objects.create(contract=made, valid_from=date(2027, 1, 1))
    make_queue(made)
    make_queue(made)
    make_target(made, Kpi.objects.get(code="answer_share"), 80, queue=made.queue_links.first().queue)
    return vendor


def another_kpi(number: int) -> None:
    kpi = make_kpi()
    KpiVersion.objects.filter(kpi=kpi).update(valid_until=date(2026, 1, 1))
    KpiVersion.objects.create(kpi=kpi, number=2, formula="offered", valid_from=date(2026, 1, 1))


def another_attainment(number: int) -> None:
    target = make_target(contract(), make_kpi(), 80, queue=make_queue(contract()))
    Attainment.objects.create(
        series=target.series, start=date(2026, 4, 1), end=date(2026, 5, 1), status="met", computed_at=clock.now()
    )


def another_webhook(number: int) -> None:
    """Make a webhook of another vendor with a message that waits."""
    about = {"secret": "s", "created_by": "test", "created_at": clock.now()}
    webhook = Webhook.objects.create(name=f"Room {number}", vendor=make_vendor(), url="https://example.com", **about)
    Delivery.objects.create(kind="instant", webhook=webhook, created_at=clock.now(), due_at=clock.now())


def another_forecast(number: int) -> None:
    Forecast.objects.create(
        queue=make_queue(contract()),
        start=date(2026, 4, number + 1),
        volume=5,
        locked_at=clock.now(),
        recorded_at=clock.now(),
        recorded_by="test",
    )


def another_held_body(number: int) -> None:
    SubmissionDraft.objects.create(
        vendor=contract().vendor,
        contract=contract(),
        status="held",
        body={"rows": [], "numbers": None, "errors": [], "text": "", "source": None},
        body_hash=f"{number:064}",
        made_by="user:member",
        made_at=clock.now(),
        held_at=clock.now(),
    )


def another_difference(number: int) -> None:
    receipt = make_submission(vendor=contract().vendor)
    Reconciliation.objects.create(
        contract=contract(),
        queue=make_queue(contract()),
        date=date(2026, 4, 1),
        measure="offered",
        first_source="client",
        second_source="vendor",
        figures={"first": 1, "second": 2},
        first_submission=receipt,
        second_submission=receipt,
        opened_at=clock.now(),
    )


def another_holiday(number: int) -> None:
    Holiday.objects.create(country="KR", centre=make_centre(contract().vendor), date=date(2026, 8, 5), name="Day")


def another_excuse(number: int) -> None:
    ExcusedDay.objects.create(
        queue=make_queue(contract()),
        date=date(2026, 4, 7),
        cause="client",
        reason="An outage",
        excused_by="test",
        excused_at=clock.now(),
    )


def another_department(number: int) -> None:
    Department.objects.create(code=f"department-{number}", name="Department")


def another_factor(number: int) -> None:
    times = {"starts_at": clock.now() - timedelta(hours=2), "ends_at": clock.now()}
    queues = [make_queue(contract()) for _ in FOUR]
    factors.register({"kind": "outage", "title": "Down", **times}, queues=queues, actor=SYSTEM, now=clock.now())


def more_steps(world: World) -> None:
    factor = world.keys[OURS]["external-factor"]
    for number in FOUR:
        another_file(number)
        factors.change(factor, {"title": f"Title {number}"}, actor=SYSTEM, now=clock.now())
    links = [FactorQueue(factor_id=factor, queue=make_queue(contract())) for _ in FOUR]
    FactorQueue.objects.bulk_create(links)


def another_file(number: int) -> None:
    about = {"content": b"%PDF-1", "size": 6, "sha256": f"{number:064}", "added_by": "test", "added_at": clock.now()}
    factor = FactorFile.objects.first().factor
    FactorFile.objects.create(factor=factor, name=f"{number}.pdf", media_type="application/pdf", **about)


def another_set(number: int) -> None:
    made = TargetSet.objects.create(code=f"set-{number}", name="Set")
    for version in (1, 2):
        TargetSetVersion.objects.create(target_set=made, number=version, items=[], policies={})


def another_card(number: int) -> None:
    made = make_contract(starts_on=date(2026, 4, 1))
    make_queue(made)
    make_target(made, make_kpi(), 80, weight=100)
    compute(made)


def more_lines(world: World) -> None:
    """Put four more lines on every card of the contract."""
    for number in FOUR:
        JudgedItem.objects.create(contract=contract(), kind="judged", name=f"Item {number}", weight=5)
    starts = [date(2026, month, 1) for month in STAGES.values()]
    scorecards.refresh(contract_id=contract().pk, starts=starts, now=clock.now())
    assert Scorecard.objects.get(pk=world.keys[OURS]["draft"]).lines.count() >= 6


def more_days(world: World) -> None:
    for number in FOUR:
        make_figures(make_queue(contract()), date(2026, 4, 1) + timedelta(days=number % 2), offered=9, answered=8)


def more_terms(world: World) -> None:
    ContractTerms.objects.filter(contract=contract()).update(valid_until=date(2027, 1, 1))
    for number in FOUR:
        year = 2026 + number
        ContractTerms.objects.create(contract=contract(), valid_from=date(year, 1, 1), valid_until=date(year + 1, 1, 1))
        make_queue(contract())


def another_terms_of_money(number: int) -> None:
    about = {"rules": {"fees": []}, "made_by": "test", "made_at": clock.now()}
    MoneyTerms.objects.create(contract=make_contract(), valid_from=date(2026, number, 1), **about)


def more_versions(world: World) -> None:
    kpi = Kpi.objects.get(code="answer_share")
    KpiVersion.objects.filter(kpi=kpi).update(valid_until=date(2027, 1, 1))
    for number in FOUR:
        start = date(2026 + number, 1, 1)
        KpiVersion.objects.create(
            kpi=kpi, number=1 + number, formula="offered", valid_from=start, valid_until=date(2027 + number, 1, 1)
        )


def more_set_versions(world: World) -> None:
    made = TargetSet.objects.get(pk=world.keys[OURS]["target-set"])
    for number in FOUR:
        TargetSetVersion.objects.create(target_set=made, number=1 + number, items=[], policies={})


def another_profile(number: int) -> None:
    """Make a profile with a version and a file that was read through it."""
    made = ImportProfile.objects.create(code=f"file-{number}", name="File", vendor=make_vendor())
    version = ImportProfileVersion.objects.create(profile=made, number=1, mapping={}, created_at=clock.now())
    make_submission(profile_version=version)


def more_profile_versions(world: World) -> None:
    for number in FOUR:
        ImportProfileVersion.objects.create(
            profile_id=world.keys[OURS]["import-profile"], number=1 + number, mapping={}, created_at=clock.now()
        )


def more_changes(world: World) -> None:
    """Have every value of the queue corrected four times more."""
    client = client_for(world.cast.member)
    for number in FOUR:
        rows = [
            {"queue": queue().code, "date": f"2026-{month:02}-{day:02}", "measures": {"offered": 200 + number}}
            for month in STAGES.values()
            for day in (1, 2)
        ]
        assert client.post("/api/v1/submissions/", {"rows": rows}).status_code == 201


def more_acts(world: World) -> None:
    for number in FOUR:
        MonthClose.objects.create(
            contract=make_contract(), start=date(2026, 4, 1), number=number, is_closed=True, by="mina", at=NOW
        )


def more_requests(world: World) -> None:
    for _ in FOUR:
        CorrectionRequest.objects.create(
            contract=make_contract(), start=date(2026, 4, 1), rows=[], changes=[], filed_by="jisu", filed_at=NOW
        )


def more_alerts(world: World) -> None:
    """Raise four alerts of other vendors, and make the history of ours longer."""
    for number in FOUR:
        made = make_contract()
        Alert.objects.create(
            kind="target_expiring",
            severity="caution",
            subject=f"contract:{made.pk}",
            vendor=made.vendor,
            contract=made,
            kpi=make_kpi(),
            queue=make_queue(made),
            facts={"day": "2026-12-31"},
            opened_at=NOW,
            changed_at=NOW,
        )
        AlertEvent.objects.create(alert_id=world.keys[OURS]["alert"], action="note", by=f"user:{number}", at=NOW)


def more_plans(world: World) -> None:
    """Plan four more actions for other vendors, and make the history of ours longer."""
    for number in FOUR:
        made = make_contract()
        data = {"title": "More", "next_step": "Go on", "owner": "Lead", "kpi": make_kpi(), "due_on": date(2027, 1, 1)}
        plans.make({**data, "contract": made}, actor=SYSTEM, now=clock.now())
        plans.note(world.keys[OURS]["action-plan"], note=f"Note {number}", actor=SYSTEM, now=clock.now())


GROWTH: dict[str, Callable[[World], None]] = {
    "action-plan-list": more_plans,
    "action-plan-detail": more_plans,
    "alert-list": more_alerts,
    "alert-detail": more_alerts,
    "webhook-list": four(another_webhook),
    "webhook-detail": four(another_webhook),
    "delivery-list": four(another_webhook),
    "delivery-detail": four(another_webhook),
    "api-key-list": four(lambda number: make_key("vendor", make_vendor(), ("ingest",))),
    "api-key-detail": four(lambda number: make_key("vendor", make_vendor(), ("ingest",))),
    "attainment-list": four(another_attainment),
    "attainment-detail": four(another_attainment),
    "blank-form-detail": four(lambda number: make_queue(contract())),
    "centre-list": four(lambda number: make_centre(make_vendor())),
    "centre-detail": four(lambda number: make_queue(contract())),
    "client-scorecard-list": four(another_factor),
    "closing-list": more_acts,
    "closing-detail": more_acts,
    "completeness-list": more_days,
    "contract-list": four(another_vendor),
    "contract-detail": more_terms,
    "correction-request-list": more_requests,
    "correction-request-detail": more_requests,
    "daily-metric-list": more_days,
    "daily-metric-history": more_changes,
    "forecast-list": four(another_forecast),
    "forecast-detail": four(another_forecast),
    "held-submission-list": four(another_held_body),
    "held-submission-detail": four(another_held_body),
    "reconciliation-list": four(another_difference),
    "reconciliation-detail": four(another_difference),
    "holiday-list": four(another_holiday),
    "holiday-detail": four(another_holiday),
    "department-list": four(another_department),
    "department-detail": four(another_department),
    "external-factor-list": four(another_factor),
    "external-factor-detail": more_steps,
    "factor-file-list": four(another_file),
    "factor-file-detail": four(another_file),
    "external-factor-effect": more_steps,
    "external-factor-suggestions": four(another_vendor),
    "excused-day-list": four(another_excuse),
    "excused-day-detail": four(another_excuse),
    "import-profile-list": four(another_profile),
    "import-profile-detail": more_profile_versions,
    "job-detail": four(lambda number: make_import_job(filename=f"{number}.csv")),
    "job-error-report": four(lambda number: make_import_job(filename=f"{number}.csv")),
    "money-terms-list": four(another_terms_of_money),
    "money-terms-detail": four(another_terms_of_money),
    "scorecard-money": more_lines,
    "kpi-value-list": more_days,
    "kpi-list": four(another_kpi),
    "kpi-detail": more_versions,
    "me": four(lambda number: make_vendor()),
    "measure-list": four(lambda number: make_measure(f"measure_{number}")),
    "measure-detail": four(lambda number: Measure.objects.create(code=f"measure_{number}", name="M")),
    "queue-list": four(another_vendor),
    "queue-detail": more_terms,
    "report-list": four(another_vendor),
    "report-detail": four(another_vendor),
    "report-subscription-list": four(lambda number: make_subscription(f"Report {number}")),
    "report-subscription-detail": four(lambda number: make_subscription(f"Report {number}")),
    "sent-report-list": four(lambda number: make_report(f"Report {number}")),
    "sent-report-detail": four(lambda number: make_report(f"Report {number}")),
    "scorecard-list": four(another_card),
    "scorecard-detail": more_lines,
    "scorecard-checks": more_lines,
    "scorecard-differences": more_lines,
    "scorecard-explain": more_lines,
    "scorecard-pdf": more_lines,
    "scorecard-xlsx": more_lines,
    "submission-list": four(lambda number: make_submission(vendor=make_vendor(), result={"values": {}})),
    "submission-detail": more_changes,
    "target-list": four(another_vendor),
    "target-detail": four(another_vendor),
    "target-set-list": four(another_set),
    "target-set-detail": more_set_versions,
    "vendor-list": four(another_vendor),
    "vendor-detail": four(another_vendor),
}
"""How what an address reads grows from one row to five."""
