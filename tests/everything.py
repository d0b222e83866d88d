"""A world with at least one object of every kind for each of two vendors, whose names appear in each text of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.contrib.auth.models import User
from django.db import transaction

from bpo.models import Alert, Delivery, GateEvent, JudgedItem, Scorecard, Webhook
from bpo.services import corrections, money, plans, scorecards
from kpis.choices import ImportStatus
from kpis.imports.jobs import queue_import, run_import
from kpis.imports.profiles import create_profile
from kpis.imports.taking import ImportOptions, read_file
from kpis.models import DailyMetric, ImportJob, Reconciliation, Submission, Target
from kpis.services import factors
from kpis.services.closing import close_month
from kpis.services.excuses import excuse
from kpis.services.forecasts import lock_forecasts
from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from kpis.services.target_set_application import apply_set
from kpis.services.target_sets import create_set
from tests.bpo.reports.world import make_report, make_subscription
from tests.cast import Cast, make_cast
from tests.make import make_actor, make_key, make_kpi, make_measure, make_target
from vendors import clock
from vendors.actors import KeyRole
from vendors.choices import Role, SecondCheck
from vendors.models import ApiKey, Contract, ContractTerms, Department, Holiday, MeasureProvision, Queue, Vendor

SIDES = ("hanbit", "narae")
MANAGER = make_actor(Role.MANAGER)
GATE = {"kind": "cap_grade", "value": "B", "label": "breach"}
STAGES = {"draft": 4, "shared": 5, "disputed": 6, "final": 7}
"""The month of 2026 whose card is at each stage; the final one has a second version, a draft."""


@dataclass
class World:
    """``keys[side]`` maps the name of an address, or of a card's stage, to the key of that vendor's object."""

    cast: Cast
    revoked_key: str
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def who(self, name: str) -> User | str | None:
        """Return whom :func:`tests.cast.client_for` takes."""
        return self.revoked_key if name == "revoked_key" else self.cast.everybody().get(name)


@contextmanager
def everything(now: Any, blocker: Any) -> Iterator[World]:
    """Make the world for a module of tests; every test runs inside its transaction, which is never committed."""
    with blocker.unblock(), time_machine.travel(now, tick=False), transaction.atomic():
        yield make_everything()
        transaction.set_rollback(True)


def make_everything() -> World:
    """Make the cast and, for both vendors, figures, targets, sets, cards at every stage, and a job."""
    cast = make_cast()
    make_kpi("answer_share", formula="100 * answered / offered", channel="voice")
    world = World(cast, _revoked_key(cast.vendor))
    for vendor, contract, queue in (
        (cast.vendor, cast.contract, cast.queue),
        (cast.other_vendor, cast.other_contract, cast.other_queue),
    ):
        world.keys[vendor.code] = _side(vendor, contract, queue)
    return world


def _revoked_key(vendor: Vendor) -> str:
    text = make_key("vendor", vendor, ("ingest", "read"))
    ApiKey.objects.filter(prefix=text.split("_")[2]).update(revoked_at=clock.now())
    return text


def _side(vendor: Vendor, contract: Contract, queue: Queue) -> dict[str, Any]:
    ContractTerms.objects.filter(contract=contract).update(completeness_bar=Decimal(0), gates=[GATE])
    target = make_target(contract, make_kpi(f"{vendor.code}_share", formula="answered / offered"), "0.8", weight=40)
    application = _apply_set(vendor, contract)
    JudgedItem.objects.create(
        contract=contract,
        kind="judged",
        name=f"Care of {vendor.code}",
        weight=10,
        valid_from=date(2026, STAGES["draft"], 1),
        valid_until=date(2026, STAGES["draft"] + 1, 1),
    )
    receipt = _report(vendor, queue, offered=100)
    drain(now=clock.now())
    cards = {stage: _card(contract, stage, month) for stage, month in STAGES.items()}
    _report(vendor, queue, offered=110)
    drain(now=clock.now())
    scorecards.refresh(contract_id=contract.pk, starts=[date(2026, STAGES["final"], 1)], now=clock.now())
    card = Scorecard.objects.get(contract=contract, start=date(2026, STAGES["final"], 1), version=2)
    act = close_month(contract=contract.code, start=date(2026, 2, 1), actor=MANAGER, now=clock.now())
    excused = excuse(
        queues=[queue],
        dates=[date(2026, 4, 3)],
        cause="client",
        reason=f"The lines to {vendor.code} were down",
        actor=MANAGER,
        now=clock.now(),
    )
    holiday = Holiday.objects.create(
        country="KR", centre=queue.centre, date=date(2026, 8, 5), name=f"{vendor.code} day"
    )
    request = _request(vendor, contract, queue)
    job = _refused_file(vendor, queue)
    return {
        "vendor": vendor.code,
        "alert": _alert(vendor, contract, target),
        **_plans(vendor, contract, queue),
        **_told(vendor),
        "api-key": make_key("vendor", vendor, ("ingest",), is_sandbox=True).split("_")[2],
        "centre": queue.centre.code,
        "contract": contract.code,
        "closing": act.pk,
        "money-terms": _money(contract),
        "correction-request": request,
        "queue": queue.code,
        "measure": "offered",
        "kpi": "answer_share",
        "target": target.pk,
        "target-set": application,
        "attainment": target.series.attainments.order_by("start").first().pk,
        "submission": receipt,
        "excused-day": excused[0].pk,
        **_factor(vendor, queue),
        "department": Department.objects.get_or_create(code="it", defaults={"name": "IT operations"})[0].code,
        "holiday": holiday.pk,
        "forecast": _forecast(queue),
        "held-submission": _held(vendor, contract, queue),
        "report": "overview_pdf",
        "reconciliation": _difference(vendor, contract, queue),
        "job": job.pk,
        "import-profile": _profile(vendor, queue),
        "scorecard": cards["shared"].pk,
        "second": card.pk,
        **{stage: card.pk for stage, card in cards.items()},
        "judged_line": cards["draft"].lines.get(kind="judged").pk,
        "shared_line": cards["shared"].lines.filter(kind="kpi").order_by("pk")[0].pk,
        "dispute": cards["disputed"].lines.get(disputes__isnull=False).disputes.get().pk,
        "event": GateEvent.objects.get(scorecard=cards["draft"]).pk,
    }


def _factor(vendor: Vendor, queue: Queue) -> dict[str, int]:
    """Register an outage that ended a moment ago, by somebody of the vendor."""
    now = clock.now()
    about = {"kind": "outage", "title": f"The lines to {vendor.code} were down"}
    times = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    filed = {"queues": [queue], "actor": make_actor(Role.VENDOR_ADMIN, vendor), "now": now}
    done = factors.register({**about, **times}, **filed)
    factors.approve(done.pk, decision=f"Seen at {vendor.code}", actor=MANAGER, now=now)
    made = factors.register({**about, **times}, **filed)
    log = {"name": f"{vendor.code}.log", "content": f"10:02 {vendor.code} down".encode()}
    return {
        "external-factor": made.pk,
        "factor-file": factors.add_file(made.pk, **log, actor=filed["actor"], now=now).pk,
    }


def _alert(vendor: Vendor, contract: Contract, target: Target) -> int:
    """Raise an alert that nothing of this world ends."""
    made = Alert.objects.create(
        kind="target_expiring",
        severity="caution",
        subject=f"series:{target.series_id}",
        vendor=vendor,
        contract=contract,
        series=target.series,
        kpi=target.series.kpi,
        facts={"day": "2026-12-31"},
        opened_at=clock.now(),
        changed_at=clock.now(),
    )
    return int(made.pk)


def _money(contract: Contract) -> int:
    """Let every month of the contract be worth something by its grade."""
    fees = [{"kind": "fixed", "label": f"Fee of {contract.vendor.code}", "price": Decimal(1000)}]
    percents = {grade: Decimal(percent) for grade, percent in zip("SABCD", (3, 1, 0, -3, -7), strict=True)}
    data = {"valid_from": date(2026, 1, 1), "fees": fees, "scheme": "grade", "percents": percents}
    return int(money.set_terms(contract, data, actor=MANAGER, now=clock.now()).pk)


def _plans(vendor: Vendor, contract: Contract, queue: Queue) -> dict[str, int]:
    """Let the vendor propose what is to be done about an event, at every stage, and the BPO side draft one."""
    now = clock.now()
    times = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    about = {"kind": "outage", "title": f"Down at {vendor.code}", **times}
    event = factors.register(about, queues=[queue], actor=MANAGER, now=now)
    words = {"title": f"A second line for {vendor.code}", "next_step": "Order it", "owner": f"Lead of {vendor.code}"}
    data = {**words, "contract": contract, "factor": event, "due_on": clock.local_date(now, "Asia/Seoul")}
    own = {"actor": make_actor(Role.VENDOR_ADMIN, vendor), "now": now}
    begun, done = (plans.make(data, **own).pk for _stage in ("begun", "done"))
    for number in (begun, done):
        plans.start(number, **own)
    plans.finish(done, note=f"Ordered at {vendor.code}", **own)
    return {
        "action-plan": plans.make(data, **own).pk,
        "plan-in-progress": begun,
        "plan-to-check": done,
        "unshared-plan": plans.make(data, actor=MANAGER, now=now).pk,
    }


def _told(vendor: Vendor) -> dict[str, Any]:
    """Make a webhook of the vendor's with a message that waits."""
    about = {"secret": "s", "created_by": "test", "created_at": clock.now()}
    url = f"https://hooks.example.com/{vendor.code}"
    webhook = Webhook.objects.create(name=f"Room of {vendor.code}", vendor=vendor, url=url, **about)
    message = Delivery.objects.create(kind="instant", webhook=webhook, created_at=clock.now(), due_at=clock.now())
    return {"webhook": webhook.pk, "delivery": message.pk, **_sent_report(vendor.code)}


