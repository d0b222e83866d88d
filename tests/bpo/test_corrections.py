"""Correction requests: filed after the close, decided by somebody else, and version 2 beside version 1."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from bpo.models import CorrectionRequest, Scorecard
from bpo.queries import differences, presented
from bpo.queries.cards import with_parts
from bpo.services import corrections
from kpis.models import DailyMetric, Measure, MetricRevision, Submission
from kpis.services.submissions import submit
from tests.bpo.corrections_world import WORST_DAY, a_closed_april, accept, file, row, vendor_of
from tests.bpo.scorecard_world import APRIL, IN_MAY, MANAGER, card_of, compute, finalised, service_level_contract
from tests.make import make_actor, make_contract, make_key, make_queue, make_user
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unprocessable
from vendors.models import ApiKey, AuditEntry, Contract

pytestmark = pytest.mark.django_db


# The whole way ----------------------------------------------------------------------------------------


def test_version_1_stays_byte_for_byte_and_version_2_stands_beside_it_with_its_differences() -> None:
    contract = a_closed_april()
    first = finalised(contract)
    shown = json.dumps(presented(with_parts(Scorecard.objects.filter(pk=first.pk)).get())["lines"])
    document, digest = first.frozen.document, first.frozen.sha256

    accept(file(contract))

    first.refresh_from_db()
    second = card_of(contract, 2)
    assert (first.status, second.status) == ("final", "draft")
    assert first.frozen.document == document
    assert hashlib.sha256(document.encode()).hexdigest() == digest
    assert json.dumps(presented(with_parts(Scorecard.objects.filter(pk=first.pk)).get())["lines"]) == shown
    (line,) = differences(first, second)["lines"]
    # 28,000 of 32,000
    assert {row["field"]: (row["old"], row["new"]) for row in line["fields"]}["value"] == ("86.25", "87.50")

    final = finalised(contract)
    first.refresh_from_db()
    assert (final.version, final.status, first.status) == (2, "final", "superseded")
    assert first.frozen.document == document
    out = io.StringIO()
    call_command("verify", json=True, stdout=out)
    assert json.loads(out.getvalue())["chains"] == [{"contract": contract.code, "links": 2, "broken": None}]


def test_acceptance_is_an_ordinary_submission_that_names_the_request() -> None:
    contract = a_closed_april()

    request = accept(file(contract), decision="Seen in the router's log")

    receipt = Submission.objects.get(pk=request.submission_id)
    assert (receipt.way, receipt.reason, receipt.submitted_by) == ("correction", "system_error", MANAGER.label)
    assert f"#{request.pk}" in receipt.note
    assert "test:vendor_admin" in receipt.note
    assert "The router counted twice" in receipt.note
    assert MetricRevision.objects.get(submission=receipt).changes == {"in_time": [1500, 1900, 2]}
    assert (request.status, request.decided_by, request.decided_at) == ("accepted", MANAGER.label, IN_MAY)
    actions = AuditEntry.objects.filter(action__startswith="correction.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["correction.file", "correction.accepted"]


def test_a_draft_of_a_closed_month_follows_an_accepted_request() -> None:
    contract = a_closed_april()
    accept(file(contract))

    card = card_of(contract)
    assert (card.version, card.lines.get().value) == (1, Decimal("87.5"))


def test_the_month_stays_closed_after_an_acceptance() -> None:
    contract = a_closed_april()
    accept(file(contract))

    with pytest.raises(Conflict):
        submit(actor=MANAGER, rows=[row(contract, in_time=1)], now=IN_MAY)


# The effect before anything is stored -----------------------------------------------------------------


def test_it_shows_old_and_new_and_the_points_before_and_after_and_stores_nothing() -> None:
    contract = a_closed_april()
    finalised(contract)
    before = (DailyMetric.objects.get(date=WORST_DAY).measures, Submission.objects.count(), Scorecard.objects.count())

    found = corrections.preview(rows=[row(contract)], actor=vendor_of(contract), now=IN_MAY)

    assert [(change["measure"], change["old"], change["new"]) for change in found.changes] == [("in_time", 1500, 1900)]
    (month,) = found.effect
    (line,) = month["lines"]
    assert line["value"] == ["86.25", "87.5"]
    # Against a target of 80: 107.8125 and 109.375, all of the weight.
    assert line["score"] == line["points"] == month["score"] == ["107.8125", "109.3750"]
    assert month["grade"] == ["S", "S"]
    after = (DailyMetric.objects.get(date=WORST_DAY).measures, Submission.objects.count(), Scorecard.objects.count())
    assert after == before


def test_what_the_effect_says_is_what_the_acceptance_does() -> None:
    contract = a_closed_april()
    request = accept(file(contract, row(contract, in_time=700), row(contract, date(2026, 4, 2), in_time=100)))

    card = card_of(contract)
    (month,) = request.effect
    assert month["score"][1] == f"{card.score:.4f}"
    assert month["grade"][1] == card.grade


def test_a_vendor_that_sees_no_card_yet_learns_its_own_figures_and_not_the_drafts_score() -> None:
    contract = a_closed_april()

    (month,) = corrections.preview(rows=[row(contract)], actor=vendor_of(contract), now=IN_MAY).effect
    (seen,) = corrections.preview(rows=[row(contract)], actor=MANAGER, now=IN_MAY).effect

    assert (month["score"], month["lines"][0]["points"]) == (None, [None, None])
    assert month["lines"][0]["value"] == ["86.25", "87.5"]
    assert seen["score"] == ["107.8125", "109.3750"]


def test_a_dry_run_of_an_open_month_says_what_it_would_do(api: Callable[[Any], Any]) -> None:
    contract = service_level_contract()
    compute(contract)
    member = make_user("jisu", Role.VENDOR_MEMBER, contract.vendor)
    body = {"rows": [row(contract)]}

    answer = api(member).post("/api/v1/submissions/?dry_run=true", body, format="json").json()

    (month,) = answer["effect"]
    assert (month["contract"], month["start"]) == (contract.code, "2026-04-01")
    assert month["lines"][0]["value"] == ["86.25", "87.5"]
    ingest = make_key("vendor", contract.vendor, ("ingest",))
    assert api(ingest).post("/api/v1/submissions/?dry_run=true", body, format="json").json()["effect"] == []


# Filing -----------------------------------------------------------------------------------------------


def test_it_files_only_what_a_submission_would_not_take() -> None:
    contract = service_level_contract()

    with pytest.raises(Conflict) as refused:
        file(contract)

    assert refused.value.code == "period_open"
    assert not CorrectionRequest.objects.exists()


def test_what_the_calendar_holds_too_old_is_filed_before_the_month_is_closed() -> None:
    contract = service_level_contract(closing={"correction_days": 10})

    assert file(contract).status == "open"


def refusals(contract: Contract, other: Contract) -> list[tuple[dict[str, Any], type[DomainError], str]]:
    may = row(contract, date(2026, 5, 4), in_time=1, offered=2)
    return [
        ({"rows": [row(contract, in_time=1500)]}, Invalid, "nothing_changes"),
        ({"rows": [row(contract), may]}, Invalid, "one_month"),
        ({"rows": []}, Invalid, "empty_batch"),
        ({"rows": [row(contract, in_time=-1)]}, Unprocessable, "invalid_rows"),
        ({"rows": [row(other)]}, Unprocessable, "invalid_rows"),
        ({"reason": ""}, Invalid, "required"),
        ({"reason": "mood"}, Invalid, "invalid_choice"),
        ({"reason": "other", "note": ""}, Invalid, "required"),
        ({"actor": make_actor(Role.EXECUTIVE)}, Forbidden, "role"),
        ({"actor": make_actor("vendor_ingest_key", contract.vendor)}, Forbidden, "role"),
    ]


@pytest.mark.parametrize("number", range(10))
def test_it_refuses_what_is_no_request_and_stores_nothing(number: int) -> None:
    contract, other = a_closed_april(), make_contract(starts_on=APRIL)
    make_queue(other)
    options, error, code = refusals(contract, other)[number]
    asked: dict[str, Any] = {"rows": [row(contract)], "reason": "late_data", "actor": vendor_of(contract)}

    with pytest.raises(error) as refused:
        corrections.file(**(asked | {"now": IN_MAY} | options))

    assert refused.value.code == code
    assert not CorrectionRequest.objects.exists()


# Deciding ---------------------------------------------------------------------------------------------


def test_nobody_decides_a_request_of_ones_own_also_not_with_a_key() -> None:
    contract = a_closed_april()
    mina = make_user("mina", Role.MANAGER)
    person = Actor("user:mina", (Grant(Role.MANAGER),), user_id=mina.pk)
    make_key("manager")
    key = ApiKey.objects.latest("id")
    ApiKey.objects.filter(pk=key.pk).update(created_by=mina)
    machine = Actor(f"key:{key.prefix}", (Grant(Role.MANAGER),), api_key_id=key.pk)

    for filing, deciding in ((person, person), (person, machine), (machine, person)):
        request = file(contract, actor=filing)
        for decide in (corrections.accept, corrections.refuse):
            with pytest.raises(Conflict) as refused:
                decide(request.pk, decision="fine", actor=deciding, now=IN_MAY)
            assert refused.value.code == "own_request"
        assert accept(request, actor=MANAGER).status == "accepted"
        submit(actor=MANAGER, rows=[row(contract, in_time=1500)], now=IN_MAY, way="correction")


def test_a_refusal_says_why_and_changes_nothing() -> None:
    contract = a_closed_april()
    request = file(contract)
    with pytest.raises(Invalid):
        corrections.refuse(request.pk, decision=" ", actor=MANAGER, now=IN_MAY)

    made = corrections.refuse(request.pk, decision="The log says otherwise", actor=MANAGER, now=IN_MAY)

    assert (made.status, made.decision, made.submission_id) == ("refused", "The log says otherwise", None)
    assert DailyMetric.objects.get(date=WORST_DAY).measures["in_time"] == 1500


def test_a_request_is_decided_once() -> None:
    request = accept(file(a_closed_april()))

    for decide in (corrections.accept, corrections.refuse):
        with pytest.raises(Conflict) as refused:
            decide(request.pk, decision="again", actor=make_actor("manager"), now=IN_MAY)
        assert refused.value.code == "decided"


def test_a_vendor_withdraws_its_own_request_and_not_that_of_the_bpo_side() -> None:
    contract = a_closed_april()
    colleague = vendor_of(contract, Role.VENDOR_MEMBER)
    request = file(contract, actor=MANAGER)
    with pytest.raises(Conflict) as refused:
        corrections.withdraw(request.pk, actor=colleague, now=IN_MAY)
    assert refused.value.code == "not_yours"

    made = corrections.withdraw(file(contract).pk, actor=colleague, now=IN_MAY)

    assert made.status == "withdrawn"


def test_only_a_manager_of_the_vendor_decides() -> None:
    contract = a_closed_april()
    request = file(contract)
    elsewhere = make_actor(Role.MANAGER, make_contract().vendor)

    for actor, error in ((vendor_of(contract, Role.VENDOR_MEMBER), Forbidden), (elsewhere, NotFound)):
        with pytest.raises(error):
            corrections.accept(request.pk, actor=actor, now=IN_MAY)


def test_a_request_that_no_longer_fits_is_not_applied_and_stays_open() -> None:
    contract = a_closed_april()
    Measure.objects.filter(code="in_time").update(relations="in_time <= offered")
    request = file(contract, row(contract, in_time=2900))
    submit(actor=MANAGER, rows=[row(contract, offered=2000, in_time=1500)], now=IN_MAY, way="correction")

    with pytest.raises(Unprocessable):
        accept(request)

    request.refresh_from_db()
    assert request.status == "open"
