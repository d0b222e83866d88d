"""The receipt of a submission: its number, what it totals, and what stands on it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.models import Submission
from kpis.services.feed.receipts import totals_of
from kpis.services.submissions import submit
from tests import make
from tests.cast import Cast, client_for
from tests.kpis.feed_measures import make_measures
from tests.make import make_kpi, make_target
from vendors.choices import Role
from vendors.errors import Unprocessable

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def rows(queue: str, *days: int, **measures: Any) -> list[dict[str, Any]]:
    return [{"queue": queue, "date": f"2026-11-{day:02}", "measures": measures or {"offered": 10}} for day in days]


def send(cast: Cast, *days: int, now: datetime = NOW, **options: Any) -> Any:
    measures = options.pop("measures", {"offered": 10})
    actor = make.make_actor(Role.VENDOR_MEMBER, cast.vendor)
    return submit(actor=actor, rows=rows(cast.queue.code, *days, **measures), now=now, **options)


@pytest.fixture(autouse=True)
def _measures(db: None) -> None:
    make_measures()


def test_it_numbers_receipts_by_the_day_without_a_gap(cast: Cast) -> None:
    first = send(cast, 1)
    with pytest.raises(Unprocessable):
        send(cast, 40)
    send(cast, 2, dry_run=True)
    second = send(cast, 2)

    assert (first.number, second.number) == ("2026-1123-0001", "2026-1123-0002")
    assert set(Submission.objects.values_list("number", flat=True)) == {first.number, second.number}


def test_it_begins_again_at_midnight_in_seoul(cast: Cast) -> None:
    before = send(cast, 1, now=datetime(2026, 11, 23, 14, 59, tzinfo=UTC))
    after = send(cast, 2, now=datetime(2026, 11, 23, 15, 0, tzinfo=UTC))

    assert (before.number, after.number) == ("2026-1123-0001", "2026-1124-0001")


def test_it_gives_a_check_no_number(cast: Cast) -> None:
    assert send(cast, 1, dry_run=True).number is None


def test_it_totals_what_was_sent_measure_by_measure(cast: Cast) -> None:
    result = send(cast, 1, 2, 3, measures={"offered": 120, "answered": 100})
    again = send(cast, 1, 2, 3, measures={"offered": 120, "answered": None})

    assert result.totals == {"offered": "360", "answered": "300"}
    assert again.totals == {"offered": "360"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abc"),
            st.none() | st.integers(0, 10**12) | st.decimals(0, 10**6, places=4).map(str) | st.just([1, 2]),
        ),
        max_size=8,
    )
)
def test_totals_are_exact_whatever_columns_the_rows_have(documents: list[dict[str, Any]]) -> None:
    found = totals_of(documents)

    for code in "abc":
        numbers = [Decimal(row[code]) for row in documents if isinstance(row.get(code), int | str)]
        assert (code in found) is bool(numbers)
        assert not numbers or Decimal(found[code]) == sum(numbers)


def test_the_api_shows_number_file_hash_and_totals(cast: Cast) -> None:
    content = b"queue,date,offered\nhanbit-order-voice,2026-11-20,12\n"
    client = client_for(cast.ingest_key)
    sent = client.generic("POST", "/api/v1/submissions/", content, content_type="text/csv").json()

    receipt = client.get(f"/api/v1/submissions/{sent['id']}/").json()

    assert receipt["number"] == sent["number"]
    assert receipt["totals"] == {"offered": "12"}
    assert receipt["body_hash"] == hashlib.sha256(content).hexdigest()


def test_how_the_months_stand_is_for_those_who_read_results(cast: Cast) -> None:
    """A key that may only send reads its receipts, and no results."""
    make_target(cast.contract, make_kpi(formula="100 * answered / offered"), 90)
    sent = send(cast, 20, measures={"offered": 100, "answered": 95})
    url = f"/api/v1/submissions/{sent.id}/"

    receipts = {name: client_for(getattr(cast, name)).get(url).json() for name in ("read_key", "member", "ingest_key")}

    assert receipts["read_key"]["outlook"][0]["kpis"][0]["month_value"] == "95.00"
    assert receipts["member"]["outlook"] == receipts["read_key"]["outlook"]
    assert receipts["ingest_key"]["outlook"] == []
    assert receipts["ingest_key"]["totals"] == receipts["read_key"]["totals"]