def _sent_report(name: str) -> dict[str, Any]:
    """Make a subscription, and a report of another one that was sent to an address."""
    report = make_report(f"Report {name}")
    fresh = make_subscription(f"Monthly {name}", kind="all_staff", addresses=["all@example.com"])
    return {"report-subscription": fresh.pk, "sent-report": str(report.pk)}


def _refused_file(vendor: Vendor, queue: Queue) -> ImportJob:
    """Send a file with a bad row as a job and let it be refused."""
    content = f"queue,date,offered\n{queue.code},2026-03-32,5\n".encode()
    options = ImportOptions(filename=f"{vendor.code}.csv", language="en")
    actor = make_actor(
        Role.VENDOR_ADMIN,
        vendor,
        user_id=User.objects.get(memberships__vendor=vendor, memberships__role=Role.VENDOR_ADMIN).pk,
    )
    job, _is_replay = queue_import(content, read_file(content, options, actor), options, actor=actor, now=clock.now())
    assert run_import(job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.status == ImportStatus.FAILED
    return job


def _forecast(queue: Queue) -> int:
    rows = [{"queue": queue.code, "start": date(2026, 4, 1), "volume": Decimal(100)}]
    return int(lock_forecasts(rows, grain="day", actor=MANAGER, now=clock.now())[0].pk)


def _held(vendor: Vendor, contract: Contract, queue: Queue) -> Any:
    """Let a member of the vendor send a day that waits for somebody else's confirmation."""
    terms = ContractTerms.objects.filter(contract=contract)
    terms.update(second_check=SecondCheck.PEOPLE)
    rows = [{"queue": queue.code, "date": "2026-10-05", "measures": {"offered": 5}}]
    actor = make_actor(Role.VENDOR_MEMBER, vendor)
    held = submit(actor=actor, rows=rows, now=clock.now(), note=f"from {vendor.code}", body_hash=f"{1:064}").held_id
    terms.update(second_check=SecondCheck.OFF)
    return held


def _difference(vendor: Vendor, contract: Contract, queue: Queue) -> int:
    """Let the vendor and the client report one measure differently."""
    code = f"counted_by_{vendor.code}"
    make_measure(code)
    MeasureProvision.objects.create(contract=contract, measure=code, owner="client", second="vendor")
    for actor, value in ((make_actor(KeyRole.CLIENT_INGEST), 5), (make_actor(Role.VENDOR_ADMIN, vendor), 6)):
        rows = [{"queue": queue.code, "date": "2026-04-02", "measures": {code: value}}]
        submit(actor=actor, rows=rows, now=clock.now(), body_hash=f"{value:064}")
    return int(Reconciliation.objects.get(queue=queue).pk)


def _apply_set(vendor: Vendor, contract: Contract) -> int:
    made = create_set(
        code=f"set-of-{vendor.code}",
        name=f"Set of {vendor.code}",
        items=[{"kpi": "answer_share", "target": "80", "weight": "60"}],
        actor=MANAGER,
        now=clock.now(),
    )
    apply_set(version=made, contracts=[contract], valid_from=date(2026, 1, 1), actor=MANAGER, now=clock.now())
    assert Target.objects.filter(application__version=made).exists()
    return int(made.target_set.pk)


def _profile(vendor: Vendor, queue: Queue) -> int:
    made = create_profile(
        code="daily",
        name=f"Daily file of {vendor.code}",
        vendor=vendor,
        mapping={"queue": queue.code, "columns": {"date": "Day", "offered": "Calls"}},
        note=f"from {vendor.code}",
        actor=MANAGER,
        now=clock.now(),
    )
    return int(made.pk)


def _request(vendor: Vendor, contract: Contract, queue: Queue) -> int:
    """File a request to change a month that is closed for good."""
    start = date(2026, 3, 1)
    close_month(contract=contract.code, start=start, actor=MANAGER, now=clock.now())
    row = {"queue": queue.code, "date": "2026-03-03", "measures": {"offered": 7, "answered": 6}}
    actor = make_actor(Role.VENDOR_ADMIN, vendor)
    note = f"from {vendor.code}"
    return corrections.file(rows=[row], reason="late_data", note=note, actor=actor, now=clock.now()).pk


def _report(vendor: Vendor, queue: Queue, offered: int) -> Any:
    """Report the first days of every month that has a card."""
    rows = [
        {"queue": queue.code, "date": f"2026-{month:02}-{day:02}", "measures": {"offered": offered, "answered": 90}}
        for month in STAGES.values()
        for day in (1, 2)
    ]
    actor = make_actor(Role.VENDOR_ADMIN, vendor)
    note = f"from {vendor.code}"
    result = submit(actor=actor, rows=rows, now=clock.now(), note=note, body_hash=f"{offered:064}")
    assert DailyMetric.objects.filter(queue=queue).count() == len(rows)
    assert Submission.objects.filter(vendor=vendor).exists()
    return result.id


def _card(contract: Contract, stage: str, month: int) -> Scorecard:
    """Bring the month's card to a stage of its life."""
    now, vendor = clock.now(), make_actor(Role.VENDOR_ADMIN, contract.vendor)
    card = scorecards.make(contract=contract.code, start=date(2026, month, 1), actor=MANAGER, now=now)
    if stage == "draft":
        scorecards.approve_gate(card.pk, gate="breach", evidence="seen", actor=MANAGER, now=now)
        return card
    scorecards.share(card.pk, actor=MANAGER, now=now)
    if stage == "disputed":
        line = card.lines.order_by("pk")[0].pk
        scorecards.dispute(card.pk, line=line, reason=f"{contract.vendor.code} says no", actor=vendor, now=now)
    if stage == "final":
        scorecards.finalise(card.pk, accept_missing="agreed", actor=MANAGER, now=now)
    card.refresh_from_db()
    return card
