"""Fills the demonstration through the same services people use, step by step, so that it can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction

from bpo.models import JobRun, ReportSubscription
from bpo.services.demonstration.cast import (
    CENTRES,
    CONTRACTS,
    NOTE,
    PASSWORD,
    PEOPLE,
    QUEUES,
    SIMULATED_KO,
    VENDORS,
    vendor_of,
)
from bpo.services.demonstration.closing import close_months
from bpo.services.demonstration.factors import tell_factors
from bpo.services.demonstration.figures import Measures, correction_of, measures_of
from bpo.services.demonstration.money import PILOTS, agree_terms
from bpo.services.demonstration.plans import tell_plans
from bpo.services.demonstration.story import Story, months_ago
from bpo.services.reports import subscribe
from bpo.services.sweep import claim
from kpis.choices import SubmissionWay
from kpis.models import DailyMetric, TargetSet
from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from kpis.services.target_set_application import apply_set
from kpis.services.target_sets import latest
from vendors.actors import Actor
from vendors.choices import Role
from vendors.clock import local_date
from vendors.models import Centre, Contract, Holiday, Membership, Vendor
from vendors.services.contracts import create_contract
from vendors.services.members import ROLES_OF_STAFF
from vendors.services.parties import create_centre, create_vendor
from vendors.services.queues import create_queue

JOB = "demonstration"
ZONE = ZoneInfo("Asia/Seoul")
ACTOR = Actor(label="demonstration", is_superuser=True)
JUDGED_AT_MINIMUM = frozenset({"daon-voice", "mir-voice"})
"""Contracts under which an unreported open day counts as the minimum level."""


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of the filling; running it again changes nothing."""

    label: str
    run: Callable[[], object]


def steps(*, now: datetime) -> list[Step]:
    """Return what fills the demonstration up to yesterday, in order."""
    story = _story(now)
    months = list(_months(story))
    return [
        Step("vendors, contracts, queues", partial(_set_up, story, now)),
        Step("people", _invite),
        *(
            Step(f"{month:%Y-%m} {vendor.code}", partial(_report, vendor.code, month, story, now))
            for month in months
            for vendor in VENDORS
            if story.opened_on(vendor) <= month
        ),
        # Relief is priced when it is claimed and decided, so that the cards are there first.
        Step("attainments and scorecards", partial(drain, now=now)),
        Step("external factors", partial(tell_factors, story, now)),
        Step("what the factors change", partial(drain, now=now)),
        Step("action plans", partial(tell_plans, story, now)),
        Step("a report", partial(_subscribe, now)),
        *(Step(f"close {code}", partial(close_months, code, months[-1], ACTOR, now)) for code in CONTRACTS),
    ]


def _story(now: datetime) -> Story:
    """Return the story, anchored on the day of the first filling, told until yesterday."""
    yesterday = local_date(now, ZONE.key) - timedelta(days=1)
    anchor, _made = JobRun.objects.get_or_create(
        name=JOB,
        slot="anchor",
        defaults={"result": {"until": yesterday.isoformat()}, "status": "done", "ended_at": now},
    )
    holidays = Holiday.objects.filter(country="KR", centre=None, is_open=False).values_list("date", flat=True)
    return Story.until(date.fromisoformat(anchor.result["until"]), set(holidays)).told_until(yesterday)


def _months(story: Story) -> Iterator[date]:
    month = story.first_on
    while month <= story.last_on:
        yield month
        month = months_ago(month, -1)


def _subscribe(now: datetime) -> None:
    """Have the executive sent the month in three sentences on the seventh business day."""
    if not ReportSubscription.objects.exists():
        about = {"name": f"경영진 월간 보고 ({SIMULATED_KO})", "roles": [Role.EXECUTIVE.value]}
        subscribe(about, users=[], actor=ACTOR, now=now)


