"""A mapping proposed for a sample: headers, dates, queues and measures recognised, with reasons and few questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kpis.imports.opening import open_sample
from kpis.imports.proposals import Proposal
from kpis.imports.proposing import propose
from kpis.services.catalogue import load_catalogue
from tests.cast import Cast, client_for, make_cast
from tests.checks import assert_problem
from tests.make import make_actor, make_queue
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
QUEUE = "hanbit-order-voice"


@pytest.fixture
def cast() -> Cast:
    load_catalogue(now=NOW)
    return make_cast()


def proposed(cast: Cast, text: str) -> Proposal:
    grid, delimiter = open_sample(text.encode())
    actor = make_actor(Role.VENDOR_ADMIN, cast.vendor)
    return propose(grid, actor=actor, vendor=cast.vendor, now=NOW, delimiter=delimiter)


def holds(proposal: Proposal) -> dict[str, str | None]:
    return {column.heading: column.holds for column in proposal.columns}


def questions(proposal: Proposal) -> list[str]:
    return [question.code for question in proposal.questions]


def test_it_recognises_the_daily_report_of_a_phone_system(cast: Cast) -> None:
    proposal = proposed(
        cast,
        "일일 콜 현황,,,,,,,\n"
        "일자,요일,인입호,응대호,20초내 응대,응대율,평균통화시간,비고\n"
        '2026. 3. 2.(월),월,"1,200","1,100",950,91.7%,0:03:20,\n'
        "2026. 3. 3.(화),화,980건,940건,800,95.9%,0:03:05,정상\n"
        "합계,,2180,2040,1750,,,\n",
    )

    assert holds(proposal) == {
        "일자": "date",
        "요일": None,
        "인입호": "offered",
        "응대호": "answered",
        "20초내 응대": "answered_within_threshold",
        "응대율": None,
        "평균통화시간": "talk_s",
        "비고": None,
    }
    assert proposal.mapping == {
        "columns": {
            "date": "일자",
            "offered": "인입호",
            "answered": "응대호",
            "answered_within_threshold": "20초내 응대",
            "talk_s": {"heading": "평균통화시간", "kind": "duration", "of": "answered"},
        },
        "queue": QUEUE,
        "header_row": 2,
        "definitions": {"threshold_seconds": "20"},
    }
    assert questions(proposal) == ["offered"]
    assert all(column.reason for column in proposal.columns)
    assert proposal.trial is not None
    assert not proposal.trial.errors
    assert proposal.trial.preview[0] == {
        "line": 3,
        "queue": QUEUE,
        "date": "2026-03-02",
        "measures": {"offered": 1200, "answered": 1100, "answered_within_threshold": 950, "talk_s": 220000},
    }


def test_it_derives_answered_calls_where_only_the_rate_is_there(cast: Cast) -> None:
    proposal = proposed(cast, "날짜;인입;응대율\n2026-03-02;12430;91.2\n2026-03-03;100;90.0\n")

    assert proposal.mapping["delimiter"] == ";"
    assert proposal.mapping["columns"]["answered"] == {"heading": "응대율", "kind": "percent", "of": "offered"}
    assert proposal.trial is not None
    assert proposal.trial.preview[0]["measures"] == {"offered": 12430, "answered": 11336}


def test_it_reads_a_rate_below_one_as_a_share(cast: Cast) -> None:
    proposal = proposed(cast, "Date,Calls Offered,Service Level\n2026-03-02,478,0.9916\n2026-03-03,321,0.9591\n")

    column = proposal.mapping["columns"]["answered_within_threshold"]
    assert column == {"heading": "Service Level", "kind": "ratio", "of": "offered"}
    assert questions(proposal) == ["threshold_seconds", "offered"]


def test_it_names_queues_by_their_names(cast: Cast) -> None:
    make_queue(cast.contract, "hanbit-cs", name="CS 상담")
    cast.queue.name = "주문 전화"
    cast.queue.save()

    proposal = proposed(cast, "팀,일자,인입\n주문전화,2026-03-02,5\nCS상담,2026-03-02,6\n야간,2026-03-02,7\n")

    assert proposal.mapping["queues"] == {"주문전화": QUEUE, "CS상담": "hanbit-cs"}
    assert proposal.queue_names == {"주문전화": QUEUE, "CS상담": "hanbit-cs", "야간": ""}
    assert questions(proposal) == ["queues", "offered"]


def test_it_asks_for_the_queue_where_there_are_several(cast: Cast) -> None:
    make_queue(cast.contract, "hanbit-cs")

    proposal = proposed(cast, "일자,인입\n2026-03-02,5\n2026-03-03,5\n")

    assert (questions(proposal)[0], proposal.trial) == ("queue", None)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("26.3.2", "26.3.3"), {"date_format": "ymd"}),
        (("3/2", "3/3"), {"date_format": "md"}),
        (("12/30", "12/31"), {"date_format": "md"}),
        (("3/2/26", "3/3/26"), {"date_format": "mdy"}),
        (("30/1/2026", "31/1/2026"), {"date_format": "dmy"}),
        (("3월 2일", "3월 3일"), {}),
        (("20260302", "20260303"), {}),
        (("2026년 3월 2일", "2026년 3월 3일"), {}),
        (("46083", "46084"), {"date_format": "excel"}),
    ],
)
def test_it_tells_the_order_of_dates_by_days_that_follow(
    cast: Cast, cells: tuple[str, str], found: dict[str, Any]
) -> None:
    proposal = proposed(cast, f"일자,인입\n{cells[0]},5\n{cells[1]},6\n")

    given = {name: proposal.mapping[name] for name in ("date_format", "year") if name in proposal.mapping}
    assert (given, proposal.mapping["columns"]["date"]) == (found, "일자")


def test_it_asks_where_dates_read_in_two_ways(cast: Cast) -> None:
    proposal = proposed(cast, "일자,인입\n3/3/26,5\n5/5/26,6\n")

    assert questions(proposal)[0] == "date_order"


def test_it_reads_a_two_line_header_of_channels(cast: Cast) -> None:
    proposal = proposed(cast, "일자,전화,,채팅,\n,인입,응대,인입,응대\n2026-03-02,10,9,5,4\n2026-03-03,11,9,5,4\n")

    assert proposal.mapping["header_rows"] == 2
    assert proposal.mapping["columns"] == {
        "date": "일자",
        "offered": "전화 / 인입",
        "answered": "전화 / 응대",
        "chat_offered": "채팅 / 인입",
        "chat_answered": "채팅 / 응대",
    }


def test_it_recognises_months_of_history(cast: Cast) -> None:
    proposal = proposed(cast, "월,인입,응대율\n2026-01,10000,91.2\n2026-02,12000,92.5\n")

    assert proposal.mapping["columns"]["month"] == "월"
    assert proposal.trial is not None
    assert proposal.trial.preview[1] == {
        "line": 3,
        "queue": QUEUE,
        "month": "2026-02",
        "measures": {"offered": 12000, "answered": 11100},
    }


def test_it_recognises_a_matrix_and_a_long_table(cast: Cast) -> None:
    matrix = proposed(cast, "구분,3/1,3/2,3/3\n인입,5,6,7\n응대,4,5,6\n")
    long = proposed(cast, "일자,항목,값\n2026-03-02,인입,5\n2026-03-02,응대,4\n2026-03-03,인입,6\n2026-03-03,응대,5\n")

    assert {name: matrix.mapping.get(name) for name in ("shape", "label", "date_format", "year")} == {
        "shape": "matrix",
        "label": "구분",
        "date_format": "md",
        "year": None,
    }
    assert {name: long.mapping[name] for name in ("shape", "label", "value")} == {
        "shape": "long",
        "label": "항목",
        "value": "값",
    }
    for proposal in (matrix, long):
        assert proposal.trial is not None
        assert not proposal.trial.errors
        assert proposal.trial.preview[0]["measures"] == {"offered": 5, "answered": 4}


def test_it_leaves_out_persons_running_totals_and_what_stands_twice(cast: Cast) -> None:
    proposal = proposed(
        cast, "일자,인입,인입 누계,인입호,상담사ID,메모\n2026-03-02,5,5,5,A1,-\n2026-03-03,6,11,6,A2,확인\n"
    )

    assert holds(proposal) == {
        "일자": "date",
        "인입": "offered",
        "인입 누계": None,
        "인입호": None,
        "상담사ID": None,
        "메모": None,
    }


def test_it_answers_over_the_api(cast: Cast) -> None:
    client = client_for(cast.admin)
    url = "/api/v1/import-profiles/propose/?vendor=hanbit"
    body = "일자,인입\n2026-03-02,5\n2026-03-03,6\n".encode("cp949")

    answer = client.generic("POST", url, body, content_type="text/csv")

    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert found["mapping"] == {"queue": QUEUE, "columns": {"date": "일자", "offered": "인입"}}
    assert [column["holds"] for column in found["columns"]] == ["date", "offered"]
    assert (found["trial"]["rows"], found["trial"]["errors"]) == (2, [])
    profile = {"vendor": "hanbit", "code": "acd", "name": "ACD", "mapping": found["mapping"]}
    assert client.post("/api/v1/import-profiles/", profile).status_code == 201
    for path, code in ((url.replace("hanbit", "narae"), "bad_query"), (url, "empty_file")):
        assert_problem(client.generic("POST", path, b"", content_type="text/csv"), 400, code)
