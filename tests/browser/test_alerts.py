"""Alerts in a real browser, in Korean: from the inbox to a resolved alert, on a desk, a phone and in the dark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bpo.models import Alert
from kpis.models import Kpi
from tests import make
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme
from tests.browser.looking import contrasts, overflow, shot, sign_in
from tests.browser.test_corrections import press
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROJECTED = {
    "value": "77.85", "target": "80", "minimum": "70", "unit": "%", "direction": "higher", "projected": "78.60",
    "outcome": "needed", "needed": "84.00", "needed_if_less": "85.00", "needed_if_more": "83.34", "lowest": "50.60",
    "highest": "85.60", "pace": "80.00", "chance": "3", "misses_left": "1680", "misses_allowed": "6000",
    "misses": "4320", "burn": "1.11", "lost_on": "2026-10-30", "remaining_volume": "10500", "remaining_days": 9,
}  # fmt: skip


@pytest.fixture
def programme(live_server: Any) -> Programme:
    made = make_programme()
    contract = made.contract
    about = {"vendor": contract.vendor, "contract": contract, "changed_at": AFTER}
    rows = [
        ("projected_to_miss", "warning", AFTER, {"kpi": Kpi.objects.get(code="service_level"), "facts": PROJECTED}),
        ("feed_missing", "critical", AFTER, {"facts": {"count": 3, "day": "2026-11-20", "queues": ["order"]}}),
        ("corrected_late", "caution", AFTER - timedelta(days=1), {"facts": {"count": 2, "day": "2026-11-19"}}),
    ]
    for kind, severity, opened_at, fields in rows:
        values = {"period": "month", "start": MONTH, "subject": f"sample:{kind}", **fields}
        Alert.objects.create(kind=kind, severity=severity, opened_at=opened_at, **about, **values)
    make.make_user("mina", Role.MANAGER, last_name="김", first_name="민아")
    return made


def test_it_leads_from_the_inbox_to_a_resolved_alert(programme: Programme, open_page: Callable[..., Any]) -> None:
    watched = open_page()
    page = watched.page
    sign_in(page, "mina")
    page.goto("/alerts/")
    shot(page, "alerts-list")
    page.get_by_role("link", name="84.00%").first.click()
    shot(page, "alerts-detail")
    page.get_by_text("해결 처리", exact=True).click()
    page.get_by_label("조치 내용").fill("상담 인력 2명 보강")
    press(page, "해결로 처리")

    assert "알림을 해결로 처리했습니다." in page.inner_text("main")
    assert "상담 인력 2명 보강" in page.inner_text("main")
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_it_fits_a_phone_and_is_read_in_the_dark(
    programme: Programme, open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    page = open_page(width=width, scheme=scheme).page
    sign_in(page, "mina")
    detail = Alert.objects.get(subject="sample:projected_to_miss").pk

    for name, address in (("list", "/alerts/"), ("detail", f"/alerts/{detail}/")):
        page.goto(address)
        shot(page, f"alerts-{name}-{width}-{scheme}")
        assert overflow(page) <= 0
        assert contrasts(page) == []
