"""Terms of money: versions as a whole, what may stand in them, and their page and address."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from bpo.calc.settlement import Step
from bpo.models import MoneyTerms
from bpo.queries.money_terms import terms_of, terms_on, with_terms
from bpo.queries.money_words import rule_words, step_words
from bpo.services import money
from kpis.models import Target
from tests.bpo.money_world import BY_GRADE, FEE, PERCENTS, agree, by_kpi
from tests.bpo.pages_sample import signed_in
from tests.bpo.scorecard_world import APRIL, IN_MAY, compute, finalised, korean_contract
from tests.cast import client_for
from tests.make import make_actor, make_contract, make_kpi, make_measure, make_target, make_user, make_vendor
from vendors.choices import Role
from vendors.errors import DomainError, Forbidden
from vendors.models import AuditEntry, Contract

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


def spans(contract: Contract) -> list[tuple[int, int | None]]:
    rows = MoneyTerms.objects.filter(contract=contract, replaced_at=None).order_by("valid_from")
    return [(row.valid_from.month, row.valid_until and row.valid_until.month) for row in rows]


def test_versions_hold_from_their_month_until_the_next_and_one_of_the_same_month_is_kept() -> None:
    contract = make_contract()
    first, last = agree(contract), agree(contract, valid_from=date(2026, 10, 1))

    between = agree(contract, {"fees": [FEE]}, date(2026, 7, 1))

    assert spans(contract) == [(4, 7), (7, 10), (10, None)]
    again = agree(contract, {"fees": [FEE]}, date(2026, 7, 1))
    assert again.pk == between.pk, "the same terms again changed something"
    instead = agree(contract, BY_GRADE, date(2026, 7, 1))
    between.refresh_from_db()
    assert (between.replaced_at, between.rules["scheme"]) == (IN_MAY, "none")
    assert spans(contract) == [(4, 7), (7, 10), (10, None)]
    held = {month: (found := terms_on(contract.pk, date(2026, month, 1))) and found.id for month in (3, 4, 7, 12)}
    assert held == {3: None, 4: first.pk, 7: instead.pk, 12: last.pk}
    (row,) = with_terms(Contract.objects.filter(pk=contract.pk), "pk", date(2026, 8, 1))
    annotated = terms_of(row)
    assert annotated is not None
    assert annotated.id == instead.pk
    entry = AuditEntry.objects.filter(action="money_terms.set").first()
    assert entry is not None
    assert entry.changes["replaces"] == between.pk


def judged_contract() -> Contract:
    """A contract whose cards weigh answer rate (minimum 80), handle time (minimum 300) and one within a band."""
    contract = make_contract()
    make_target(contract, make_kpi("answer_rate"), 90, minimum=80, weight=60)
    make_target(contract, make_kpi("aht", "handle_s / answered", direction="lower"), 240, minimum=300, weight=30)
    band = make_kpi("occupancy", "100 * handle_s / logged_s", direction="band")
    make_target(contract, band, 80, target_upper=85, weight=10, attainment_mode="band")
    return contract


def pool(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept = [{**row, "share": Decimal(row.get("share", 50))} for row in rows]
    return {"fees": [FEE], "scheme": "kpi", "at_risk": Decimal(10), "allocations": kept, **more}


UNIT = {"kind": "unit", "price": Decimal(1200), "measure": "answered"}
SLIDE = {"kpi": "answer_rate", "severity": "slide"}
FAULTS = {
    "day": ({**BY_GRADE, "valid_from": date(2026, 4, 2)}, "valid_from", "not_first"),
    "scheme": ({**BY_GRADE, "scheme": "gift"}, "scheme", "invalid_choice"),
    "no fee": ({**BY_GRADE, "fees": []}, "fees", "required"),
    "fees": ({"fees": [FEE] * 21}, "fees", "too_many"),
    "price": ({"fees": [{"kind": "fixed"}]}, "fees.0.price", "required"),
    "dear": ({"fees": [{"kind": "fixed", "price": Decimal(10) ** 13}]}, "fees.0.price", "number_range"),
    "fine": ({"fees": [{"kind": "fixed", "price": Decimal("0.00001")}]}, "fees.0.price", "too_many_decimals"),
    "heads": ({"fees": [{"kind": "head", "price": Decimal(1)}]}, "fees.0.heads", "required"),
    "measure": ({"fees": [{**UNIT, "measure": "smiles"}]}, "fees.0.measure", "unknown_measure"),
    "stock": ({"fees": [{**UNIT, "measure": "backlog"}]}, "fees.0.measure", "not_additive"),
    "half": ({"fees": [{**UNIT, "minimum_share": Decimal(90)}]}, "fees.0.agreed_volume", "required"),
    "grade": ({**BY_GRADE, "percents": {**PERCENTS, "E": Decimal(0)}}, "percents.E", "unknown_grade"),
    "gap": ({**BY_GRADE, "percents": {"S": Decimal(3)}}, "percents.A", "required"),
    "rising": ({**BY_GRADE, "percents": {**PERCENTS, "D": Decimal(1)}}, "percents.D", "not_falling"),
    "between": ({**BY_GRADE, "between": "curve"}, "between", "invalid_choice"),
    "nobody": (pool(), "allocations", "required"),
    "not weighed": (pool({"kpi": "smiles"}), "allocations.0.kpi", "not_on_card"),
    "band": (pool({"kpi": "occupancy"}), "allocations.0.kpi", "two_sided"),
    "twice": (pool({"kpi": "aht"}, {"kpi": "aht"}), "allocations.1.kpi", "twice"),
    "over the pool": (pool({"kpi": "aht", "share": 60}, {"kpi": "answer_rate"}), "allocations", "over_pool"),
    "over its cap": (pool({"kpi": "aht"}, most_share=Decimal(40)), "allocations.0.share", "number_range"),
    "no floor": (pool(SLIDE), "allocations.0.floor", "required"),
    "floor above": (pool({**SLIDE, "floor": Decimal(80)}), "allocations.0.floor", "floor_side"),
    "floor below": (pool({**SLIDE, "kpi": "aht", "floor": Decimal(300)}), "allocations.0.floor", "floor_side"),
    "repeat": (pool({"kpi": "aht"}, repeat_from=1, repeat_multiplier=Decimal(2)), "repeat_from", "number_range"),
    "bonus": (pool({"kpi": "aht"}, bonus=Decimal(1)), "bonus_from", "required"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "place", "code"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_named_at_its_place_and_nothing_is_stored(data: dict[str, Any], place: str, code: str) -> None:
    contract = judged_contract()
    make_measure("backlog", rollup="stock")

    with pytest.raises(DomainError) as caught:
        agree(contract, data, data.get("valid_from", APRIL))

    assert (place, code) in [(one.field, one.code) for one in caught.value.errors]
    assert not MoneyTerms.objects.exists()


def test_terms_are_kept_with_what_their_scheme_needs_and_nothing_else() -> None:
    slide = {**SLIDE, "floor": Decimal("70.50"), "is_critical": True}
    made = agree(judged_contract(), pool(slide, bonus=Decimal(1), bonus_from=Decimal(95), percents=PERCENTS))

    assert made.rules == {
        "fees": [{"kind": "fixed", "label": "월 기본료", "price": "120000000"}],
        "scheme": "kpi", "vat": "10", "at_risk": "10", "pool": "100", "most_share": "100",
        "allocations": [
            {"kpi": "answer_rate", "queue": None, "share": "50", "severity": "slide", "floor": "70.5",
             "is_critical": True}
        ],
        "bonus": "1", "bonus_from": "95",
    }  # fmt: skip


def test_a_manager_of_another_vendor_sets_none() -> None:
    other = make_actor(Role.MANAGER, make_vendor())

    with pytest.raises(Forbidden):
        money.set_terms(make_contract(), {**BY_GRADE, "valid_from": APRIL}, actor=other, now=IN_MAY)


@pytest.fixture
def contract() -> Contract:
    """Its April came to 84.00, grade B, and is final."""
    made = korean_contract()
    compute(made)
    finalised(made)
    return made


def sent(contract: Contract, **more: Any) -> dict[str, Any]:
    percents = {grade: f"{value}" for grade, value in PERCENTS.items()}
    fee = {"kind": "fixed", "label": "Fee", "price": "120000000"}
    return {"contract": contract.code, "valid_from": "2026-04-01", "fees": [fee], "scheme": "grade", **more} | {
        "percents": percents
    }


def test_a_preview_shows_the_last_final_months_and_stores_nothing(contract: Contract) -> None:
    manager = client_for(make_user(role=Role.MANAGER))

    harsh = {**PERCENTS, "B": Decimal("-0.5")}
    body = sent(contract) | {"percents": {grade: f"{value}" for grade, value in harsh.items()}}
    answer = manager.post("/api/v1/money-terms/preview/", body, format="json")

    assert answer.status_code == 200, answer.content
    assert answer.json()["months"] == [
        {"start": "2026-04-01", "score": "84.0000", "grade": "B", "fee": "120000000", "adjustment": "-600000",
         "payable": "119400000", "reason": ""}
    ]  # fmt: skip
    assert not MoneyTerms.objects.exists()


def test_managers_write_the_vendor_reads_its_own_and_departments_nothing(contract: Contract) -> None:
    manager = client_for(make_user(role=Role.MANAGER))
    vendor = make_user(role=Role.VENDOR_MEMBER, vendor=contract.vendor)
    outsider, department = make_user(role=Role.VENDOR_ADMIN, vendor=make_vendor()), make_user(role=Role.DEPARTMENT)

    made = manager.post("/api/v1/money-terms/", sent(contract, signed_on="2026-03-20", note="9차 변경"), format="json")

    assert made.status_code == 201, made.content
    path = f"/api/v1/money-terms/{made.json()['id']}/"
    read = client_for(vendor).get(path).json()
    assert (read["signed_on"], read["note"], read["is_replaced"]) == ("2026-03-20", "9차 변경", False)
    assert read["rules"]["percents"]["C"] == "-3"
    assert client_for(vendor).post("/api/v1/money-terms/", sent(contract), format="json").status_code == 403
    assert [client_for(who).get(path).status_code for who in (outsider, department)] == [404, 403]
    bad = manager.post("/api/v1/money-terms/", sent(contract, fees=[{"kind": "x"}]), format="json")
    assert bad.status_code == 400
    assert bad.json()["errors"][0]["field"].startswith("fees")


def typed(**more: str) -> dict[str, str]:
    percents = {f"percents.{grade}": f"{value}" for grade, value in PERCENTS.items()}
    fee = {"fees.0.kind": "fixed", "fees.0.price": "120000000"}
    return {"valid_from": "2026-04", "scheme": "grade", "vat": "10", **fee, **percents, **more}


def test_the_page_shows_past_months_before_it_stores_and_what_is_wrong_at_its_field(contract: Contract) -> None:
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="ko")

    checked = manager.post(path, typed(act="check", **{"percents.B": "-0.5"})).content.decode()
    wrong = manager.post(path, typed(act="store", **{"percents.D": "9"}))

    assert "−600,000원" in checked
    assert "84.00" in checked
    assert wrong.status_code == 400
    assert 'id="id_percents.D"' in wrong.content.decode()
    assert not MoneyTerms.objects.exists()
    assert manager.post(path, typed(act="store")).status_code == 302
    assert MoneyTerms.objects.get().rules["percents"]["C"] == "-3"
    shown = manager.get(path).content.decode()
    assert "120,000,000원" in shown
    assert 'value="-3"' in shown


def test_by_kpi_the_page_names_the_kpis_of_the_cards(contract: Contract) -> None:
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="en")
    rows = {"at_risk": "10", "allocations.1.share": "50", "allocations.1.severity": "slide"}

    wrong = manager.post(path, typed(act="store", **rows, scheme="kpi"))
    stored = manager.post(path, typed(act="store", **rows, scheme="kpi", **{"allocations.1.floor": "65"}))

    assert wrong.status_code == 400
    assert 'name="allocations.1.floor"' in wrong.content.decode()
    assert stored.status_code == 302
    assert [row["kpi"] for row in MoneyTerms.objects.get().rules["allocations"]] == ["quality"]


def test_several_faults_of_one_row_stand_each_on_its_field(contract: Contract) -> None:
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="en")
    rows = {"at_risk": "10", "allocations.1.share": "50", "allocations.1.severity": "slide", "most_share": "40"}

    wrong = manager.post(path, typed(act="store", **rows, scheme="kpi"))

    assert wrong.status_code == 400
    errors = wrong.context["form"].errors
    assert {"allocations.1.share", "allocations.1.floor"} <= errors.keys()


def fields_of(form: Any) -> dict[str, str]:
    """Return what a browser posts of a form as it stands."""
    found = {field.html_name: field.value() for field in form}
    found |= {f"allocations.{number}.of": one.key for number, (one, _row) in enumerate(form.pool_rows)}
    return {name: f"{value}" for name, value in found.items() if value not in (None, "", False)}


def test_storing_what_the_form_shows_loses_no_line_and_no_allocation(contract: Contract) -> None:
    agree(contract, by_kpi(answer_rate=30, quality=20) | {"fees": [FEE] * 7})
    Target.objects.filter(series__kpi__code="answer_rate").update(valid_until=APRIL)
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="en")

    form = manager.get(path).context["form"]
    posted = fields_of(form)
    gone = next(n for n, (one, _row) in enumerate(form.pool_rows) if one.kpi == "answer_rate")
    refused = manager.post(path, posted | {"act": "store"})
    stored = manager.post(path, posted | {"act": "store", f"allocations.{gone}.share": ""})

    assert (refused.status_code, stored.status_code) == (400, 302)
    assert f"allocations.{gone}.share" in refused.context["form"].errors
    rules = MoneyTerms.objects.latest("pk").rules
    assert len(rules["fees"]) == 7
    assert [row["kpi"] for row in rules["allocations"]] == ["quality"]
    assert len(form.fee_rows) == 9


def test_the_form_asks_for_the_grades_and_kpis_of_the_month_that_was_typed(contract: Contract) -> None:
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="en")
    begins = date(2027, 1, 1)
    grades = [{"grade": "PASS", "from": "80"}, {"grade": "FAIL", "from": "0"}]
    contract.terms.create(valid_from=begins, grades=grades)
    Target.objects.filter(series__kpi__code="answer_rate").update(valid_until=begins)
    own = {"percents.PASS": "0", "percents.FAIL": "-5"}

    checked = manager.post(path, typed(act="check", valid_from="2027-01", **own))
    stored = manager.post(path, typed(act="store", valid_from="2027-01", **own))

    assert [row.name for row in checked.context["form"].percent_fields] == list(own)
    assert "answer_rate" not in [one.kpi for one, _row in checked.context["form"].pool_rows]
    assert stored.status_code == 302
    assert MoneyTerms.objects.get().rules["percents"] == {"PASS": "0", "FAIL": "-5"}


@pytest.mark.parametrize(
    ("price", "currency", "words"),
    [
        ("350.5", "KRW", "350.5원"),
        ("0.40", "USD", "0.4 USD"),
        ("1234", "KRW", "1,234원"),
    ],
)
def test_a_price_is_written_with_its_decimals(price: str, currency: str, words: str) -> None:
    unit = {"kind": "unit", "label": "", "price": price, "measure": "answered"}
    step = Step("fee_unit", "", {"price": Decimal(price), "measure": "answered", "volume": Decimal(3), "billed": 3})

    with translation.override("ko"):
        ((_name, text),) = rule_words({"fees": [unit], "scheme": "none"}, currency)
        ((_about, how, _amount),) = step_words([step], currency, {})

    assert text == f"{words} × answered"
    assert how.startswith(f"{words} × 3")


@pytest.mark.parametrize(
    "broken", [{"fees": [{"kind": "fixed"}]}, {"scheme": "kpi", "allocations": [{"share": "1"}]}, ["x"], {"fees": 3}]
)
def test_terms_that_cannot_be_read_are_shown_as_such_and_can_be_entered_again(contract: Contract, broken: Any) -> None:
    terms = agree(contract)
    MoneyTerms.objects.filter(pk=terms.pk).update(rules=broken)
    path, manager = f"/targets/{contract.code}/money/", signed_in(Role.MANAGER, language="en")

    page = manager.get(path)

    assert page.status_code == 200
    assert "These terms of money cannot be read. Enter them again." in page.content.decode()
    assert manager.post(path, typed(act="store")).status_code == 302


def test_who_reads_and_does_not_write_sees_no_form(contract: Contract) -> None:
    agree(contract, by_kpi(answer_rate=50))
    path = f"/targets/{contract.code}/money/"
    clients: dict[str, Client] = {
        "vendor": signed_in(Role.VENDOR_ADMIN, contract.vendor, language="en"),
        "executive": signed_in(Role.EXECUTIVE, language="en"),
    }

    for client in clients.values():
        page = client.get(path).content.decode()
        assert "10 % of the fee" in page
        assert '<form class="form panel money"' not in page
        assert client.post(path, typed(act="store")).status_code == 403
    assert signed_in(Role.VENDOR_ADMIN, make_vendor()).get(path).status_code == 404
    assert signed_in(Role.DEPARTMENT).get(path).status_code == 403
