"""``/api/v1/scorecards/`` as the cast sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from bpo.models import Scorecard
from bpo.services import scorecards
from kpis.models import DailyMetric
from tests.bpo.scorecard_world import APRIL, IN_MAY, MANAGER, card_of, compute, service_level_contract
from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_figures, make_kpi, make_target

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

URL = "/api/v1/scorecards/"
Api = Callable[[Any], APIClient]
READS: dict[str, tuple[int, int, int]] = {
    # who: GET of a draft, of a shared card, of a final one (reliability §7)
    "superuser": (200, 200, 200),
    "manager": (200, 200, 200),
    "manager_of_a": (200, 200, 200),
    "manager_of_b": (404, 404, 404),
    "executive": (404, 404, 200),
    "analyst": (200, 200, 200),
    "department": (404, 404, 404),
    "admin": (404, 200, 200),
    "member": (404, 200, 200),
    "outsider": (404, 404, 404),
    "manager_key": (200, 200, 200),
    "executive_key": (404, 404, 200),
    "analyst_key": (200, 200, 200),
    "ingest_key": (403, 403, 403),
    "read_key": (404, 200, 200),
    "outsider_key": (404, 404, 404),
    "client_key": (403, 403, 403),
    "anonymous": (401, 401, 401),
}
DECIDES = {"superuser": 200, "manager": 200, "manager_of_a": 200, "manager_key": 200, "manager_of_b": 404}


@pytest.fixture
def draft(cast: Cast) -> Scorecard:
    """April of the cast's contract, complete and computed: 90 % against 80."""
    make_target(cast.contract, make_kpi(formula="100 * in_time / offered"), 80, weight=100, cap=100)
    for number in range(1, 31):
        make_figures(cast.queue, date(2026, 4, number), in_time=90, offered=100)
    compute(cast.contract)
    return card_of(cast.contract)


def act(client: APIClient, card: Scorecard, step: str, **body: Any) -> Any:
    return client.post(f"{URL}{card.pk}/{step}/", body, format="json")


def test_it_answers_the_fields_of_the_design(api: Api, cast: Cast, draft: Scorecard) -> None:
    body = api(cast.manager).get(f"{URL}{draft.pk}/").json()

    assert (body["contract"], body["vendor"], body["period"], body["start"]) == (
        "hanbit-2026",
        "hanbit",
        "month",
        "2026-04-01",
    )
    assert (body["version"], body["status"], body["score"], body["grade"]) == (1, "draft", "100.0000", "S")
    assert (body["completeness"], body["weight_covered"]) == ("100.0000", "100.0000")
    (line,) = body["lines"]
    assert line.items() >= {
        "kind": "kpi", "queue": None, "value": "90.00", "adjusted_value": "90", "target": "80", "minimum": None,
        "attainment": "112.5000", "score": "100.0000", "weight": "100", "points": "100.0000", "status": "met",
        "flags": [],
    }.items()  # fmt: skip
    assert body["links"]["self"].endswith(f"{URL}{draft.pk}/")


def test_it_exists_for_each_of_the_cast_at_its_stage(api: Api, cast: Cast, draft: Scorecard) -> None:
    seen: dict[str, list[int]] = {name: [] for name in cast.everybody()}
    for step in (None, scorecards.share, scorecards.finalise):
        if step is not None:
            step(draft.pk, actor=MANAGER, now=IN_MAY)
        for name, who in cast.everybody().items():
            answer = api(who).get(f"{URL}{draft.pk}/")
            seen[name].append(answer.status_code)
            page = api(who).get(URL, {"start": "2026-04-01"})
            if page.status_code == 200:
                assert page.json()["count"] == (1 if answer.status_code == 200 else 0), name

    assert {name: tuple(codes) for name, codes in seen.items()} == READS


@pytest.mark.parametrize("step", ["share", "finalise", "resolve", "judge", "gate", "withdraw-gate"])
def test_only_managers_of_the_vendor_decide(api: Api, cast: Cast, draft: Scorecard, step: str) -> None:
    for name, who in cast.everybody().items():
        answer = act(api(who), draft, step)
        if name == "anonymous":
            assert answer.status_code == 401
        elif name not in DECIDES:
            assert answer.status_code == 403, name
        elif DECIDES[name] == 404:
            assert answer.status_code == 404, name
        else:
            assert answer.status_code in (200, 400, 409), (name, answer.content)


