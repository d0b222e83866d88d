"""The second-person check: what a member submits counts only when somebody else of the vendor has confirmed it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kpis.choices import DraftStatus
from kpis.models import DailyMetric, RecalculationMark, Submission, SubmissionDraft
from kpis.services import drafts, second_check
from kpis.services.submissions import submit
from tests.cast import Cast, client_for
from tests.kpis.feed_measures import make_measures
from vendors.actors import Actor, Grant
from vendors.authentication import actor_of
from vendors.choices import Role, SecondCheck
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from vendors.models import ApiKey, ContractTerms

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ROW = {"queue": "hanbit-order-voice", "date": "2026-11-20", "measures": {"offered": 120, "answered": 100}}
URL = "/api/v1/submissions/"
HELD = "/api/v1/held-submissions/"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    ContractTerms.objects.filter(contract=cast.contract).update(second_check=SecondCheck.PEOPLE)
    return cast


def send(actor: Actor, *rows: dict[str, Any], **options: Any) -> Any:
    return submit(actor=actor, rows=rows or [ROW], now=NOW, **options)


def held(cast: Cast, **options: Any) -> SubmissionDraft:
    result = send(actor_of(cast.member), **options)
    assert result.status == "held"
    return SubmissionDraft.objects.get(pk=result.held_id)


def test_it_is_off_unless_the_contract_says_so(cast: Cast) -> None:
    ContractTerms.objects.update(second_check=SecondCheck.OFF)

    assert send(actor_of(cast.member)).status == "accepted"


def test_what_a_member_submits_waits_and_counts_nowhere(cast: Cast) -> None:
    result = send(actor_of(cast.member))

    assert (result.id, result.number, result.status) == (None, None, "held")
    assert not Submission.objects.exists()
    assert not DailyMetric.objects.exists()
    assert not RecalculationMark.objects.exists()


def test_it_counts_with_both_names_once_somebody_else_confirms(cast: Cast) -> None:
    draft = held(cast, note="아침 보고")

    confirmed = drafts.confirm(draft.pk, actor=actor_of(cast.admin), now=NOW)

    receipt = Submission.objects.get()
    assert (receipt.submitted_by, receipt.confirmed_by) == ("user:member-of-a", "user:admin-of-a")
    assert (receipt.user, receipt.note, receipt.number) == (cast.member, "아침 보고", "2026-1123-0001")
    assert (confirmed.status, confirmed.submission) == (DraftStatus.SUBMITTED, receipt)
    assert DailyMetric.objects.get().measures == ROW["measures"]


@pytest.mark.parametrize("name", ["admin", "manager", "manager_of_a", "superuser"])
def test_whoever_may_confirm_or_acts_for_the_client_is_not_held(cast: Cast, name: str) -> None:
    assert send(actor_of(cast.everybody()[name])).status == "accepted"


@pytest.mark.parametrize(("mode", "status"), [("people", 201), ("all", 202)])
def test_keys_are_held_only_where_the_contract_says_all(cast: Cast, mode: str, status: int) -> None:
    ContractTerms.objects.update(second_check=mode)

    answer = client_for(cast.ingest_key).post(URL, {"rows": [ROW]})

    assert answer.status_code == status
    assert Submission.objects.exists() is (status == 201)


def test_the_api_says_202_and_what_waits(cast: Cast) -> None:
    answer = client_for(cast.member).post(URL, {"rows": [ROW]})

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["id"]) == ("held", None)
    assert answer.json()["held"] == str(SubmissionDraft.objects.get().pk)


def test_the_same_body_twice_waits_once(cast: Cast) -> None:
    assert held(cast).pk == held(cast).pk


def test_nobody_confirms_his_own(cast: Cast) -> None:
    """Somebody who became an administrator in the meantime, or holds both roles by another name."""
    draft = held(cast)
    promoted = Actor("user:another", (Grant(Role.VENDOR_ADMIN, cast.vendor.pk),), user_id=cast.member.pk)

    for act in (drafts.confirm, second_check.send_back):
        with pytest.raises(Forbidden, match="own_submission"):
            act(draft.pk, actor=promoted, now=NOW, **({"reason": "no"} if act is second_check.send_back else {}))


def test_nobody_confirms_what_came_with_his_own_key(cast: Cast) -> None:
    ContractTerms.objects.update(second_check="all")
    ApiKey.objects.update(created_by=cast.admin)
    assert client_for(cast.ingest_key).post(URL, {"rows": [ROW]}).status_code == 202

    with pytest.raises(Forbidden, match="own_submission"):
        drafts.confirm(SubmissionDraft.objects.get().pk, actor=actor_of(cast.admin), now=NOW)


def test_what_was_confirmed_and_is_sent_again_changes_nothing_and_does_not_wait(cast: Cast) -> None:
    drafts.confirm(held(cast).pk, actor=actor_of(cast.admin), now=NOW)

    again = send(actor_of(cast.member))

    assert (again.status, again.unchanged) == ("accepted", 2)
    assert not SubmissionDraft.objects.filter(status=DraftStatus.HELD).exists()


@pytest.mark.parametrize("first", [0, 1])
def test_one_vendors_figures_do_not_slip_through_beside_anothers(cast: Cast, first: int) -> None:
    other = {**ROW, "queue": cast.other_queue.code}
    member = actor_of(cast.member)
    of_both = Actor(member.label, (*member.grants, Grant(Role.VENDOR_ADMIN, cast.other_vendor.pk)), user_id=1)
    rows = [ROW, other]

    with pytest.raises(Invalid, match="one_vendor"):
        send(of_both, rows[first], rows[1 - first])

    assert not Submission.objects.exists()


@pytest.mark.parametrize("name", ["outsider", "manager_of_b", "member", "executive", "manager"])
def test_it_does_not_exist_for_those_who_cannot_confirm_it(cast: Cast, name: str) -> None:
    draft = held(cast)

    with pytest.raises(NotFound):
        drafts.confirm(draft.pk, actor=actor_of(cast.everybody()[name]), now=NOW)
    with pytest.raises(NotFound):
        drafts.confirm(uuid.uuid4(), actor=actor_of(cast.admin), now=NOW)


def test_it_is_decided_once(cast: Cast) -> None:
    draft, admin = held(cast), actor_of(cast.admin)
    drafts.confirm(draft.pk, actor=admin, now=NOW)

    with pytest.raises(Conflict, match="draft_closed"):
        drafts.confirm(draft.pk, actor=admin, now=NOW)
    with pytest.raises(Conflict, match="draft_closed"):
        second_check.send_back(draft.pk, reason="no", actor=admin, now=NOW)
    assert Submission.objects.count() == 1


def test_it_is_returned_with_a_reason_and_counts_nowhere(cast: Cast) -> None:
    draft, admin = held(cast), actor_of(cast.admin)

    with pytest.raises(Invalid, match="required"):
        second_check.send_back(draft.pk, reason="  ", actor=admin, now=NOW)
    returned = second_check.send_back(draft.pk, reason="응대호가 다릅니다", actor=admin, now=NOW)

    assert (returned.status, returned.reason) == (DraftStatus.RETURNED, "응대호가 다릅니다")
    assert not DailyMetric.objects.exists()


def test_it_says_when_what_waits_no_longer_fits(cast: Cast) -> None:
    draft = held(cast)
    send(actor_of(cast.manager), {**ROW, "measures": {"abandoned": 130, "offered": 130}})
    send(actor_of(cast.manager), {**ROW, "measures": {"offered": 130, "abandoned": 125}})

    with pytest.raises(Unprocessable):
        drafts.confirm(draft.pk, actor=actor_of(cast.admin), now=NOW)

    draft.refresh_from_db()
    assert draft.status == DraftStatus.HELD


def test_only_the_good_rows_wait_where_the_bad_ones_are_left_out(cast: Cast) -> None:
    bad = {**ROW, "date": "2026-11-31"}
    result = send(actor_of(cast.member), bad, ROW, partial=True)

    drafts.confirm(result.held_id, actor=actor_of(cast.admin), now=NOW)

    assert Submission.objects.get().row_count == 1


def test_terms_hold_by_date(cast: Cast) -> None:
    terms = ContractTerms.objects.get(contract=cast.contract)
    terms.valid_until = "2026-11-01"
    terms.save()
    ContractTerms.objects.create(contract=cast.contract, valid_from="2026-11-01")

    assert send(actor_of(cast.member)).status == "accepted"
    assert send(actor_of(cast.member), {**ROW, "date": "2026-10-31"}).status == "held"


def test_the_contract_takes_the_term_through_the_api(cast: Cast) -> None:
    client = client_for(cast.manager)

    answer = client.patch("/api/v1/contracts/hanbit-2026/", {"second_check": "all"}, format="json")

    assert answer.json()["second_check"] == "all"
    assert client.patch("/api/v1/contracts/hanbit-2026/", {"second_check": "maybe"}, format="json").status_code == 400


def test_what_was_returned_does_not_push_out_what_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = held(cast)
    for number in range(2):
        later = NOW + timedelta(hours=number + 1)
        row = {**ROW, "date": f"2026-11-{number + 1:02}"}
        result = submit(actor=actor_of(cast.member), rows=[row], now=later)
        second_check.send_back(result.held_id, reason="no", actor=actor_of(cast.admin), now=later)
    monkeypatch.setattr(second_check, "MOST_WAITING", 2)

    first, second = second_check.waiting(actor_of(cast.admin))

    assert first == waits
    assert second.status == DraftStatus.RETURNED


def test_on_the_web_a_member_hands_in_and_an_admin_confirms(cast: Cast) -> None:
    draft = held(cast)
    member, admin = client_for(cast.member), client_for(cast.admin)

    assert b"confirm/" not in member.get(f"/submit/{draft.pk}/").content
    assert b"Waiting for confirmation" in member.get("/submissions/").content
    assert member.post(f"/submit/{draft.pk}/confirm/").status_code == 403
    assert client_for(cast.outsider).post(f"/submit/{draft.pk}/confirm/").status_code == 404
    # An analyst reads that something waits, and has no page to open it on.
    assert f"/submit/{draft.pk}/".encode() in admin.get("/submissions/").content
    waiting = client_for(cast.analyst).get("/submissions/").content
    assert b"Not counted yet" in waiting
    assert f"/submit/{draft.pk}/".encode() not in waiting
    assert b"confirm/" in admin.get(f"/submit/{draft.pk}/").content
    assert admin.post(f"/submit/{draft.pk}/return/", {"reason": ""}).status_code == 400
    answer = admin.post(f"/submit/{draft.pk}/confirm/")

    assert answer["Location"] == f"/submissions/{Submission.objects.get().pk}/"
    assert b"confirmed by admin-of-a" in admin.get(answer["Location"]).content


def test_the_api_lists_what_waits_with_its_rows_and_lets_it_count(cast: Cast) -> None:
    draft = held(cast, note="아침 보고")
    admin = client_for(cast.admin)

    listed = admin.get(f"{HELD}?status=held").json()["results"]
    detail = admin.get(f"{HELD}{draft.pk}/").json()
    answer = admin.post(f"{HELD}{draft.pk}/confirm/")

    assert [(row["id"], row["submitted_by"]) for row in listed] == [(str(draft.pk), "user:member-of-a")]
    assert (listed[0]["row_count"], "rows" in listed[0]) == (1, False)
    assert detail["rows"] == [ROW]
    assert (answer.status_code, answer.json()["confirmed_by"], answer.json()["rows"]) == (201, "user:admin-of-a", 1)
    assert admin.get(HELD).json()["count"] == 0
    assert admin.post(f"{HELD}{draft.pk}/confirm/").status_code == 404


def test_the_api_returns_it_with_a_reason_and_lets_nobody_confirm_figures_of_their_own(cast: Cast) -> None:
    draft = held(cast)
    admin, member = client_for(cast.admin), client_for(cast.member)

    assert member.post(f"{HELD}{draft.pk}/confirm/").status_code == 403
    assert admin.post(f"{HELD}{draft.pk}/return/", {}, format="json").json()["errors"][0]["field"] == "reason"
    answer = admin.post(f"{HELD}{draft.pk}/return/", {"reason": "합계가 다릅니다"}, format="json")
    again = admin.post(f"{HELD}{draft.pk}/confirm/")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["reason"]) == ("returned", "합계가 다릅니다")
    assert (again.status_code, again.json()["code"]) == (409, "draft_closed")
    assert not Submission.objects.exists()


def test_what_a_key_of_the_administrators_own_sent_is_not_confirmed_by_them(cast: Cast) -> None:
    draft = held(cast)
    SubmissionDraft.objects.update(user=cast.admin)

    answer = client_for(cast.admin).post(f"{HELD}{draft.pk}/confirm/")

    assert (answer.status_code, answer.json()["code"]) == (403, "own_submission")
