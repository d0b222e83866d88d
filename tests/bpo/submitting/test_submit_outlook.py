"""How the months would stand with a draft stored: of the figures as the check read them, not as they were written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kpis.models import SubmissionDraft
from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submitting.entering import PAGE, QUEUE, text
from tests.cast import client_for
from vendors.choices import MeasureOwner, Role, SecondCheck
from vendors.models import ContractTerms, MeasureProvision

pytestmark = pytest.mark.django_db

RESOLVED_WITHIN = "tat_hist"


@pytest.fixture
def median(programme: Programme) -> None:
    """Ask the contract for the median of a distribution besides its counts."""
    make.make_measure(RESOLVED_WITHIN, unit="bucket counts", rollup="histogram", edges=[1, 2], edges_version="tat_v1")
    kpi = make.make_kpi("tat_median", RESOLVED_WITHIN, aggregation="percentile:50", unit="h", direction="lower")
    make.make_target(programme.contract, kpi, 2)


def upload(client: Client, content: str) -> Any:
    file = SimpleUploadedFile("tat.csv", content.encode(), content_type="text/csv")
    return client.post(f"{PAGE}?way=file", {"file": file})["Location"]


def test_it_takes_a_distribution_as_a_cell(median: None, member: Client) -> None:
    draft = upload(member, f"queue,date,{RESOLVED_WITHIN}\n{QUEUE},2026-11-24,12;40;3\n")

    checked = member.get(draft)

    assert checked.status_code == 200
    assert "tat_median 1.39" in text(checked)


def test_it_takes_a_distribution_that_names_its_edges(
    programme: Programme, median: None, page: Callable[..., Client]
) -> None:
    ContractTerms.objects.update(second_check=SecondCheck.ALL)
    counts = {"edges_version": "tat_v1", "counts": [12, 40, 3]}
    rows = [{"queue": QUEUE, "date": "2026-11-24", "measures": {RESOLVED_WITHIN: counts}}]
    key = make.make_key("vendor", programme.vendor, ("ingest",))
    assert client_for(key).post("/api/v1/submissions/", {"rows": rows}).status_code == 202

    admin = page(Role.VENDOR_ADMIN, programme.vendor)
    checked = admin.get(f"/submit/{SubmissionDraft.objects.get().pk}/")

    assert checked.status_code == 200
    assert "tat_median 1.39" in text(checked)


def test_a_figure_that_is_only_kept_beside_anothers_is_not_counted(programme: Programme, member: Client) -> None:
    """The client's figure counts, and the vendor's opens a question: it is no part of the month."""
    MeasureProvision.objects.create(
        contract=programme.contract, measure="qa_points", owner=MeasureOwner.CLIENT, second=MeasureOwner.VENDOR
    )
    rows = [{"queue": QUEUE, "date": "2026-11-24", "measures": {"qa_points": 1080}}]
    client = client_for(make.make_key("client", None, ("ingest",)))
    assert client.post("/api/v1/submissions/", {"rows": rows}).status_code == 201
    draft = upload(member, f"queue,date,qa_points,qa_checks\n{QUEUE},2026-11-24,1200,12\n")

    shown = text(member.get(draft))

    assert "상담품질 점수 90.0" in shown
    assert "100.0" not in shown
