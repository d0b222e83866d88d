"""``reports/`` and the registry behind it: which documents there are, for whom, as files that never differ."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from bpo.queries.period_facts import known_at
from bpo.reports.editions import EDITIONS, period_code
from bpo.reports.packing import packed_alike
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from tests.bpo.editions.world import MANAGER, OCTOBER, approve_outage, make_vendors, pages_of
from tests.bpo.pages_sample import AFTER, Programme, signed_in
from tests.cast import client_for
from tests.checks import assert_problem, queries_of
from tests.make import make_user
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

ADDRESS = "/api/v1/reports/"


def client_of(role: str, **about: Any) -> Any:
    return client_for(make_user(f"a-{role}", role, **about))


def test_it_lists_what_the_actor_may_read(programme: Programme) -> None:
    rows = client_of(Role.EXECUTIVE).get(ADDRESS).json()["results"]
    fewer = client_of(Role.VENDOR_MEMBER, vendor=programme.vendor).get(ADDRESS).json()

    assert [row["edition"] for row in rows] == list(EDITIONS)
    assert rows[0] == {
        "edition": "overview_pdf",
        "name": "Overview, one printed page",
        "name_ko": "경영 요약 한 장",
        "media_type": "application/pdf",
        "kind": "pdf",
        "is_of_one_vendor": True,
    }
    assert [row["edition"] for row in fewer["results"]] == ["overview_pdf", "overview_xlsx", "meeting_pptx"]
    assert client_of(Role.DEPARTMENT).get(ADDRESS).status_code == 403


@pytest.mark.parametrize("name", list(EDITIONS))
def test_it_answers_the_file_in_the_language_asked_for(programme: Programme, name: str) -> None:
    edition, client = EDITIONS[name], client_of(Role.MANAGER)
    query = {"period": "month", "start": "2026-10-01", "language": "en"}

    answer = client.get(f"{ADDRESS}{name}/", query, headers={"accept-language": "ko"})

    assert (answer.status_code, answer["Content-Type"]) == (200, edition.media_type)
    assert answer["Content-Disposition"] == f'attachment; filename="{edition.file_name(OCTOBER, "en")}"'
    assert answer.content == edition.render(MANAGER, OCTOBER, "en", now=AFTER)
    assert answer.content != client.get(f"{ADDRESS}{name}/", {**query, "language": "ko"}).content
    accepted = client.get(f"{ADDRESS}{name}/", query, headers={"accept": edition.media_type})
    assert accepted.content == answer.content


@pytest.mark.parametrize("name", list(EDITIONS))
def test_the_same_figures_are_the_same_bytes_on_any_day(programme: Programme, name: str) -> None:
    approve_outage(programme)
    make_vendors()
    before = EDITIONS[name].render(MANAGER, OCTOBER, "ko", now=AFTER)

    later = AFTER + timedelta(days=200, hours=3)
    with time_machine.travel(later, tick=False):
        assert EDITIONS[name].render(MANAGER, OCTOBER, "ko", now=later) == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "day"}, "period"),
        ({"period": "x"}, "period"),
        ({"start": "2026-10-32"}, "start"),
        ({"start": "2026-10-02"}, "start"),
        ({"start": "1999-10-01"}, "start"),
        ({"start": "9999-12-01"}, "start"),
        ({"period": "week", "start": "2026-10-01"}, "start"),
        ({"language": "jp"}, "language"),
        ({"vendor": "nobody"}, "vendor"),
        ({"month": "2026-10"}, "month"),
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_cannot_be_read_is_refused_with_the_field(query: dict[str, str], field: str, language: str) -> None:
    client = client_of(Role.MANAGER)

    answer = client.get(f"{ADDRESS}overview_pdf/", query, headers={"accept-language": language})

    document = assert_problem(answer, 400, "bad_query")
    assert [error["field"] for error in document["errors"]] == [field]


def test_a_document_of_the_whole_programme_is_of_no_one_vendor(programme: Programme) -> None:
    answer = client_of(Role.MANAGER).get(f"{ADDRESS}all_staff_pdf/", {"vendor": programme.vendor.code})

    assert_problem(answer, 400, "bad_query")
    assert_problem(client_of(Role.ANALYST).get(f"{ADDRESS}all_staff_pdf/"), 403, "role")
    assert_problem(client_of(Role.EXECUTIVE).get(f"{ADDRESS}nothing/"), 404, "not_found")


def test_another_vendor_is_like_one_that_does_not_exist(programme: Programme) -> None:
    (other,) = make_vendors(1)
    client = client_of(Role.VENDOR_ADMIN, vendor=programme.vendor)

    foreign = client.get(f"{ADDRESS}overview_pdf/", {"vendor": other.vendor.code})
    nobody = client.get(f"{ADDRESS}overview_pdf/", {"vendor": "nobody"})

    shown = [answer.json()["detail"] for answer in (foreign, nobody)]
    assert shown[0].replace(other.vendor.code, "nobody") == shown[1]
    mine = client.get(
        f"{ADDRESS}overview_pdf/", {"start": "2026-10-01", "vendor": programme.vendor.code, "language": "ko"}
    )
    assert f"overview_2026-10_{programme.vendor.code}_ko.pdf" in mine["Content-Disposition"]
    assert "업체1" not in pages_of(mine.content)[0]


@pytest.mark.parametrize("query", [{"grain": "day"}, {"on": "x"}, {"on": "2026-13-01"}])
def test_the_page_refuses_what_it_cannot_read(programme: Programme, query: dict[str, str]) -> None:
    client = signed_in(Role.MANAGER)

    assert client.get("/overview/overview_pdf/", query).status_code == 400
    assert client.get("/overview/all_staff_pdf/", {"vendor": programme.vendor.code}).status_code == 400
    assert client.get("/overview/nothing/").status_code == 404
    assert client.get("/overview/overview_pdf/", {"vendor": "nobody"}).status_code == 404
    assert signed_in(Role.DEPARTMENT).get("/overview/overview_pdf/").status_code == 403


@pytest.mark.parametrize("name", ["overview_pdf", "meeting_pptx"])
def test_it_costs_the_same_whatever_the_number_of_vendors(programme: Programme, name: str) -> None:
    approve_outage(programme)
    edition = EDITIONS[name]
    few = len(queries_of(lambda: edition.render(MANAGER, OCTOBER, "ko", now=AFTER)))
    for one in make_vendors(3):
        approve_outage(one, "정전")

    assert len(queries_of(lambda: edition.render(MANAGER, OCTOBER, "ko", now=AFTER))) == few


@pytest.mark.parametrize(
    ("kind", "code"),
    [(PeriodKind.WEEK, "2026-W53"), (PeriodKind.MONTH, "2026-12"), (PeriodKind.QUARTER, "2026-Q4"),
     (PeriodKind.YEAR, "2026")],
)  # fmt: skip
def test_a_file_is_called_after_its_period(kind: PeriodKind, code: str) -> None:
    assert period_code(period_of(kind, date(2026, 12, 31))) == code


def test_without_a_clock_a_document_is_as_of_its_figures(programme: Programme) -> None:
    """What attaches a document need not know what time it is: the figures of the figures' own day."""
    edition = EDITIONS["overview_pdf"]

    assert edition.render(MANAGER, OCTOBER, "ko") == edition.render(MANAGER, OCTOBER, "ko", now=AFTER)
    assert known_at(OCTOBER) == AFTER


def test_where_nothing_was_ever_computed_it_is_as_of_the_end_of_the_period() -> None:
    assert known_at(OCTOBER).isoformat() == "2026-11-01T00:00:00+09:00"
    assert EDITIONS["overview_xlsx"].render(MANAGER, OCTOBER, "ko")


def test_packing_again_changes_nothing() -> None:
    content = EDITIONS["meeting_pptx"].render(MANAGER, OCTOBER, "ko", now=AFTER)

    assert packed_alike(content) == content
