"""The closing calendar in the administration: fields with names, held to what the service holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast
from tests.vendors.test_admin import contract_data, post, signed_in
from vendors.admin.closing import FIELDS
from vendors.models import ContractTerms
from vendors.services.closing_terms import LIMITS, STEPS

pytestmark = pytest.mark.django_db


def address(cast: Cast) -> str:
    return f"/admin/vendors/contract/{cast.contract.pk}/change/"


def calendar(cast: Cast) -> dict[str, Any]:
    found: dict[str, Any] = ContractTerms.objects.get(contract=cast.contract).closing
    return found


def test_every_part_of_the_calendar_has_a_field_with_a_label(cast: Cast) -> None:
    page = signed_in(cast.manager).get(address(cast)).content.decode()

    names = {"daily_cutoff", *STEPS, "invoice_day", *LIMITS, "share_automatically"}
    assert {name.removeprefix("closing.") for name in FIELDS} == names
    assert all(f'for="id_{name}"' in page and f'name="{name}"' in page for name in FIELDS)
    assert 'name="closing"' not in page


def test_it_stores_the_calendar_that_was_typed(cast: Cast) -> None:
    typed = {
        "closing.daily_cutoff": "10:00",
        "closing.feed_closed": "2",
        "closing.shared": "3",
        "closing.backfill_days": "0",
        "closing.share_automatically": "on",
    }

    answer = post(signed_in(cast.manager), address(cast), contract_data(cast, **typed))

    assert answer.status_code == 302
    stored = {"daily_cutoff": "10:00", "feed_closed": 2, "shared": 3, "backfill_days": 0, "share_automatically": True}
    assert calendar(cast) == stored


def test_it_shows_what_is_stored_and_keeps_it_when_something_else_changes(cast: Cast) -> None:
    stored = {"daily_cutoff": "10:00", "feed_closed": 2}
    ContractTerms.objects.filter(contract=cast.contract).update(closing=stored)
    client = signed_in(cast.manager)

    page = client.get(address(cast))
    form = page.context_data["adminform"].form  # type: ignore[attr-defined]
    assert (form["closing.daily_cutoff"].value(), form["closing.feed_closed"].value()) == ("10:00", 2)
    assert "Figures close: 2" in page.content.decode()

    data = contract_data(cast, name="New name", **{f"closing.{name}": value for name, value in stored.items()})
    assert post(client, address(cast), data).status_code == 302
    assert calendar(cast) == stored


def test_emptied_fields_are_off(cast: Cast) -> None:
    ContractTerms.objects.filter(contract=cast.contract).update(closing={"daily_cutoff": "10:00", "feed_closed": 2})

    answer = post(signed_in(cast.manager), address(cast), contract_data(cast, **{"closing.feed_closed": "4"}))

    assert answer.status_code == 302
    assert calendar(cast) == {"feed_closed": 4}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"daily_cutoff": "25:00"}, "daily_cutoff"),
        ({"feed_closed": "21"}, "feed_closed"),
        ({"feed_closed": "two"}, "feed_closed"),
        ({"feed_closed": "3", "shared": "2"}, "shared"),
        ({"invoice_day": "31"}, "invoice_day"),
        ({"free_correction_days": "9", "correction_days": "3"}, "correction_days"),
        ({"share_automatically": "on"}, "share_automatically"),
    ],
)
def test_a_refusal_stands_on_its_field_and_nothing_is_written(cast: Cast, typed: dict[str, str], field: str) -> None:
    data = contract_data(cast, **{f"closing.{name}": value for name, value in typed.items()})

    answer = post(signed_in(cast.manager), address(cast), data)

    assert list(answer.context_data["adminform"].form.errors) == [f"closing.{field}"]
    assert calendar(cast) == {}


def test_a_new_contract_takes_its_calendar_along(cast: Cast) -> None:
    data = contract_data(cast, vendor=cast.vendor.pk, code="new-2026", **{"closing.final": "7"})

    answer = post(signed_in(cast.manager), "/admin/vendors/contract/add/", data)

    assert answer.status_code == 302
    assert ContractTerms.objects.get(contract__code="new-2026").closing == {"final": 7}
