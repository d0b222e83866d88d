"""Action plans: who makes them, who has them, and their way from open to checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bpo.choices import PlanOutcome, PlanStatus
from bpo.models import ActionPlan, ActionPlanEvent, Alert
from bpo.queries.plans import events_for, plans_for
from bpo.services import alerts, plans
from kpis.models import ExternalFactor
from kpis.services import factors
from tests.bpo.plans_world import (
    DUE,
    MANAGER,
    NOW,
    TODAY,
    an_action_that_helps,
    done,
    make_monthly,
    make_plan,
    make_shared,
    vendor_of,
    words,
)
from tests.make import make_actor, make_contract, make_kpi, make_queue, make_user
from vendors.actors import Actor
from vendors.choices import Role
from vendors.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from vendors.models import AuditEntry, Contract

pytestmark = pytest.mark.django_db

IN_MAY = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)


def actions(plan: ActionPlan, actor: Actor) -> list[str]:
    return [event.action for event in events_for(plan, actor)]


def seen_by(actor: Actor) -> list[int]:
    return [plan.pk for plan in plans_for(actor)]


def an_event(contract: Contract, title: str = "Outage") -> ExternalFactor:
    queues = [link.queue for link in contract.queue_links.select_related("queue__centre__vendor")]
    times = {"starts_at": NOW - timedelta(hours=2), "ends_at": NOW}
    return factors.register({"kind": "outage", "title": title, **times}, queues=queues, actor=MANAGER, now=NOW)


def test_a_draft_is_not_there_for_the_vendor_until_it_is_shared_and_then_its_past_stays_internal() -> None:
    contract = make_contract()
    vendor = vendor_of(contract)
    draft = make_plan(contract)
    plans.note(draft.pk, note="They are late again", actor=MANAGER, now=NOW)
    with pytest.raises(NotFound):
        plans.start(draft.pk, actor=vendor, now=NOW)
    assert seen_by(vendor) == []

    plans.share(draft.pk, actor=MANAGER, now=NOW)
    plans.note(draft.pk, note="Not for them", internal=True, actor=MANAGER, now=NOW)
    plans.note(draft.pk, note="For both", actor=MANAGER, now=NOW)

    assert seen_by(vendor) == [draft.pk]
    assert actions(draft, vendor) == ["share", "note"]
    assert actions(draft, MANAGER) == ["make", "note", "share", "note", "note"]
    assert actions(draft, make_actor(Role.ANALYST)) == actions(draft, MANAGER)
    assert seen_by(vendor_of(make_contract())) == []


def test_an_internal_note_does_not_move_when_the_plan_was_changed() -> None:
    plan = make_shared(make_contract())
    plans.note(plan.pk, note="Internal", internal=True, actor=MANAGER, now=NOW + timedelta(days=1))

    plan.refresh_from_db()
    assert plan.changed_at == NOW


def test_the_proposal_of_a_vendor_is_shared_at_once_and_its_own_to_change_until_it_begins() -> None:
    contract = make_contract()
    vendor = vendor_of(contract)
    proposal = make_plan(contract, vendor)
    assert (proposal.is_from_vendor, proposal.is_shared) == (True, True)
    assert actions(proposal, vendor) == ["propose"]

    plans.change(proposal.pk, {"title": "Two more lines"}, actor=vendor, now=NOW)
    plans.start(proposal.pk, actor=vendor, now=NOW)

    with pytest.raises(Conflict, match="not_yours"):
        plans.change(proposal.pk, {"title": "Three"}, actor=vendor, now=NOW)
    with pytest.raises(Conflict, match="not_yours"):
        plans.cancel(proposal.pk, note="No", actor=vendor, now=NOW)
    plans.change(proposal.pk, {"title": "As agreed"}, actor=MANAGER, now=NOW)
    proposal.refresh_from_db()
    assert proposal.title == "As agreed"


def test_a_vendor_neither_changes_nor_gives_up_what_the_bpo_side_planned() -> None:
    contract = make_contract()
    plan = make_shared(contract)

    for act in (
        lambda vendor: plans.change(plan.pk, {"title": "X"}, actor=vendor, now=NOW),
        lambda vendor: plans.cancel(plan.pk, note="No", actor=vendor, now=NOW),
    ):
        with pytest.raises(Conflict, match="not_yours"):
            act(vendor_of(contract))
    for refused in (plans.share, plans.check):
        with pytest.raises(Forbidden):
            refused(plan.pk, **({} if refused is plans.share else {"outcome": "effective", "note": "x"}),
                    actor=vendor_of(contract), now=NOW)  # fmt: skip


def test_it_goes_from_open_to_checked_and_keeps_every_step() -> None:
    contract, kpi = an_action_that_helps()
    plan = done(contract, kpi)

    checked = plans.check(plan.pk, outcome="effective", note="It rang less", actor=MANAGER, now=IN_MAY)

    assert (checked.status, checked.outcome) == (PlanStatus.CHECKED, PlanOutcome.EFFECTIVE)
    assert (checked.started_on, checked.done_on) == (date(2026, 3, 23), date(2026, 4, 1))
    assert actions(checked, MANAGER) == ["make", "share", "start", "finish", "check"]
    last = ActionPlanEvent.objects.get(plan=plan, action="finish")
    assert (last.note, last.changes) == ("Ordered", {"on": "2026-04-01"})
    assert AuditEntry.objects.filter(action="plan.check", vendor=contract.vendor).count() == 1


def test_the_check_keeps_the_kpi_before_it_began_and_after_it_was_done() -> None:
    contract, kpi = an_action_that_helps()

    measured = plans.check(done(contract, kpi).pk, outcome="effective", note="x", actor=MANAGER, now=IN_MAY).measured

    assert measured == {
        "kpi": kpi.code, "unit": "%", "before": "78.00", "after": "83.00", "change": "5.00",
        "half_width": measured["half_width"], "verdict": "better", "weeks": 4,
        "before_from": "2026-02-23", "before_to": "2026-03-23", "after_from": "2026-04-02", "after_to": "2026-04-30",
        "days": [28, 28], "volume": ["28000", "28000"],
    }  # fmt: skip
    assert 0 < float(measured["half_width"]) < 1


def test_without_a_kpi_or_before_a_week_is_over_it_is_checked_by_judgement_alone() -> None:
    contract, kpi = an_action_that_helps()
    soon = datetime(2026, 4, 6, 3, tzinfo=UTC)

    for plan, now in ((done(contract, None), IN_MAY), (done(contract, kpi), soon)):
        checked = plans.check(plan.pk, outcome="not_effective", note="x", actor=MANAGER, now=now)
        assert (checked.measured, checked.outcome) == (None, "not_effective")


def steps(plan: ActionPlan) -> dict[str, Any]:
    return {
        "start": lambda: plans.start(plan.pk, actor=MANAGER, now=NOW),
        "finish": lambda: plans.finish(plan.pk, note="Done", actor=MANAGER, now=NOW),
        "check": lambda: plans.check(plan.pk, outcome="effective", note="x", actor=MANAGER, now=NOW),
        "cancel": lambda: plans.cancel(plan.pk, note="No", actor=MANAGER, now=NOW),
        "change": lambda: plans.change(plan.pk, {"title": "New"}, actor=MANAGER, now=NOW),
        "note": lambda: plans.note(plan.pk, note="Hm", actor=MANAGER, now=NOW),
    }


@pytest.mark.parametrize(
    ("way", "allowed"),
    [
        ([], {"start", "cancel", "change", "note"}),
        (["start"], {"finish", "cancel", "change", "note"}),
        (["start", "finish"], {"check", "note"}),
        (["start", "finish", "check"], {"note"}),
        (["cancel"], {"note"}),
    ],
)
def test_each_status_allows_its_steps_and_no_other(way: list[str], allowed: set[str]) -> None:
    contract = make_contract()
    found = set()
    for name in ("start", "finish", "check", "cancel", "change", "note"):
        plan = make_shared(contract)
        for step in way:
            steps(plan)[step]()
        if name in allowed:
            steps(plan)[name]()
            found.add(name)
        else:
            with pytest.raises(Conflict, match="wrong_status"):
                steps(plan)[name]()

    assert found == allowed


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"title": "  "}, "title", "required"),
        ({"next_step": ""}, "next_step", "required"),
        ({"owner": ""}, "owner", "required"),
        ({"due_on": None}, "due_on", "required"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on", "due_on"),
        ({"due_on": TODAY + timedelta(days=800)}, "due_on", "due_on"),
        ({"check_on": DUE - timedelta(days=1)}, "check_on", "check_on"),
        ({"owner_user": "nobody"}, "owner_user", "unknown_person"),
        ({"contract": None}, "contract", "required"),
    ],
)
def test_it_refuses_what_cannot_be_meant(fields: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        plans.make({**words(make_contract()), **fields}, actor=MANAGER, now=NOW)

    assert refused.value.errors[0].field == field
    assert not ActionPlan.objects.exists()


def test_a_check_comes_five_weeks_after_the_due_day_and_moves_with_it() -> None:
    plan = make_plan(make_contract())
    assert plan.check_on == DUE + timedelta(days=35)

    later = plan.check_on + timedelta(days=10)
    assert plans.change(plan.pk, {"due_on": later}, actor=MANAGER, now=NOW).check_on == later


def test_it_refers_only_to_what_is_of_its_contract() -> None:
    contract, other = make_monthly()[0], make_monthly()[0]
    alert = Alert.objects.create(
        kind="below_target", severity="caution", subject="x", vendor=other.vendor, contract=other, opened_at=NOW,
        changed_at=NOW,
    )  # fmt: skip
    foreign = an_event(other)

    with pytest.raises(Invalid, match="unknown_alert"):
        make_plan(contract, alert=alert)
    with pytest.raises(Invalid, match="unknown_external_factor"):
        make_plan(contract, factor=foreign)
    with pytest.raises(Invalid, match="unknown_contract"):
        make_plan(other, vendor_of(contract))


def test_what_keeps_an_event_of_several_contracts_away_belongs_to_the_company() -> None:
    contract = make_monthly()[0]
    event = an_event(contract)
    plan = plans.make(words(None, factor=event), actor=MANAGER, now=NOW)

    department = make_actor(Role.DEPARTMENT)
    assert seen_by(MANAGER) == seen_by(department) == [plan.pk]
    assert seen_by(vendor_of(contract)) == seen_by(make_actor(Role.MANAGER, contract.vendor)) == []
    with pytest.raises(Conflict, match="no_vendor"):
        plans.share(plan.pk, actor=MANAGER, now=NOW)
    with pytest.raises(Invalid, match="needs_contract"):
        plans.make(words(None, factor=event, kpi=make_kpi()), actor=MANAGER, now=NOW)
    with pytest.raises(Invalid, match="required"):
        plans.make(words(None, factor=event), actor=make_actor(Role.MANAGER, contract.vendor), now=NOW)


def test_a_department_has_the_plans_about_external_factors_without_their_internal_notes() -> None:
    contract = make_monthly()[0]
    make_shared(contract)
    plan = make_shared(contract, factor=an_event(contract))
    plans.note(plan.pk, note="Internal", internal=True, actor=MANAGER, now=NOW)
    department = make_actor(Role.DEPARTMENT)

    assert seen_by(department) == [plan.pk]
    assert actions(plan, department) == ["share"]
    with pytest.raises(Forbidden):
        plans.start(plan.pk, actor=department, now=NOW)


def test_the_owner_is_one_of_those_who_work_on_the_plans_of_the_contract() -> None:
    contract = make_contract()
    make_user("site", Role.VENDOR_ADMIN, contract.vendor)
    make_user("mina", Role.MANAGER)
    make_user("elsewhere", Role.VENDOR_ADMIN, make_contract().vendor)

    assert make_plan(contract, owner_user="site").owner_user.username == "site"
    assert make_plan(contract, owner_user="mina").owner_user.username == "mina"
    for actor, name in ((MANAGER, "elsewhere"), (vendor_of(contract), "mina")):
        with pytest.raises(Invalid, match="unknown_person"):
            make_plan(contract, actor, owner_user=name)


@pytest.mark.parametrize(
    ("on", "is_taken"), [(None, True), (TODAY, True), (TODAY + timedelta(days=1), False), (date(2020, 1, 1), False)]
)
def test_it_began_today_or_before(on: date | None, is_taken: bool) -> None:
    plan = make_plan(make_contract())
    if is_taken:
        assert plans.start(plan.pk, on=on, actor=MANAGER, now=NOW).started_on == TODAY
        with pytest.raises(Invalid, match="date_order"):
            plans.finish(plan.pk, on=TODAY - timedelta(days=1), note="Done", actor=MANAGER, now=NOW)
    else:
        with pytest.raises(Invalid, match="on"):
            plans.start(plan.pk, on=on, actor=MANAGER, now=NOW)


def test_a_vendor_writes_no_internal_note() -> None:
    contract = make_contract()
    with pytest.raises(Invalid, match="internal"):
        plans.note(make_shared(contract).pk, note="x", internal=True, actor=vendor_of(contract), now=NOW)


def an_alert(contract: Contract) -> Alert:
    return Alert.objects.create(
        kind="below_target", severity="warning", subject="y", vendor=contract.vendor, contract=contract,
        opened_at=NOW, changed_at=NOW,
    )  # fmt: skip


def test_settling_an_alert_names_its_cause_its_factor_and_the_plan_that_follows() -> None:
    contract = make_monthly()[0]
    alert, event, plan = an_alert(contract), an_event(contract), make_shared(contract)

    alerts.resolve(
        alert.pk, note="A line was down", cause="system", factor=event.pk, plan=plan.pk, actor=MANAGER, now=NOW
    )

    changes = alert.events.get(action="resolve").changes
    assert changes == {"cause": "system", "factor": str(event.pk), "plan": str(plan.pk)}
    plan.refresh_from_db()
    assert plan.alert == alert
    assert actions(plan, vendor_of(contract)) == ["share"]


@pytest.mark.parametrize(("name", "code"), [("cause", "cause"), ("factor", "external_factor"), ("plan", "action_plan")])
def test_settling_an_alert_names_nothing_of_another_contract(name: str, code: str) -> None:
    contract, other = make_monthly()[0], make_monthly()[0]
    wrong: dict[str, Any] = {"cause": "laziness", "factor": an_event(other).pk, "plan": make_shared(other).pk}
    alert = an_alert(contract)

    with pytest.raises(Invalid, match=f"unknown_{code}"):
        alerts.resolve(alert.pk, note="x", **{name: wrong[name]}, actor=MANAGER, now=NOW)

    alert.refresh_from_db()
    assert alert.status == "open"


def test_roles_that_only_read_make_nothing() -> None:
    contract = make_contract()
    make_queue(contract)
    for role in (Role.ANALYST, Role.EXECUTIVE, Role.DEPARTMENT):
        with pytest.raises(DomainError, match="role"):
            make_plan(contract, make_actor(role))
