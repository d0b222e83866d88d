"""One sheet of several vendors: what names their queues, alone or together, and the month that no cell says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from kpis.imports.layouts import read_layout
from kpis.imports.naming import still_renamed
from kpis.imports.opening import open_sample
from kpis.imports.proposing import Proposal, propose
from kpis.services.catalogue import load_catalogue
from tests.cast import Cast, make_cast
from tests.make import make_actor, make_queue
from vendors.choices import Channel, Role
from vendors.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OURS, THEIRS, CHAT = "hanbit-order-voice", "narae-order-voice", "hanbit-chat"
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def cast() -> Cast:
    load_catalogue(now=NOW)
    return make_cast()


@pytest.fixture
def chat(cast: Cast) -> Any:
    for queue in (cast.queue, cast.other_queue):
        queue.name, queue.service = "주문 전화", "order"
        queue.save()
    return make_queue(cast.contract, CHAT, name="채팅 상담", service="care", channel=Channel.CHAT)


def proposed(text: str, month: date | None = OCTOBER) -> Proposal:
    grid, delimiter = open_sample(text.encode())
    return propose(grid, actor=make_actor(Role.MANAGER), vendor=None, now=NOW, delimiter=delimiter, month=month)


def rows(proposal: Proposal) -> list[tuple[str, str, dict[str, Any]]]:
    assert proposal.trial is not None
    assert not proposal.trial.errors
    return [(row["queue"], row.get("month") or row["date"], row["measures"]) for row in proposal.trial.preview]


@pytest.mark.usefixtures("cast")
def test_a_vendor_with_one_queue_is_known_by_its_name() -> None:
    proposal = proposed("운영업체,인입,응대율\n한빛,12430,91.2%\nNarae,8000,95%\n합계,20430,92.7%\n")

    assert rows(proposal) == [
        (OURS, "2026-10", {"offered": 12430, "answered": 11336}),
        (THEIRS, "2026-10", {"offered": 8000, "answered": 7600}),
    ]
    assert proposal.mapping["constants"] == {"month": "2026-10"}


@pytest.mark.usefixtures("chat")
def test_vendor_and_service_name_the_queue_together_over_merged_cells() -> None:
    proposal = proposed(
        "업체,업무,인입,응대\n한빛,주문,100,90\n,채팅,50,45\n나래,-,,\nNarae,주문,70,60\n,합계,220,195\n"
    )

    assert proposal.mapping["named_by"] == ["업체", "업무"]
    assert rows(proposal) == [
        (OURS, "2026-10", {"offered": 100, "answered": 90}),
        (CHAT, "2026-10", {"chat_offered": 50, "chat_answered": 45}),
        (THEIRS, "2026-10", {"offered": 70, "answered": 60}),
    ]
    assert [column.holds for column in proposal.columns] == ["queue", "queue", "offered", "answered"]


@pytest.mark.usefixtures("chat")
def test_days_of_several_vendors_keep_their_days() -> None:
    proposal = proposed(
        "일자,업체,업무,인입\n2026-10-01,한빛,주문,100\n2026-10-02,한빛,채팅,7\n2026-10-02,Narae,order,8\n"
    )

    assert rows(proposal) == [
        (OURS, "2026-10-01", {"offered": 100}),
        (CHAT, "2026-10-02", {"chat_offered": 7}),
        (THEIRS, "2026-10-02", {"offered": 8}),
    ]


@pytest.mark.usefixtures("cast")
def test_vendors_across_are_a_matrix_of_queues() -> None:
    proposal = proposed("구분,한빛,Narae,합계\n인입,12430,8000,20430\n응대율,91.2%,95%,92.7%\n")

    assert (proposal.mapping["across"], proposal.mapping["label"]) == ("queue", "구분")
    assert rows(proposal) == [
        (OURS, "2026-10", {"offered": 12430, "answered": 11336}),
        (THEIRS, "2026-10", {"offered": 8000, "answered": 7600}),
    ]


@pytest.mark.usefixtures("chat")
def test_it_asks_which_queue_a_vendor_with_several_means() -> None:
    proposal = proposed("운영업체,인입\n한빛,100\nNarae,70\n")

    assert proposal.queue_names == {"한빛": "", "Narae": THEIRS}
    assert "queues" in [question.code for question in proposal.questions]


@pytest.mark.usefixtures("cast")
def test_without_a_month_it_asks_for_the_day() -> None:
    assert proposed("운영업체,인입\n한빛,100\nNarae,70\n", None).questions[0].code == "date"


@pytest.mark.usefixtures("chat")
def test_a_percentage_of_chats_is_derived_of_chats() -> None:
    proposal = proposed("업체,업무,인입,응대율\n한빛,채팅,200,95%\n한빛,주문,100,90%\n")

    assert proposal.mapping["renamed"] == {CHAT: {"offered": "chat_offered", "answered": "chat_answered"}}
    assert rows(proposal)[0] == (CHAT, "2026-10", {"chat_offered": 200, "chat_answered": 190})
    assert proposal.trial is not None
    assert set(proposal.trial.derived) == {"answered", "chat_answered"}


def test_the_figures_of_one_chat_queue_are_chats(cast: Cast) -> None:
    queue = cast.queue
    queue.channel = Channel.CHAT
    queue.save()
    grid, _delimiter = open_sample("날짜,인입,응대율\n2026-10-01,200,95%\n".encode())

    proposal = propose(grid, actor=make_actor(Role.MANAGER), vendor=cast.vendor, now=NOW)

    assert rows(proposal) == [(OURS, "2026-10-01", {"chat_offered": 200, "chat_answered": 190})]


@pytest.mark.usefixtures("cast")
def test_short_words_of_the_trade_are_known_whole() -> None:
    text = (
        "작성: 고객지원팀,11.3 기준,,,,,,,\n"
        "업체,인입,SL(20초),QA,QA건수,CSAT,CSAT응답,민원,슬랙\n"
        "한빛,1000,0.861,92.5,40,4.3,100,3,1\n"
        "Narae,500,0.9,88,20,4.1,50,0,2\n"
    )

    proposal = proposed(text)

    assert [column.heading for column in proposal.columns][:3] == ["업체", "인입", "SL(20초)"]
    assert rows(proposal)[0] == (
        OURS,
        "2026-10",
        {
            "offered": 1000,
            "answered_within_threshold": 861,
            "qa_evaluated": 40,
            "qa_score_sum": 3700,
            "csat_responses": 100,
            "csat_score_sum": 430,
            "complaints_internal": 3,
        },
    )
    assert proposal.columns[-1].holds is None


@pytest.mark.usefixtures("chat")
def test_a_service_is_known_by_what_people_call_it(cast: Cast) -> None:
    make_queue(cast.contract, "hanbit-cs", name="고객 상담 전화", service="care")

    proposal = proposed("업체,업무,인입\n한빛,CS,7\n한빛,인바운드,8\n한빛,톡,9\n")

    assert [row[0] for row in rows(proposal)] == ["hanbit-cs", OURS, CHAT]


def test_two_columns_are_never_one_measure_of_a_queue() -> None:
    mapping = {
        "columns": {"queue": "q", "month": "m", "offered": "calls", "chat_offered": "chats"},
        "renamed": {CHAT: {"offered": "chat_offered"}},
    }

    with pytest.raises(Invalid, match="bad_layout") as refused:
        read_layout(mapping)

    assert "“hanbit-chat”" in str(refused.value.detail)
    assert still_renamed(mapping["renamed"], mapping["columns"]) == {}
    assert still_renamed(mapping["renamed"], ["offered"]) == mapping["renamed"]


@pytest.mark.usefixtures("chat")
def test_a_subtotal_between_merged_cells_names_nobody() -> None:
    proposal = proposed("업체,업무,인입\n한빛,주문,100\n소계,-,100\n,채팅,50\nNarae,주문,70\n")

    assert [row[0] for row in rows(proposal)] == [OURS, CHAT, THEIRS]
