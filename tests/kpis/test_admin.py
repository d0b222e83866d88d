"""Definitions, targets and sets are typed in the administration and decided by their services."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import Kpi, KpiVersion, Measure, RecalculationMark, Target, TargetSet
from tests.cast import Cast
from tests.kpis.large_files import reads_content
from tests.make import make_import_job, make_kpi, make_measure, make_target
from tests.vendors.test_admin import errors, post, signed_in
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db


def target_data(cast: Cast, kpi: Kpi, **fields: Any) -> dict[str, Any]:
    return {
        "contract": cast.contract.pk,
        "kpi": kpi.pk,
        "period": "month",
        "valid_from": "2026-02-01",
        "target": "90",
        "weight": "40",
        **fields,
    }


def test_it_asks_for_a_target_and_fills_in_the_rest_by_the_kpi(cast: Cast) -> None:
    kpi = make_kpi("abandonment", "100 * abandoned / offered", direction="lower")

    answer = signed_in(cast.manager_of_a).post("/admin/kpis/target/add/", target_data(cast, kpi), follow=True)

    target = Target.objects.get()
    assert (target.series.contract, target.attainment_mode) == (cast.contract, "linear_lower")
    assert "The weights sum to 40, not 100" in answer.content.decode()
    assert RecalculationMark.objects.filter(contract=cast.contract).exists()
    assert AuditEntry.objects.latest("id").object_type == "target"


def test_it_tells_of_an_overlap_on_the_date(cast: Cast) -> None:
    kpi = make_kpi("answer_rate")
    make_target(cast.contract, kpi)

    answer = signed_in(cast.manager).post("/admin/kpis/target/add/", target_data(cast, kpi))

    assert list(answer.context_data["adminform"].form.errors) == ["valid_from"]
    assert Target.objects.count() == 1


@pytest.mark.parametrize("contract", ["", "other"])
def test_it_lets_a_manager_set_targets_of_its_vendor_only(contract: str, cast: Cast) -> None:
    data = target_data(cast, make_kpi("answer_rate"), contract=contract and cast.other_contract.pk)

    answer = signed_in(cast.manager_of_a).post("/admin/kpis/target/add/", data)

    assert answer.context_data["adminform"].form.errors
    assert not Target.objects.exists()


def test_it_changes_only_what_was_typed(cast: Cast) -> None:
    target = make_target(cast.contract, make_kpi("answer_rate"), weight=100, tiers=None)
    client = signed_in(cast.manager)
    form = client.get(f"/admin/kpis/target/{target.pk}/change/").context_data["adminform"].form
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: "" if value is None else value for name, value in data.items()} | {"target": "92.5"}
    data |= {"parameters": "{}", "tiers": ""}

    answer = client.post(f"/admin/kpis/target/{target.pk}/change/", data)

    assert answer.status_code == 302, errors(answer)
    assert AuditEntry.objects.latest("id").changes == {"target": ["90", "92.5"]}


def test_it_makes_a_kpi_and_later_a_version_of_it(cast: Cast) -> None:
    make_measure("answered"), make_measure("offered")
    client = signed_in(cast.manager)
    words = {"name": "Answer rate", "channel": "any", "journey_stage": "any"}
    arithmetic = {"formula": "100 * answered / offered", "unit": "%", "direction": "higher"}

    made = post(client, "/admin/kpis/kpi/add/", {**words, **arithmetic, "code": "rate"})
    assert made.status_code == 302, errors(made)
    kpi = Kpi.objects.get(code="rate")
    changed = post(
        client,
        f"/admin/kpis/kpi/{kpi.pk}/change/",
        {**words, **arithmetic, "formula": "answered / offered", "valid_from": "2027-01-01"},
    )

    assert changed.status_code == 302, errors(changed)
    versions = KpiVersion.objects.filter(kpi=kpi).values_list("formula", "valid_from")
    assert list(versions) == [("100 * answered / offered", None), ("answered / offered", date(2027, 1, 1))]


def test_it_says_what_is_wrong_with_a_formula(cast: Cast) -> None:
    data = {"name": "X", "channel": "any", "code": "x_rate", "formula": "100 * nothing_known"}

    answer = post(signed_in(cast.manager), "/admin/kpis/kpi/add/", data)

    assert list(answer.context_data["adminform"].form.errors) == ["formula"]
    assert not Kpi.objects.exists()


def test_it_keeps_definitions_from_a_manager_of_one_vendor(cast: Cast) -> None:
    client = signed_in(cast.manager_of_a)

    assert client.get("/admin/kpis/measure/add/").status_code == 403
    assert client.get("/admin/kpis/kpi/").status_code == 200
    assert not Measure.objects.exists()


def test_it_applies_a_set_to_contracts(cast: Cast) -> None:
    make_kpi("answer_rate")
    client = signed_in(cast.manager)
    items = '[{"kpi": "answer_rate", "target": 90.5, "weight": 100}]'
    post(client, "/admin/kpis/targetset/add/", {"code": "mine", "name": "Mine", "items": items, "policies": "{}"})
    made = TargetSet.objects.get(code="mine")
    address = f"/admin/kpis/targetset/{made.pk}/apply/"
    data = {"_form_submitted": "1", "contracts": [cast.contract.pk], "valid_from": "2026-03-01"}

    theirs = signed_in(cast.manager_of_b).post(address, data)
    ours = client.post(address, data)

    assert "HX-Redirect" not in theirs
    assert ours["HX-Redirect"] == f"/admin/kpis/targetset/{made.pk}/change/"
    assert [str(target.target.normalize()) for target in Target.objects.all()] == ["90.5"]


@pytest.mark.parametrize("page", ["", "{pk}/change/"])
def test_it_shows_large_files_without_reading_them(page: str, cast: Cast) -> None:
    job = make_import_job(vendor=cast.vendor, filename="march.xlsx")
    client = signed_in(cast.manager)

    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/admin/kpis/importjob/" + page.format(pk=job.pk))

    assert "march.xlsx" in answer.content.decode()
    assert not reads_content(queries)


def test_it_tries_a_failed_mark_again(cast: Cast) -> None:
    mark = RecalculationMark.objects.create(
        contract=cast.contract, first_on=date(2026, 1, 1), last_on=date(2026, 1, 1), attempts=5, error="boom"
    )
    client: Client = signed_in(cast.manager_of_a)

    assert "boom" in client.get("/admin/kpis/recalculationmark/").content.decode()
    client.post("/admin/kpis/recalculationmark/", {"action": "try_again", "_selected_action": [mark.pk]})

    mark.refresh_from_db()
    assert (mark.attempts, mark.error) == (0, "")
