"""The all-staff edition: what the programme did as a whole; not one vendor, contract or centre can be made out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from bpo.queries.staff import staff_edition
from bpo.reports.editions import EDITIONS
from kpis.models import ExternalFactor
from tests.bpo.editions.world import MANAGER, OCTOBER, TAGS, approve_outage, make_vendors, pages_of
from tests.bpo.pages_sample import AFTER, MONTH, Programme, report, signed_in
from tests.cast import client_for
from tests.checks import queries_of
from tests.make import make_actor, make_user
from vendors.choices import Role
from vendors.errors import Forbidden
from vendors.models import Centre, Contract, Queue, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

FILES = ("all_staff_pdf", "all_staff_html")


def texts_of(name: str, language: str) -> tuple[bytes, str]:
    """Return a file, and everything a program can read out of it."""
    content = EDITIONS[name].render(MANAGER, OCTOBER, language, now=AFTER)
    text = content.decode() if name.endswith("html") else " ".join(pages_of(content))
    return content, text


def names() -> set[str]:
    """Return what any vendor, contract, centre, queue or factor is called."""
    found = {
        str(value)
        for model in (Vendor, Contract, Centre, Queue)
        for row in model.objects.all()
        for value in (row.code, row.name, getattr(row, "name_ko", ""))
    }
    return {*found, *ExternalFactor.objects.values_list("title", flat=True)} - {""}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", FILES)
def test_no_name_or_code_of_anybody_is_in_it(programme: Programme, name: str, language: str) -> None:
    report(programme, MONTH.replace(month=9), shift=5)
    make_vendors(3)
    approve_outage(programme, "한빛 서울센터 교환기 장애")

    content, text = texts_of(name, language)

    assert len(names()) > 12
    for one in names():
        assert one.lower() not in text.lower()
        assert one.encode() not in content
    assert {"ko": "장애 1건", "en": "Outage (1)"}[language] in text


def test_its_figures_are_those_of_the_api_for_the_whole_programme(programme: Programme) -> None:
    make_vendors()

    edition = staff_edition(MANAGER, OCTOBER, now=AFTER)

    codes = {kpi.label: kpi.code for kpi in edition.page.kpis.values()}
    client = client_for(make_user("reader", Role.MANAGER))
    query = "period=month&group_by=portfolio&from=2026-10-01&to=2026-11-01"
    assert len(edition.lines) == 5
    text = texts_of("all_staff_pdf", "ko")[1]
    for line in edition.lines:
        (row,) = client.get(f"/api/v1/kpi-values/?kpi={codes[line.name]}&{query}").json()["results"]
        assert line.value == Decimal(row["value"])
        assert f"{line.value:,.{line.decimals}f}" in text
    assert f"{edition.page.score:.2f}" in text


def test_a_whole_of_two_is_not_told_because_each_would_know_the_other(programme: Programme) -> None:
    make_vendors(1)

    edition = staff_edition(MANAGER, OCTOBER, now=AFTER)

    assert (edition.lines, edition.score, edition.withheld) == ([], None, 5)
    assert "공개할 수 있는 실적이 없습니다" in texts_of("all_staff_pdf", "ko")[1]


def test_a_period_before_in_which_fewer_took_part_is_not_told(programme: Programme) -> None:
    make_vendors()
    report(programme, MONTH.replace(month=9), shift=5)

    edition = staff_edition(MANAGER, OCTOBER, now=AFTER)

    assert edition.score is not None
    assert edition.change is None
    assert {line.before for line in edition.lines} == {None}


def test_it_says_what_moved_and_which_way_is_better(programme: Programme) -> None:
    for number, one in enumerate([programme, *make_vendors()]):
        report(one, MONTH.replace(month=9), shift=5 - number)

    edition = staff_edition(MANAGER, OCTOBER, now=AFTER)

    assert edition.worst is not None
    assert edition.worst.change is not None
    assert edition.worst.change < 0
    text = texts_of("all_staff_html", "ko")[1]
    assert f"가장 나빠진 지표: {edition.worst.name}" in text
    assert "▼ 나빠짐" in text


def test_it_is_one_page_and_the_html_needs_no_other_file(programme: Programme) -> None:
    make_vendors()

    content, text = texts_of("all_staff_html", "en")

    assert len(pages_of(texts_of("all_staff_pdf", "en")[0])) == 1
    assert "Thank you" in TAGS.sub(" ", text)
    assert b"http" not in content
    assert b"<script" not in content


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VENDOR_ADMIN, Role.DEPARTMENT])
def test_it_is_made_for_managers_and_executives_alone(programme: Programme, role: Role) -> None:
    actor = make_actor(role, programme.vendor if role == Role.VENDOR_ADMIN else None)

    with pytest.raises(Forbidden):
        EDITIONS["all_staff_pdf"].render(actor, OCTOBER, "ko", now=AFTER)


def test_a_manager_of_some_vendors_gets_none_because_it_would_tell_of_these(programme: Programme) -> None:
    client = Client()
    client.force_login(make_user("of-one", Role.MANAGER, programme.vendor))

    assert client.get("/overview/all_staff_pdf/").status_code == 403
    assert "/overview/all_staff_pdf/" not in client.get("/overview/", {"on": "2026-10-15"}).content.decode()
    assert client.get("/overview/overview_pdf/").status_code == 200


def test_it_costs_the_same_whatever_the_number_of_vendors(programme: Programme) -> None:
    few = len(queries_of(lambda: staff_edition(MANAGER, OCTOBER, now=AFTER)))
    make_vendors(4)

    assert len(queries_of(lambda: staff_edition(MANAGER, OCTOBER, now=AFTER))) == few
    assert signed_in(Role.EXECUTIVE).get("/overview/all_staff_html/").status_code == 200
