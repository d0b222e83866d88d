"""One sheet of several vendors: what names their queues, alone or together, and the month that no cell says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kpis.imports.joining import joined, listed
from kpis.imports.layouts import read_layout
from kpis.imports.naming import still_renamed
from kpis.imports.opening import grid_of, open_sample
from kpis.imports.proposing import propose, tried
from kpis.services.catalogue import load_catalogue
from tests.cast import Cast, make_cast
from tests.kpis.vendor_sheets_world import CHAT, NOW, OURS, THEIRS, make_chat, proposed, rows, workbook
from tests.make import make_actor, make_queue
from vendors.choices import Channel, Role
from vendors.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


@pytest.fixture
def cast() -> Cast:
    load_catalogue(now=NOW)
    return make_cast()


@pytest.fixture
def chat(cast: Cast) -> Any:
    return make_chat(cast)


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


@pytest.mark.usefixtures("chat")
def test_names_go_on_below_merged_cells_and_sums_and_days_of_rest_are_no_figures() -> None:
    proposal = proposed(
        "업체,서비스,일자,인입콜,응대\n"
        "한빛,대표번호,2026-10-01,100,90\n,,2026-10-02,110,95\n,,2026-10-03,휴무,\n,,10월 계,210,185\n"
        "Narae,VIP,2026-10-01,70,60\n,,2026-10-02,-,\n,,,소계,\n,,평균,70,60\n"
    )

    assert rows(proposal) == [
        (OURS, "2026-10-01", {"offered": 100, "answered": 90}),
        (OURS, "2026-10-02", {"offered": 110, "answered": 95}),
        (THEIRS, "2026-10-01", {"offered": 70, "answered": 60}),
    ]
    assert proposal.trial is not None
    assert proposal.trial.skipped == {"rest": 1, "total": 3, "blank": 1}


def test_a_block_of_sums_is_nobodys_and_a_name_like_one_is_a_name(cast: Cast) -> None:
    cast.other_queue.name = "연계"
    cast.other_queue.save()
    sums = "합계,2026-10-01,170\n,2026-10-02,180\n"

    proposal = proposed(
        f"업체,일자,인입\n한빛,2026-10-01,100\n,2026-10-02,110\n연계,2026-10-01,70\n,2026-10-02,70\n{sums}"
    )

    assert [(queue, day) for queue, day, _figures in rows(proposal)] == [
        (OURS, "2026-10-01"), (OURS, "2026-10-02"), (THEIRS, "2026-10-01"), (THEIRS, "2026-10-02"),
    ]  # fmt: skip
    assert proposal.trial is not None
    assert proposal.trial.skipped == {"total": 2}


def test_a_blank_name_is_refused_where_the_layout_does_not_fill_it(cast: Cast) -> None:
    del cast
    text = "일자,업체,인입\n2026-10-01,한빛,100\n2026-10-01,Narae,70\n2026-10-02,,21\n"
    layout = {
        "columns": {"date": "일자", "queue": "업체", "offered": "인입"},
        "queues": {"한빛": OURS, "Narae": THEIRS},
    }
    grid, _delimiter = open_sample(text.encode())

    lost, filled = (
        tried(layout | more, grid, actor=make_actor(Role.MANAGER), now=NOW) for more in ({}, {"fill_down": True})
    )

    assert lost is not None
    assert filled is not None
    assert [(error.code, error.row) for error in lost.errors] == [("blank", 4)]
    assert (list(filled.errors), filled.rows) == ([], 3)


@pytest.mark.usefixtures("cast")
def test_what_rounding_leaves_over_makes_no_part_negative_or_more_than_its_whole() -> None:
    text = "업체,일자,인입,포기율\n한빛,2026-10-01,100,2.5%\n한빛,2026-10-02,80,0%\n한빛,2026-10-03,80,100%\n"

    assert [figures["abandoned"] for _queue, _day, figures in rows(proposed(text))] == [3, 0, 80]


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(("sheet", "queue"), [("채팅", CHAT), ("전화", OURS)])
def test_the_name_of_a_sheet_tells_which_queue_of_a_vendor_is_meant(sheet: str, queue: str) -> None:
    book = workbook({sheet: [["업체", "일자", "인입", "30초 내 응대"], ["한빛", "2026-10-01", 100, 90]]})

    found = propose(grid_of(book, None), actor=make_actor(Role.MANAGER), vendor=None, now=NOW)

    assert [row[0] for row in rows(found)] == [queue]


@pytest.mark.usefixtures("cast")
def test_seconds_of_two_sheets_are_two_measures_and_a_sheet_that_is_not_read_refuses_nothing() -> None:
    head = ["업체", "일자", "인입"]
    book = workbook(
        {
            "8월": [[*head, "20초 내 응대"], ["한빛", "2026-08-02", 100, 90]],
            "9월": [[*head, "30초 내 응대"], ["한빛", "2026-09-02", 100, 90]],
            "안내": [["안내"], ["가" * 600]],
        }
    )
    assert [sheet.name for sheet in listed(book) if sheet.is_proposed] == ["8월", "9월"]

    found = propose(joined(book, ["8월", "9월"]), actor=make_actor(Role.MANAGER), vendor=None, now=NOW)

    assert found.mapping["columns"]["answered_within_threshold"] == "20초 내 응대"
    with pytest.raises(Invalid):
        read_layout(found.mapping | {"sheets": ["8월", "9월"], "skip_rows": [2]})


@pytest.mark.usefixtures("cast")
def test_a_merged_day_goes_on_over_its_vendors() -> None:
    proposal = proposed("일자,업체,인입\n2026-10-01,한빛,100\n,Narae,70\n2026-10-02,한빛,90\n,Narae,80\n,합계,170\n")

    assert [(queue, day) for queue, day, _figures in rows(proposal)] == [
        (OURS, "2026-10-01"), (THEIRS, "2026-10-01"), (OURS, "2026-10-02"), (THEIRS, "2026-10-02"),
    ]  # fmt: skip


@pytest.mark.usefixtures("chat")
def test_all_lines_name_queues_and_columns_tell_which_of_a_vendor_is_meant() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(230)]
    top = "".join(f"Narae,,{day},70,60,50,,,\n" for day in days)
    proposal = proposed(
        "업체,업무구분,일자,인입,응대,20초 내 응대,채팅 인입,60초 내 응대,문의\n"
        f"{top}한빛,,2026-10-01,,45,,50,40,\n한빛,VIP,2026-10-01,100,90,80,,,\n한빛 · 채팅 상담,,2026-10-02,,4,,5,4,\n"
    )

    assert proposal.queue_names == {"Narae": THEIRS, "한빛": CHAT, "한빛 / VIP": OURS, "한빛 · 채팅 상담": CHAT}
    assert proposal.told_by_columns == ["한빛", "한빛 / VIP"]
    assert proposal.trial is not None
    assert (proposal.trial.rows, list(proposal.trial.errors)) == (233, [])
    assert proposal.trial.measures[OURS] == {"offered", "answered", "answered_within_threshold"}
    assert proposal.trial.measures[CHAT] == {"chat_offered", "chat_answered", "chat_answered_within_threshold"}


def test_words_of_the_back_office_are_known_where_its_figures_stand(cast: Cast) -> None:
    queue = cast.queue
    queue.channel = Channel.BACKOFFICE
    queue.save()

    text = "업체,일자,접수,처리,기한 내 처리,오류,검수,기한 도래\n한빛,2026-10-01,430,425,410,3,200,420\n"

    assert rows(proposed(f"{text}Narae,2026-10-01,,,,,,\n"))[0] == (
        OURS,
        "2026-10-01",
        {
            "work_received": 430, "work_completed": 425, "work_within_tat": 410, "work_defective": 3,
            "work_checked": 200, "work_due": 420,
        },
    )  # fmt: skip


@pytest.mark.usefixtures("cast")
def test_derived_days_add_up_to_the_sum_of_their_month() -> None:
    days = "".join(f"한빛,2026-{month:02}-{day:02},14,85.5%\n" for month in (9, 10) for day in range(1, 11))
    feed = proposed(f"업체,일자,설문응답수,CSAT\n{days}")
    assert feed.trial is not None

    satisfied = [row["measures"]["csat_satisfied"] for row in feed.trial.preview]

    assert set(satisfied) == {12, 11} or set(satisfied) == {12}
    assert sum(satisfied) == 120  # 10 × 14 × 85.5 % = 119.7


def test_sheets_are_read_together_each_below_its_own_header(cast: Cast) -> None:
    del cast
    book = workbook(
        {
            "콜_8월": [["제목", ""], ["업체", "일자", "인입", "만족도 응답수"], ["한빛", "2026-08-02", 100, 10]],
            "콜_9월": [["업체", "일자", "인입", "응답수", "CSAT"], ["Narae", "2026-09-03", -70, 20, 88]],
            "월집계": [["업체", "월", "인입"], ["한빛", "2026-08", 100]],
        }
    )
    assert [sheet.name for sheet in listed(book) if sheet.is_proposed] == ["콜_8월", "콜_9월"]

    grid = joined(book, ["콜_8월", "콜_9월"])
    found = propose(grid, actor=make_actor(Role.MANAGER), vendor=None, now=NOW)

    assert found.mapping["columns"]["csat_responses"] == {"heading": "만족도 응답수", "also": ["응답수"]}
    assert found.trial is not None
    assert found.trial.preview[0] | {"measures": 0} == {
        "line": 3, "sheet": "콜_8월", "queue": OURS, "date": "2026-08-02", "measures": 0,
    }  # fmt: skip
    [error] = found.trial.errors
    assert (error.row, str(error.detail).partition(" · ")[0]) == (2, "콜_9월")


def test_lines_of_two_sheets_are_named_by_their_sheet(cast: Cast) -> None:
    del cast
    head, day = ["업체", "일자", "인입"], ["한빛", "2026-08-02", 100]
    book = workbook({"8월": [head, day], "추가": [head, day]})

    found = propose(joined(book, ["8월", "추가"]), actor=make_actor(Role.MANAGER), vendor=None, now=NOW)

    assert found.trial is not None
    assert ["8월 2" in str(error.detail) and "추가 2" in str(error.detail) for error in found.trial.errors] == [True]
