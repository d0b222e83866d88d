"""Daily figures on the web: typed, checked first, then sent, with a receipt."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from bpo.queries.submit_pages import named_problems
from kpis.models import Submission, SubmissionDraft
from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import MORNING, add_chat
from tests.bpo.submitting.entering import DAY, PAGE, QUEUE, figures, text, typed
from tests.cast import client_for
from vendors.choices import MeasureOwner, Role
from vendors.models import MeasureProvision

pytestmark = pytest.mark.django_db


# Who and what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.ANALYST, Role.DEPARTMENT])
def test_it_is_closed_to_roles_that_do_not_submit(page: Callable[..., Client], role: str) -> None:
    assert page(role).get(PAGE).status_code == 403


def test_it_asks_for_yesterday_with_the_last_figures_beside_each_field(member: Client) -> None:
    shown = text(member.get(PAGE))

    assert "일일 실적 제출" in shown
    assert "주문 전화" in shown
    assert "20초 내 응대호" in shown
    assert re.search(r"인입호 11월 22일: 1,\d{3}", shown), shown


def test_it_asks_only_for_what_the_vendor_provides(programme: Programme, member: Client) -> None:
    MeasureProvision.objects.create(contract=programme.contract, measure="qa_points", owner=MeasureOwner.CLIENT)

    answer = member.get(PAGE)

    assert f'name="{QUEUE}.qa_points"' not in answer.content.decode()
    assert "QA 점수 합 (발주사)" in text(answer)


def test_it_asks_each_side_for_its_own_figure_of_a_measure_with_two_sources(
    programme: Programme, member: Client
) -> None:
    """The client's figure counts; the vendor is asked for its own, and is not shown the client's as if it were."""
    MeasureProvision.objects.create(
        contract=programme.contract, measure="qa_points", owner=MeasureOwner.CLIENT, second=MeasureOwner.VENDOR
    )
    rows = [{"queue": QUEUE, "date": "2026-11-24", "measures": {"qa_points": 1080}}]
    client = client_for(make.make_key("client", None, ("ingest",)))
    assert client.post("/api/v1/submissions/", {"rows": rows}).status_code == 201

    def field() -> str:
        found = re.search(rf'name="{QUEUE}.qa_points" value="([^"]*)"', member.get(PAGE).content.decode())
        assert found, "the measure is not asked for"
        return found[1]

    assert field() == ""
    member.post(f"{member.post(PAGE, typed(qa_points='1100'))['Location']}send/")

    assert field() == "1100"
    assert figures()["qa_points"] == 1080
    member.post(f"{member.post(PAGE, typed(qa_points=''))['Location']}send/")
    assert field() == ""


def test_a_figure_from_before_there_was_a_second_source_is_the_first_ones(programme: Programme, member: Client) -> None:
    member.post(f"{member.post(PAGE, typed())['Location']}send/")
    provision = MeasureProvision.objects.create(
        contract=programme.contract, measure="qa_points", owner=MeasureOwner.VENDOR, second=MeasureOwner.CLIENT
    )

    assert f'name="{QUEUE}.qa_points" value="1104"' in member.get(PAGE).content.decode()
    MeasureProvision.objects.filter(pk=provision.pk).update(owner=MeasureOwner.CLIENT, second=MeasureOwner.VENDOR)
    assert f'name="{QUEUE}.qa_points" value=""' in member.get(PAGE).content.decode()


def test_it_lets_a_manager_submit_on_the_vendors_behalf(programme: Programme, page: Callable[..., Client]) -> None:
    client = page(Role.MANAGER, name="mina")
    shown = client.get(PAGE)
    draft = client.post(PAGE, typed())["Location"]
    receipt = client.post(f"{draft}send/")["Location"]

    assert "한빛컨택 대신 제출합니다" in text(shown)
    assert "mina" in text(client.get(receipt))
    assert Submission.objects.get(pk=receipt.split("/")[-2]).submitted_by == "user:mina"


def test_it_gives_each_queue_the_measures_of_its_channel(programme: Programme, member: Client) -> None:
    add_chat(programme)

    content = member.get(PAGE).content.decode()

    assert 'name="hanbit-order-chat.chat_offered"' in content
    assert 'name="hanbit-order-chat.qa_points"' in content
    assert 'name="hanbit-order-voice.chat_offered"' not in content


def test_it_says_what_to_do_where_there_is_no_contract(page: Callable[..., Client]) -> None:
    client = page(Role.VENDOR_MEMBER, make.make_vendor())

    assert "제출할 계약이 없습니다" in text(client.get(PAGE))


def test_another_vendors_contract_and_draft_do_not_exist(
    programme: Programme, member: Client, page: Callable[..., Client]
) -> None:
    draft = member.post(PAGE, typed())["Location"]
    other = make.make_contract(make.make_vendor("narae"), "narae-2026")
    outsider = page(Role.VENDOR_ADMIN, other.vendor)

    assert outsider.get(f"{PAGE}?contract={programme.contract.code}").status_code == 404
    assert outsider.get(draft).status_code == 404
    assert outsider.post(f"{draft}send/").status_code == 404
    assert outsider.post(f"{draft}discard/").status_code == 404
    assert member.get(f"{PAGE}?contract=narae-2026").status_code == 404


def test_a_draft_is_its_makers_alone(programme: Programme, member: Client, page: Callable[..., Client]) -> None:
    draft = member.post(PAGE, typed())["Location"]
    colleague = page(Role.VENDOR_ADMIN, programme.vendor)

    assert colleague.get(draft).status_code == 404
    assert colleague.post(f"{draft}send/").status_code == 404


@pytest.mark.parametrize("query", ["?date=2026-13-01", "?date=yesterday"])
def test_it_refuses_an_address_that_is_no_day(member: Client, programme: Programme, query: str) -> None:
    assert member.get(f"{PAGE}{query}").status_code == 400


# Typed --------------------------------------------------------------------------------------------------------


def test_it_shows_the_figures_first_and_stores_nothing_before_they_are_sent(member: Client) -> None:
    checked = member.get(member.post(PAGE, typed())["Location"])

    assert checked.status_code == 200
    shown = text(checked)
    assert "93.55" in shown
    assert "남은 기간" in shown
    assert figures() is None
    assert not Submission.objects.filter(way="form").exists()


def test_it_calls_contracts_and_corrected_queues_by_their_names(programme: Programme, member: Client) -> None:
    other = make.make_contract(programme.vendor, "hanbit-chat", name="한빛컨택 채팅 상담")
    make.make_queue(other, "hanbit-chat-queue")
    member.post(member.post(PAGE, typed())["Location"] + "send/")

    checked = text(member.get(member.post(PAGE, typed(offered="1,300"))["Location"]))
    choice = member.get(PAGE).content.decode()

    assert "주문 전화 11월 24일 인입호 1,240 1,300" in checked
    # Every contract here is the vendor's own: its name before each would hide what tells them apart.
    assert ">한빛컨택 채팅 상담</option>" in choice


def test_it_stores_what_was_checked_and_gives_a_receipt(member: Client) -> None:
    draft = member.post(PAGE, typed())["Location"]

    answer = member.post(f"{draft}send/", {"note": "아침 보고"})

    receipt = Submission.objects.get(way="form")
    assert answer["Location"] == f"/submissions/{receipt.pk}/?new"
    assert figures() == {code: int(value.replace(",", "")) for code, value in DAY.items()}
    shown = text(member.get(answer["Location"]))
    assert "접수증 2026-1125-0001" in shown
    assert "09:12 접수 완료" in shown
    assert "인입호 1,240" in shown
    assert "아침 보고" in shown
    assert "jisu" in shown


def test_it_sends_a_draft_once_however_often_it_is_clicked(member: Client) -> None:
    draft = member.post(PAGE, typed())["Location"]

    answers = {member.post(f"{draft}send/")["Location"] for _ in range(3)}

    assert len(answers) == 1
    assert Submission.objects.filter(way="form").count() == 1
    assert member.get(draft)["Location"] in answers.pop()


def test_it_shows_what_is_wrong_beside_each_field(member: Client) -> None:
    answer = member.post(PAGE, typed(offered="일천", answered="-3"))

    assert answer.status_code == 422
    content = answer.content.decode()
    assert content.count('aria-invalid="true"') == 2
    assert 'value="일천"' in content
    assert "2개 항목을 고쳐야 합니다" in text(answer)
    assert figures() is None


def test_it_says_that_nothing_was_typed(member: Client) -> None:
    answer = member.post(PAGE, typed(dict.fromkeys(DAY, "")))

    assert answer.status_code == 400
    assert "아무것도 제출되지 않았습니다" in text(answer)


def test_a_blank_withdraws_a_value_that_was_reported_and_is_nothing_otherwise(member: Client) -> None:
    member.post(f"{member.post(PAGE, typed())['Location']}send/")
    reported = member.get(PAGE)
    assert 'value="1240"' in reported.content.decode()
    assert "이미 제출된 날" in text(reported)

    checked = member.post(PAGE, typed(qa_points="", offered="1250"))["Location"]
    assert "1,104 미제출" in text(member.get(checked))
    member.post(f"{checked}send/")

    assert "qa_points" not in figures()
    assert figures()["offered"] == 1250


def test_it_keeps_a_draft_to_go_on_with(member: Client) -> None:
    saved = member.post(PAGE, typed({"offered": "1300"}) | {"save": "1"})

    shown = member.get(saved["Location"])
    assert 'value="1300"' in shown.content.decode()
    assert "저장된 초안" in text(member.get(PAGE))
    again = member.post(saved["Location"], typed())

    assert SubmissionDraft.objects.count() == 1
    member.post(f"{again['Location']}discard/")
    assert not SubmissionDraft.objects.exists()
    assert figures() is None


def test_what_came_since_a_draft_was_saved_is_not_withdrawn_by_it(programme: Programme, member: Client) -> None:
    saved = member.post(PAGE, typed({"offered": "1300"}) | {"save": "1"})["Location"]
    rows = [{"queue": QUEUE, "date": "2026-11-24", "measures": {"offered": 1240, "answered": 1160}}]
    key = make.make_key("vendor", programme.vendor, ("ingest",))
    assert client_for(key).post("/api/v1/submissions/", {"rows": rows}).status_code == 201

    shown = member.get(saved).content.decode()
    sent = dict(re.findall(rf'name="({QUEUE}\.\w+)" value="([^"]*)"', shown))
    member.post(f"{member.post(saved, sent)['Location']}send/")

    assert figures() == {"offered": 1300, "answered": 1160}


def test_what_is_typed_to_a_draft_that_is_gone_is_kept_as_a_new_one(member: Client) -> None:
    """Two windows of one draft: the first has sent its figures on, the second still has something to say."""
    saved = member.post(PAGE, typed({"offered": "1300"}) | {"save": "1"})["Location"]
    member.post(saved, typed())

    again = member.post(saved, typed({"offered": "1310"}) | {"save": "1"})

    assert again.status_code == 302
    assert 'value="1310"' in member.get(again["Location"]).content.decode()


def test_it_forgets_drafts_after_a_week(member: Client) -> None:
    jisu = User.objects.get(username="jisu")
    for moment in (MORNING, MORNING.replace(day=30), MORNING.replace(month=12, day=5)):
        with time_machine.travel(moment, tick=False):
            member.force_login(jisu)
            member.post(PAGE, typed())

    assert [draft.made_at.day for draft in SubmissionDraft.objects.order_by("made_at")] == [30, 5]


# Read afterwards ------------------------------------------------------------------------------------------------


def test_it_lists_what_was_received_and_filters_by_way(programme: Programme, member: Client) -> None:
    member.post(f"{member.post(PAGE, typed())['Location']}send/")

    assert "2026-1125-0001" in text(member.get("/submissions/"))
    assert "2026-1125-0001" in text(member.get("/submissions/?way=form"))
    assert "2026-1125-0001" not in text(member.get("/submissions/?way=api"))
    assert "2026-1125-0001" not in text(member.get("/submissions/?month=2026-10"))
    assert member.get("/submissions/?month=2026").status_code == 400


def test_another_vendors_receipt_does_not_exist(member: Client, page: Callable[..., Client]) -> None:
    receipt = member.post(f"{member.post(PAGE, typed())['Location']}send/")["Location"]
    outsider = page(Role.VENDOR_ADMIN, make.make_vendor("narae"))

    assert outsider.get(receipt).status_code == 404
    assert "2026-1125" not in text(outsider.get("/submissions/"))
    assert page(Role.EXECUTIVE).get(receipt).status_code == 403


def test_it_shows_what_a_correction_changed(member: Client) -> None:
    member.post(f"{member.post(PAGE, typed())['Location']}send/")
    checked = member.post(PAGE, typed(offered="1250"))["Location"]
    assert "1,240 1,250" in text(member.get(checked))

    receipt = member.post(f"{checked}send/", {"note": "집계 오류", "reason": "system_error"})["Location"]

    assert "인입호 1,240 1,250" in text(member.get(receipt))


def test_messages_name_queues_and_touch_no_number_that_is_called_like_one() -> None:
    contract = make.make_contract()
    for code, name in {"hanbit-order-voice": "주문 전화", "hanbit-order-voice-2": "주문 전화 2", "100": "백"}.items():
        make.make_queue(contract, code, name=name)
    detail = "hanbit-order-voice-2는 2026-10-01에 100건, hanbit-order-voice는 없음"
    warning = {"row": 0, "field": "offered", "code": "suspicious_value", "detail": detail}

    (found,) = named_problems([warning], contracts=[contract.pk])

    assert found["detail"] == "주문 전화 2는 2026-10-01에 100건, 주문 전화는 없음"
