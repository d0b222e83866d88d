"""Draft, in review, disputed, final, acknowledged: who may take which step, and when it is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bpo.models import Dispute, Scorecard, ScorecardEvent
from bpo.queries import blockers, presented, with_parts
from bpo.services import scorecards
from kpis.models import Target
from kpis.services.marks import mark
from tests.bpo.scorecard_world import (
    APRIL,
    IN_APRIL,
    IN_MAY,
    MANAGER,
    add_items,
    card_of,
    compute,
    service_level_contract,
    vendor_admin,
)
from tests.make import make_actor, make_figures, make_vendor
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db


def drafted(now: datetime = IN_MAY, **fields: Any) -> Scorecard:
    contract = service_level_contract(**fields)
    compute(contract, now)
    return card_of(contract)


def shared(**fields: Any) -> Scorecard:
    card = drafted(**fields)
    return scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)


def refused_code(card: Scorecard, now: datetime = IN_MAY, **fields: Any) -> str:
    with pytest.raises(Conflict) as refused:
        scorecards.finalise(card.pk, actor=MANAGER, now=now, **fields)
    return refused.value.code


def test_it_goes_from_draft_to_acknowledged() -> None:
    card = shared()
    admin = vendor_admin(card.contract.vendor)
    line = card.lines.get().pk

    scorecards.dispute(card.pk, line=line, reason="The 15th was an outage", actor=admin, now=IN_MAY)
    disputed = presented(with_parts(Scorecard.objects.filter(pk=card.pk)).get())
    dispute = Dispute.objects.get()
    resolved = scorecards.resolve(
        card.pk, dispute=dispute.pk, accepted=False, resolution="It was not", actor=MANAGER, now=IN_MAY
    )
    final = scorecards.finalise(card.pk, actor=MANAGER, now=IN_MAY)
    signed = scorecards.acknowledge(card.pk, actor=admin, now=IN_MAY)

    assert disputed["status"] == "disputed"
    assert "disputed" in disputed["lines"][0]["flags"]
    assert [resolved.status, final.status, signed.status] == ["shared", "final", "acknowledged"]
    actions = ["create", "share", "dispute", "resolve", "finalise", "acknowledge"]
    assert list(ScorecardEvent.objects.filter(scorecard=card).values_list("action", flat=True)) == actions
    trail = AuditEntry.objects.filter(object_type="scorecard", object_code=str(card.pk)).order_by("id")
    assert [entry.action for entry in trail] == [f"scorecard.{action}" for action in actions]
    assert {entry.vendor_id for entry in trail} == {card.contract.vendor_id}


def test_it_stays_disputed_while_one_dispute_is_open() -> None:
    card = drafted()
    add_items(card.contract)
    compute(card.contract)
    scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)
    member = make_actor(Role.VENDOR_MEMBER, card.contract.vendor)
    for line in card.lines.filter(kind__in=["kpi", "judged"]):
        scorecards.dispute(card.pk, line=line.pk, reason="no", actor=member, now=IN_MAY)

    first = Dispute.objects.first()
    assert first is not None
    card = scorecards.resolve(card.pk, dispute=first.pk, accepted=True, resolution="yes", actor=MANAGER, now=IN_MAY)

    assert card.status == "disputed"
    assert refused_code(card) == "open_disputes"


def test_it_takes_one_open_dispute_a_line() -> None:
    card = shared()
    line, admin = card.lines.get().pk, vendor_admin(card.contract.vendor)
    scorecards.dispute(card.pk, line=line, reason="no", actor=admin, now=IN_MAY)

    with pytest.raises(Conflict) as refused:
        scorecards.dispute(card.pk, line=line, reason="no!", actor=admin, now=IN_MAY)

    assert refused.value.code == "dispute_open"


def test_it_resolves_a_dispute_once() -> None:
    card = shared()
    scorecards.dispute(
        card.pk, line=card.lines.get().pk, reason="no", actor=vendor_admin(card.contract.vendor), now=IN_MAY
    )
    answer = {"dispute": Dispute.objects.get().pk, "accepted": True, "resolution": "yes"}
    scorecards.resolve(card.pk, actor=MANAGER, now=IN_MAY, **answer)

    with pytest.raises(Conflict) as refused:
        scorecards.resolve(card.pk, actor=MANAGER, now=IN_MAY, **answer)

    assert refused.value.code == "dispute_closed"


def test_it_keeps_disputes_and_follows_figures_while_in_review() -> None:
    contract = service_level_contract(blank=15)
    compute(contract)
    card = scorecards.share(card_of(contract).pk, actor=MANAGER, now=IN_MAY)
    line = card.lines.get().pk
    scorecards.dispute(card.pk, line=line, reason="The 15th", actor=vendor_admin(contract.vendor), now=IN_MAY)

    make_figures(contract.queues.get(), date(2026, 4, 15), in_time=1500, offered=3000)
    compute(contract)

    assert card.lines.get().value == 86.25
    assert Dispute.objects.get().line_id == line


def test_it_keeps_a_disputed_line_whose_target_went_away() -> None:
    card = shared()
    line = card.lines.get()
    scorecards.dispute(card.pk, line=line.pk, reason="no", actor=vendor_admin(card.contract.vendor), now=IN_MAY)

    Target.objects.update(weight=None)
    compute(card.contract)

    line.refresh_from_db()
    assert (line.weight, line.flags) == (None, ["withdrawn"])


@pytest.mark.parametrize(
    ("step", "arguments", "role", "error"),
    [
        ("share", {}, Role.VENDOR_ADMIN, Forbidden),
        ("finalise", {}, Role.ANALYST, Forbidden),
        ("finalise", {}, Role.VENDOR_MEMBER, Forbidden),
        ("acknowledge", {}, Role.VENDOR_MEMBER, Forbidden),
        ("acknowledge", {}, Role.MANAGER, Forbidden),
        ("dispute", {"line": 1, "reason": "no"}, Role.MANAGER, Forbidden),
        ("dispute", {"line": 1, "reason": "no"}, Role.EXECUTIVE, Forbidden),
        ("judge", {"line": 1, "evidence": "x"}, Role.VENDOR_ADMIN, Forbidden),
        ("approve_gate", {"gate": 0, "evidence": "x"}, Role.DEPARTMENT, Forbidden),
    ],
)
def test_it_refuses_a_step_to_roles_without_the_function(
    step: str, arguments: dict[str, Any], role: str, error: type[Exception]
) -> None:
    card = shared()
    vendor = card.contract.vendor if role in (Role.VENDOR_ADMIN, Role.VENDOR_MEMBER) else None

    with pytest.raises(error):
        getattr(scorecards, step)(card.pk, actor=make_actor(role, vendor), now=IN_MAY, **arguments)


def test_it_does_not_exist_for_another_vendor_or_its_manager() -> None:
    card = shared()
    stranger = make_vendor()

    with pytest.raises(NotFound):
        scorecards.dispute(card.pk, line=1, reason="no", actor=vendor_admin(stranger), now=IN_MAY)
    with pytest.raises(NotFound):
        scorecards.finalise(card.pk, actor=make_actor(Role.MANAGER, stranger), now=IN_MAY)


def test_it_refuses_steps_out_of_order() -> None:
    card = drafted()
    admin = vendor_admin(card.contract.vendor)

    assert refused_code(card) == "wrong_status"
    scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)
    for step in (
        lambda: scorecards.share(card.pk, actor=MANAGER, now=IN_MAY),
        lambda: scorecards.acknowledge(card.pk, actor=admin, now=IN_MAY),
    ):
        with pytest.raises(Conflict) as refused:
            step()
        assert refused.value.code == "wrong_status"
    scorecards.finalise(card.pk, actor=MANAGER, now=IN_MAY)
    assert refused_code(card) == "wrong_status"
    with pytest.raises(Conflict):
        scorecards.dispute(card.pk, line=card.lines.get().pk, reason="no", actor=admin, now=IN_MAY)


def test_it_is_refused_before_the_month_is_over_in_the_centres_zone() -> None:
    card = shared()
    in_seoul_still_april = datetime(2026, 4, 30, 14, 59, tzinfo=UTC)

    assert refused_code(card, now=in_seoul_still_april) == "month_not_over"
    assert blockers(card, in_seoul_still_april + timedelta(minutes=1)) == []


def test_it_is_refused_below_the_completeness_bar_even_with_a_waiver() -> None:
    card = shared(blank=15, completeness_bar=97)

    assert refused_code(card, accept_missing="system was down") == "below_completeness_bar"


def test_it_is_refused_under_exclude_while_the_worst_day_is_blank() -> None:
    card = shared(blank=15)
    assert presented(with_parts(Scorecard.objects.filter(pk=card.pk)).get())["lines"][0]["value"] == "90.00"

    assert refused_code(card) == "missing_days"


def test_it_is_final_with_a_blank_day_that_a_manager_accepts_in_writing() -> None:
    card = shared(blank=15)

    scorecards.finalise(card.pk, accept_missing="The centre was flooded", actor=MANAGER, now=IN_MAY)

    frozen = presented(with_parts(Scorecard.objects.filter(pk=card.pk)).get())
    assert frozen["accepted_missing"] == {"reason": "The centre was flooded", "by": MANAGER.label}


@pytest.mark.parametrize("policy", ["minimum", "zero"])
def test_it_gains_nothing_from_a_blank_day_that_counts(policy: str) -> None:
    blank = shared(blank=15, missing_day_policy=policy)

    assert blank.lines.get().value < 90
    scorecards.finalise(blank.pk, actor=MANAGER, now=IN_MAY)


def test_it_waits_for_the_grace_of_days_that_will_count() -> None:
    card = shared(blank=15, missing_day_policy="zero", missing_day_grace_days=3)

    assert refused_code(card, now=datetime(2026, 5, 2, 3, 0, tzinfo=UTC)) == "grace_not_over"


def test_it_is_refused_while_figures_are_pending() -> None:
    card = shared()
    mark(contract_ids=[card.contract_id], first_on=APRIL, last_on=APRIL)

    assert refused_code(card) == "figures_pending"


def test_it_is_refused_while_a_line_is_provisional() -> None:
    contract = service_level_contract()
    kpi = Target.objects.get().series.kpi
    kpi.versions.update(settle_days=30)
    compute(contract)
    card = scorecards.share(card_of(contract).pk, actor=MANAGER, now=IN_MAY)

    assert refused_code(card) == "lines_provisional"


def test_it_is_refused_unless_the_weights_make_100() -> None:
    card = drafted()
    Target.objects.update(weight=90)
    compute(card.contract)
    scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)

    assert refused_code(card) == "weights_not_100"


def test_it_is_refused_while_a_judged_line_has_no_score() -> None:
    card = drafted()
    Target.objects.update(weight=80)
    add_items(card.contract)
    compute(card.contract)
    scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)

    assert refused_code(card) == "not_scored"


def test_it_names_every_reason_at_once() -> None:
    card = shared(blank=15)
    Target.objects.update(weight=90)
    compute(card.contract)

    with pytest.raises(Conflict) as refused:
        scorecards.finalise(card.pk, actor=MANAGER, now=IN_MAY)

    assert [error.code for error in refused.value.errors] == ["missing_days", "weights_not_100"]


def test_it_wants_a_reason() -> None:
    card = shared()

    with pytest.raises(Invalid) as refused:
        scorecards.dispute(
            card.pk, line=card.lines.get().pk, reason=" ", actor=vendor_admin(card.contract.vendor), now=IN_MAY
        )

    assert refused.value.code == "required"


def test_it_shows_each_role_its_stages() -> None:
    contract = service_level_contract()
    compute(contract, IN_APRIL)
    compute(contract)
    people = {
        "manager": MANAGER,
        "analyst": make_actor(Role.ANALYST),
        "vendor": vendor_admin(contract.vendor),
        "other vendor": vendor_admin(make_vendor()),
        "executive": make_actor(Role.EXECUTIVE),
        "department": make_actor(Role.DEPARTMENT),
    }

    def who_sees() -> set[str]:
        return {
            name for name, actor in people.items() if Scorecard.objects.visible_to(actor).filter(start=APRIL).exists()
        }

    assert who_sees() == {"manager", "analyst"}
    scorecards.share(card_of(contract).pk, actor=MANAGER, now=IN_MAY)
    assert who_sees() == {"manager", "analyst", "vendor"}
    scorecards.finalise(card_of(contract).pk, actor=MANAGER, now=IN_MAY)
    assert who_sees() == {"manager", "analyst", "vendor", "executive"}