def test_only_the_vendor_disputes_and_its_administrator_acknowledges(api: Api, cast: Cast, draft: Scorecard) -> None:
    scorecards.share(draft.pk, actor=MANAGER, now=IN_MAY)
    line = draft.lines.get().pk
    disputes = {name: act(api(who), draft, "dispute", line=line, reason="No") for name, who in cast.everybody().items()}
    signs = {name: act(api(who), draft, "acknowledge") for name, who in cast.everybody().items()}

    allowed = {name: answer.status_code for name, answer in disputes.items() if answer.status_code not in (401, 403)}
    assert allowed == {"superuser": 200, "admin": 409, "member": 409, "outsider": 404}
    allowed = {name: answer.status_code for name, answer in signs.items() if answer.status_code not in (401, 403)}
    assert allowed == {"superuser": 409, "admin": 409, "outsider": 404}


def test_it_lives_its_life_over_http(api: Api, cast: Cast, draft: Scorecard) -> None:
    manager, vendor = api(cast.manager), api(cast.admin)

    assert act(manager, draft, "share").json()["status"] == "shared"
    disputed = act(vendor, draft, "dispute", line=draft.lines.get().pk, reason="Outage", evidence="Ticket 7").json()
    assert disputed["status"] == "disputed"
    assert_problem(act(manager, draft, "finalise"), 409, "open_disputes")
    answer = {"dispute": disputed["disputes"][0]["id"], "accepted": False, "resolution": "Planned"}
    assert act(manager, draft, "resolve", **answer).json()["status"] == "shared"
    final = act(manager, draft, "finalise").json()
    assert final["status"] == "final"
    signed = act(vendor, draft, "acknowledge").json()
    assert signed["status"] == "acknowledged"
    assert [event["action"] for event in signed["events"]][-2:] == ["finalise", "acknowledge"]
    changing = ("status", "events")
    assert {k: v for k, v in final.items() if k not in changing} == {
        k: v for k, v in signed.items() if k not in changing
    }


def test_a_final_card_is_answered_with_the_same_bytes_after_a_restatement(
    api: Api, cast: Cast, draft: Scorecard
) -> None:
    manager = api(cast.manager)
    act(manager, draft, "share")
    act(manager, draft, "finalise")
    pages = [f"{URL}{draft.pk}/", f"{URL}{draft.pk}/explain/"]
    before = [manager.get(page).content for page in pages]

    DailyMetric.objects.filter(date=date(2026, 4, 7)).update(measures={"in_time": 10, "offered": 100})
    compute(cast.contract, IN_MAY)

    assert Scorecard.objects.filter(start=APRIL).count() == 2
    assert [manager.get(page).content for page in pages] == before


def test_a_line_is_named_by_its_kpi_as_well(api: Api, cast: Cast, draft: Scorecard) -> None:
    manager, vendor = api(cast.manager), api(cast.admin)
    act(manager, draft, "share")
    kpi = draft.lines.get().series.kpi.code

    assert_problem(act(vendor, draft, "dispute", reason="Outage"), 400, "required")
    assert_problem(act(vendor, draft, "dispute", kpi="none_such", reason="Outage"), 400, "unknown_line")
    assert act(vendor, draft, "dispute", kpi=kpi, reason="Outage").json()["status"] == "disputed"
    assert act(manager, draft, "resolve", kpi=kpi, reason="Planned").json()["status"] == "shared"


def test_resolving_without_a_name_answers_every_open_dispute(api: Api, cast: Cast, draft: Scorecard) -> None:
    manager, vendor = api(cast.manager), api(cast.admin)
    act(manager, draft, "share")
    assert_problem(act(manager, draft, "resolve"), 409, "no_open_dispute")
    act(vendor, draft, "dispute", line=draft.lines.get().pk, reason="Outage")

    card = act(manager, draft, "resolve", resolution="Planned").json()

    assert card["status"] == "shared"
    assert [(one["status"], one["resolution"]) for one in card["disputes"]] == [("rejected", "Planned")]


