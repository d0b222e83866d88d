"""The menu: what is opened every day stands in one line, the rest folds, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from bpo.templatetags.bpo_navigation import DAILY, ONE_LINE
from tests.make import make_user, make_vendor
from vendors.choices import Role

pytestmark = pytest.mark.django_db


def menu_of(person: Any, address: str = "/today/") -> str:
    """Return the menu's HTML, as the person sees it at the address."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    found = re.search(r'<nav aria-label="Main".*?</nav>', client.get(address).content.decode(), re.DOTALL)
    assert found
    return found[0]


def folded(menu: str, label: str) -> str:
    """Return what folds under the label, its opening tag included; empty when nothing does."""
    groups = [part for part in menu.split("<details")[1:] if f"<summary>{label}</summary>" in part]
    return groups[0] if groups else ""


def test_what_is_rare_folds_and_stays_reachable_for_who_may_open_much() -> None:
    menu = menu_of(make_user(role=Role.MANAGER))

    addresses = ("submissions", "corrections", "month-ends", "reports", "client", "departments")
    assert all(f'href="/{one}/"' in folded(menu, "More") for one in addresses)
    assert all(menu.count(f'href="/{one}/"') == 1 for one in addresses)
    assert "/targets/" in folded(menu, "Set-up")
    assert len(DAILY) <= ONE_LINE


def test_the_group_of_the_page_is_marked_though_it_is_closed() -> None:
    person = make_user(role=Role.MANAGER)

    there = menu_of(person, "/reports/new/")

    assert "data-here" in folded(there, "More")
    assert '<a href="/reports/" aria-current="true">' in there
    assert "data-here" not in folded(there, "Set-up")
    assert "data-here" not in folded(menu_of(person), "More")


def test_nothing_folds_for_who_has_few_entries() -> None:
    menu = menu_of(make_user(role=Role.EXECUTIVE))

    assert not folded(menu, "More")
    assert 'href="/client/"' in menu


@pytest.mark.parametrize("role", [Role.VENDOR_ADMIN, Role.VENDOR_MEMBER])
def test_a_vendor_has_its_daily_work_in_sight(role: Role) -> None:
    menu = menu_of(make_user(role=role, vendor=make_vendor()))

    in_sight = menu.split("<details", 1)[0]
    assert all(f'href="/{one}/"' in in_sight for one in ("submit", "completeness", "scorecards", "actions"))
    assert "/departments/" not in menu
