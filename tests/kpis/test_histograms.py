"""Bucket counts in the feed: a list, a list with the version of its edges, a cell; and the sum they must have."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from kpis.imports import read_workbook, rows_in
from kpis.models import BucketEdges, DailyMetric
from kpis.services.submissions import SubmissionResult, submit
from tests.cast import client_for
from tests.conftest import NOW
from tests.kpis.spreadsheets import html, xls, xlsx
from tests.make import make_actor, make_contract, make_key, make_measure, make_queue
from vendors.actors import SYSTEM
from vendors.errors import Unprocessable
from vendors.models import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue(db: None) -> Queue:
    make_measure("resolved", name="Resolved")
    tat = make_measure(
        "tat_hist", name="TAT", unit="bucket counts", rollup="histogram", edges=[1, 2], edges_version="tat_v1",
        relations="tat_hist = resolved",
    )  # fmt: skip
    BucketEdges.objects.create(measure=tat, version="tat_v2", valid_from="2026-07-01", edges=[1, 2, 4])
    return make_queue(make_contract(), "desk")


def row(day: str = "2026-03-02", **measures: Any) -> dict[str, Any]:
    return {"queue": "desk", "date": day, "measures": measures}


def send(*rows: Any, **options: Any) -> SubmissionResult:
    return submit(actor=SYSTEM, now=NOW, rows=rows, **options)


def refused(*rows: Any) -> list[tuple[int | None, str | None, str, str]]:
    with pytest.raises(Unprocessable) as caught, translation.override("en"):
        send(*rows)
    return [(error.row, error.field, error.code, str(error.detail)) for error in caught.value.errors]


@pytest.mark.parametrize(
    "sent",
    [
        [12, 40, 3],
        ["12", 40.0, "3.0"],
        {"edges_version": "tat_v1", "counts": [12, 40, 3]},
        {"counts": [12, 40, 3]},
        "12;40;3",
        " 12; 40 ;3 ",
    ],
)
def test_it_takes_counts_in_every_form(sent: Any) -> None:
    send(row(tat_hist=sent))

    assert DailyMetric.objects.get().measures == {"tat_hist": [12, 40, 3]}


def test_it_takes_the_edges_in_force_on_the_day() -> None:
    send(
        row("2026-06-30", tat_hist=[1, 2, 3]),
        row("2026-07-01", tat_hist={"edges_version": "tat_v2", "counts": [1] * 4}),
    )

    assert refused(row("2026-07-02", tat_hist=[1, 2, 3])) == [
        (0, "tat_hist", "bucket_count", "TAT takes 4 bucket counts; 3 were given. "
         "The buckets end at 1, 2, 4; one more is open above."),
    ]  # fmt: skip
    assert refused(row("2026-07-02", tat_hist={"edges_version": "tat_v1", "counts": [1, 2, 3]})) == [
        (0, "tat_hist", "edges_version", "TAT is counted in the edges tat_v2 on 2026-07-02, not in tat_v1. "
         "The buckets end at 1, 2, 4; one more is open above."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (5, "not_a_list"),
        ("5", "not_a_list"),
        ({}, "not_a_list"),
        ({"counts": {"1": 2}}, "not_a_list"),
        ({"edges_version": 1, "counts": [1, 2, 3]}, "not_a_list"),
        ({"edges": "tat_v1", "counts": [1, 2, 3]}, "not_a_list"),
        ([], "bucket_count"),
        ("1;2", "bucket_count"),
        ("1;2;", "blank"),
        ([1, 2, -3], "out_of_bounds"),
        ("1;2;x", "not_a_number"),
        ([1, 2, 3.5], "not_integer"),
        ([1, 2, None], "not_a_number"),
        ([1, 2, [3]], "not_a_number"),
    ],
)
def test_it_refuses_other_forms(sent: Any, code: str) -> None:
    assert [found[:3] for found in refused(row(tat_hist=sent))] == [(0, "tat_hist", code)]
    assert not DailyMetric.objects.exists()


def test_the_sum_of_the_buckets_is_the_count() -> None:
    send(row(resolved=55, tat_hist=[12, 40, 3]))

    assert refused(row("2026-03-03", resolved=56, tat_hist=[12, 40, 3])) == [
        (0, "tat_hist", "sum_differs", "TAT (55 in all) must be the same as Resolved (56).")
    ]
    # Laid over the day as it stands: the count alone may not leave its buckets behind.
    assert [found[2] for found in refused(row(resolved=56))] == ["sum_differs"]
    assert send(row(resolved=56, tat_hist=[13, 40, 3])).changed == 2


def test_a_file_holds_the_counts_in_one_cell() -> None:
    content = b"queue,date,resolved,tat_hist\ndesk,2026-03-02,55,12;40;3\ndesk,2026-03-03,,\ndesk,2026-03-04,3,1;2\n"
    rows = rows_in(read_workbook(content))

    assert [record["measures"].get("tat_hist") for record in rows.rows] == ["12;40;3", None, "1;2"]
    with pytest.raises(Unprocessable) as caught:
        submit(actor=make_actor(), now=NOW, rows=rows.rows[::2], numbers=rows.numbers[::2])
    assert [(error.row, error.code) for error in caught.value.errors] == [(4, "bucket_count")]


CELLS = [
    ["queue", "date", "resolved", "tat_hist"],
    ["desk", "2026-03-02", "55", "12;40;3"],
    ["desk", "2026-03-03", "3", "1;1;1"],
]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("\n".join(",".join(row) for row in CELLS).encode(), "text/csv"),
        ("\n".join(";".join(f'"{cell}"' for cell in row) for row in CELLS).encode(), "text/csv"),
        ("\n".join("\t".join(row) for row in CELLS).encode(), "text/tab-separated-values"),
        (xlsx(CELLS), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (xls(CELLS), "application/vnd.ms-excel"),
        (html(CELLS), "text/html"),
    ],
    ids=["comma", "semicolon", "tab", "xlsx", "xls", "html"],
)
def test_every_kind_of_file_holds_them_so(content: bytes, media_type: str, frozen_clock: object) -> None:
    client = client_for(make_key("manager"))

    answer = client.generic("POST", "/api/v1/submissions/", content, content_type=media_type)

    assert answer.status_code == 201, answer.content.decode()
    assert [day.measures["tat_hist"] for day in DailyMetric.objects.order_by("date")] == [[12, 40, 3], [1, 1, 1]]