def test_it_makes_a_card_once_and_then_brings_it_up_to_date(api: Api, cast: Cast, draft: Scorecard) -> None:
    Scorecard.objects.all().delete()
    body = {"contract": "hanbit-2026", "start": "2026-04-01"}

    assert api(cast.manager).post(URL, body, format="json").status_code == 201
    assert api(cast.manager).post(URL, body, format="json").status_code == 200
    assert Scorecard.objects.filter(start=APRIL).count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"contract": "hanbit-2026", "start": "2027-04-01"}, 400, "month_not_begun"),
        ({"contract": "hanbit-2026", "start": "2026-04-02"}, 400, "not_a_month"),
        ({"contract": "hanbit-2026", "start": "2026-4-1"}, 400, "bad_date"),
        ({"contract": "hanbit-2026"}, 400, "required"),
        ({"contract": "hanbit-2026", "start": "2026-04-01", "score": 100}, 400, "unknown_field"),
        ({"contract": "no-such", "start": "2026-04-01"}, 404, "not_found"),
    ],
)
def test_it_refuses_what_makes_no_card(
    api: Api, cast: Cast, draft: Scorecard, body: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(api(cast.manager).post(URL, body, format="json"), status, code)


def test_another_vendors_contract_is_as_unknown_as_none(api: Api, cast: Cast, draft: Scorecard) -> None:
    client = api(cast.manager_of_b)
    answers = [
        client.post(URL, {"contract": code, "start": "2026-04-01"}, format="json") for code in ("hanbit-2026", "x")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"contract": "hanbit-2026", "start": "2026-04-01"}, 1),
        ({"vendor": "narae"}, 0),
        ({"status": "final"}, 0),
        ({"from": "2026-04-01", "to": "2026-05-01"}, 1),
        ({"from": "2026-05-01", "to": "2026-05-01"}, 0),
    ],
)
def test_its_list_is_filtered(api: Api, cast: Cast, draft: Scorecard, query: dict[str, str], count: int) -> None:
    assert api(cast.manager).get(URL, query).json()["count"] == count


def test_it_refuses_filters_it_does_not_know(api: Api, cast: Cast) -> None:
    assert_problem(api(cast.manager).get(URL, {"month": "2026-04"}), 400, "bad_query")
    assert_problem(api(cast.manager).get(URL, {"start": "April"}), 400, "bad_query")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nobody_edits_or_deletes_a_card(api: Api, cast: Cast, draft: Scorecard, method: str) -> None:
    assert getattr(api(cast.superuser), method)(f"{URL}{draft.pk}/", {}, format="json").status_code == 405


def test_it_explains_itself_and_its_differences(api: Api, cast: Cast, draft: Scorecard) -> None:
    client = api(cast.manager)

    why = client.get(f"{URL}{draft.pk}/explain/").json()
    assert why["lines"][0]["figure"]["formula"] == "100 * in_time / offered"
    assert why["lines"][0]["submissions"]["count"] == 30
    assert_problem(client.get(f"{URL}{draft.pk}/differences/"), 404, "no_earlier_version")
    assert client.get(f"{URL}{draft.pk}/checks/").json()["blockers"][0]["code"] == "wrong_status"


def test_its_pages_take_a_constant_number_of_queries(api: Api, cast: Cast, draft: Scorecard) -> None:
    client = api(cast.manager)

    def grow() -> None:
        for _number in range(2):
            compute(service_level_contract())

    assert_constant_queries(lambda: client.get(URL), grow)

    def widen() -> None:
        for _number in range(4):
            make_target(cast.contract, make_kpi(formula="100 * in_time / offered"), 80, weight=10)
        compute(cast.contract)

    assert_constant_queries(lambda: client.get(f"{URL}{draft.pk}/"), widen)


def test_a_gate_holds_by_its_label_until_it_is_withdrawn(api: Api, cast: Cast, draft: Scorecard) -> None:
    cast.contract.terms.update(gates=[{"kind": "cap_grade", "value": "B", "label": "Privacy"}])
    compute(cast.contract)
    client = api(cast.manager)

    gated = act(client, draft, "gate", gate="Privacy", evidence="Report 7").json()
    assert (gated["grade_before_gates"], gated["grade"]) == ("S", "B")
    assert_problem(act(client, draft, "gate", gate="Privacy", evidence="Again"), 400, "gate_holds")
    assert_problem(act(client, draft, "gate", gate="Fire", evidence="x"), 400, "unknown_gate")
    free = act(client, draft, "withdraw-gate", event=gated["gates"][0]["event"], reason="Not ours").json()
    assert free["grade"] == "S"
