"""What a vendors' sheet leaves open: notations of days, means without their number, satisfaction, handling times."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kpis.imports.grids import Workbook
from kpis.services.catalogue import load_catalogue
from tests.cast import Cast, make_cast
from tests.kpis.vendor_sheets_world import CHAT, NOW, OURS, make_chat, proposed, read_together, rows, workbook
from tests.make import make_measure

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


@pytest.fixture
def cast() -> Cast:
    load_catalogue(now=NOW)
    return make_cast()


@pytest.fixture
def chat(cast: Cast) -> Any:
    return make_chat(cast)


def days_of_two(first: str, second: str, days: list[tuple[str, str]]) -> Workbook:
    """Return calls under one heading of days, and chats under another, each in its own notation."""
    calls = [["업체", first, "인입"], *(["한빛", day, 100] for day, _other in days)]
    chats = [["업체", second, "인입"], *(["한빛", day, 50] for _day, day in days)]
    return workbook({"콜": calls, "채팅": chats})


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(
    ("second", "days", "formats"),
    [
        ("날짜", [("9/1(화)", "2026-09-01"), ("9/2(수)", "2026-09-02")], {"date_format": "md"}),
        ("일자", [("9/1", "46266"), ("9/2", "46267")], {"date_formats": {"콜": "md", "채팅": "excel"}}),
        ("날짜", [("2026. 9. 1.", "26.9.1"), ("2026. 9. 2.", "26.9.2")], {"date_format": "ymd"}),
        ("일자", [("20260901", "9/1"), ("20260902", "9/2")], {"date_format": "md"}),
    ],
)
def test_each_sheet_is_read_by_its_own_notation_of_days(
    second: str, days: list[tuple[str, str]], formats: dict[str, Any]
) -> None:
    found = read_together(days_of_two("일자", second, days))

    assert [(queue, day) for queue, day, _figures in rows(found)] == [
        (OURS, "2026-09-01"), (OURS, "2026-09-02"), (CHAT, "2026-09-01"), (CHAT, "2026-09-02"),
    ]  # fmt: skip
    assert {name: found.mapping[name] for name in ("date_format", "date_formats") if name in found.mapping} == formats
    assert "fill_down" not in found.mapping
    assert [question.code for question in found.questions if question.code == "date_order"] == []


@pytest.mark.usefixtures("chat")
def test_a_long_sheet_of_one_notation_hides_no_other_behind_it() -> None:
    first = [date(2026, 1, 1) + timedelta(days=number) for number in range(230)]
    calls = [["업체", "일자", "인입"], *(["한빛", day, 100] for day in first)]
    chats = [["업체", "일자", "인입"], ["한빛", "10/1(목)", 50]]

    found = read_together(workbook({"콜": calls, "채팅": chats}))

    assert found.trial is not None
    assert (found.trial.rows, list(found.trial.errors)) == (231, [])
    assert "10/1(목) = 2026-10-01" in found.columns[2].reason


@pytest.mark.usefixtures("chat")
def test_it_asks_of_the_sheet_whose_days_read_in_two_ways() -> None:
    found = read_together(days_of_two("일자", "일자", [("2026-09-01", "9/1"), ("2026-09-05", "9/5")]))

    [question] = [question for question in found.questions if question.code == "date_order"]
    assert (question.about, "9/1" in question.text) == ("채팅", True)
    assert found.mapping["date_formats"]["콜"] == ""


@pytest.mark.usefixtures("chat")
def test_a_mean_without_its_number_is_told_with_the_lines_it_was_left_out_of() -> None:
    calls = [["업체", "일자", "인입", "만족도"], *(["한빛", f"2026-09-0{day}", 100, "4.3"] for day in (1, 2, 3))]
    chats = [["업체", "일자", "인입", "만족도", "만족도 응답수"], ["한빛", "2026-09-01", 50, "4.4", 10]]

    found = read_together(workbook({"콜": calls, "채팅": chats}))

    assert rows(found)[0] == (OURS, "2026-09-01", {"offered": 100})
    assert rows(found)[3][2] == {"chat_offered": 50, "csat_score_sum": 44, "csat_responses": 10}
    assert found.trial is not None
    [warning] = [one for one in found.trial.warnings if one.code == "share_without_whole"]
    assert (warning.field, "콜 2–4" in str(warning.detail)) == ("만족도", True)


@pytest.mark.usefixtures("cast")
def test_a_mean_whose_number_no_column_holds_names_what_it_lacks() -> None:
    proposal = proposed("업체,인입,만족도\n한빛,100,4.3\n")

    assert (proposal.columns[2].holds, proposal.columns[2].lacks) == (None, "csat_responses")


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("heading", "cell", "holds", "is_asked"),
    [
        ("CSAT", "4.3", "csat_score_sum", True),
        ("고객만족도", "87.5%", "csat_satisfied", True),
        ("만족률", "87.5%", "csat_satisfied", False),
        ("만족도 평균", "4.3", "csat_score_sum", False),
    ],
)
def test_satisfaction_is_taken_by_its_values_and_asked_about_where_the_heading_is_silent(
    heading: str, cell: str, holds: str, is_asked: bool
) -> None:
    proposal = proposed(f"업체,인입,{heading},만족도 응답수\n한빛,100,{cell},10\n")

    assert proposal.columns[2].holds == holds
    assert ("csat_as" in [question.code for question in proposal.questions]) is is_asked


@pytest.mark.usefixtures("cast")
def test_a_mean_handling_time_is_derived_of_the_calls_that_were_handled() -> None:
    make_measure("handle_s", unit="seconds")
    proposal = proposed("업체,인입,응대,AHT(초)\n한빛,120,100,210.5\nNarae,80,70,3:20\n")

    assert rows(proposal)[0][2] == {"offered": 120, "answered": 100, "handle_s": 21050}
    assert rows(proposal)[1][2]["handle_s"] == 70 * 200
    assert proposal.trial is not None
    assert list(proposal.trial.derived) == ["handle_s"]


@pytest.mark.usefixtures("cast")
def test_a_mean_handling_time_is_left_to_be_computed_where_its_parts_stand() -> None:
    proposal = proposed("업체,응대,AHT,ATT,보류시간,ACW평균,평균후처리\n한빛,100,300,210,900,,60\n")

    held = {column.heading: column.holds for column in proposal.columns}
    assert (held["AHT"], held["ATT"], held["보류시간"], held["평균후처리"]) == (None, "talk_s", "hold_s", "acw_s")