@transaction.atomic
def _set_up(story: Story, now: datetime) -> None:
    if Vendor.objects.filter(code=VENDORS[0].code).exists():
        return
    vendors = {
        vendor.code: create_vendor(
            {"code": vendor.code, "name": vendor.name, "name_ko": vendor.name_ko}, actor=ACTOR, now=now
        )
        for vendor in VENDORS
    }
    centres = {
        code: create_centre({"vendor": vendors[vendor], "code": code, "name": name}, actor=ACTOR, now=now)
        for code, (vendor, name) in CENTRES.items()
    }
    starts = {vendor.code: story.opened_on(vendor) for vendor in VENDORS}
    contracts = {
        code: _contract(code, vendors[vendor], name, starts[vendor], now)
        for code, (vendor, name, _set) in CONTRACTS.items()
    }
    _open_queues(centres, contracts, now)
    for code, (vendor, _name, target_set) in CONTRACTS.items():
        version = latest(TargetSet.objects.get(code=target_set))
        apply_set(version=version, contracts=[contracts[code]], valid_from=starts[vendor], actor=ACTOR, now=now)
    begun = {code: starts[vendor] for code, (vendor, _name, _set) in CONTRACTS.items()}
    agree_terms(contracts, begun, actor=ACTOR, now=now)


def _contract(code: str, vendor: Vendor, name: str, starts_on: date, now: datetime) -> Contract:
    policy = "minimum" if code in JUDGED_AT_MINIMUM else "exclude"
    data = {"vendor": vendor, "code": code, "name": name, "starts_on": starts_on, "missing_day_policy": policy}
    data["is_pilot"] = code in PILOTS
    return create_contract(data, actor=ACTOR, now=now)


def _open_queues(centres: dict[str, Centre], contracts: dict[str, Contract], now: datetime) -> None:
    for queue in QUEUES:
        data: dict[str, Any] = {
            "centre": centres[queue.centre],
            "code": queue.code,
            "name": queue.name,
            "service": queue.service,
            "channel": queue.channel,
            "open_weekdays": list(queue.open_weekdays),
            "observes_holidays": queue.observes_holidays,
        }
        create_queue(data, contract=contracts[queue.contract], actor=ACTOR, now=now)


def _invite() -> None:
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", "admin@example.com", PASSWORD)
    for person in PEOPLE:
        if not User.objects.filter(username=person.username).exists():
            is_staff = person.role in ROLES_OF_STAFF
            user = User.objects.create_user(
                person.username, f"{person.username}@example.com", PASSWORD, is_staff=is_staff
            )
            vendor = Vendor.objects.get(code=person.vendor) if person.vendor else None
            Membership.objects.create(user=user, role=person.role, vendor=vendor)


@transaction.atomic
def _report(vendor: str, month: date, story: Story, now: datetime) -> None:
    """Submit a vendor's month, and some days later what it corrects."""
    last = min(months_ago(month, -1) - timedelta(days=1), story.last_on)
    if not claim(JOB, f"{vendor} {month:%Y-%m} until {last}", now=now):
        return
    queues = [queue for queue in QUEUES if vendor_of(queue).code == vendor]
    there = set(
        DailyMetric.objects.filter(
            queue__code__in=[queue.code for queue in queues], date__range=(month, last)
        ).values_list("queue__code", "date")
    )
    days = [month + timedelta(days=number) for number in range((last - month).days + 1)]
    told: list[tuple[str, date, Measures]] = []
    late: list[tuple[str, date, Measures]] = []
    for queue in queues:
        for day in days:
            measures = None if (queue.code, day) in there else measures_of(queue, day, story)
            if measures is not None:
                told.append((queue.code, day, measures))
                correction = correction_of(queue, day, measures)
                late += [(queue.code, day, correction)] if correction else []
    arrived = min(now, datetime.combine(last + timedelta(days=1), time(9), ZONE))
    _submit(told, NOTE, arrived)
    _submit(late, f"{NOTE}: 설문 추가 회수분 반영", min(now, arrived + timedelta(days=3)))


def _submit(told: list[tuple[str, date, Measures]], note: str, now: datetime) -> None:
    if told:
        rows = [{"queue": queue, "date": day.isoformat(), "measures": measures} for queue, day, measures in told]
        submit(actor=ACTOR, rows=rows, now=now, note=note, way=SubmissionWay.DEMONSTRATION)


def is_filled() -> bool:
    """Say whether this installation shows the demonstration: its pages then say that figures are simulated."""
    return JobRun.objects.filter(name=JOB, slot="anchor").exists()
