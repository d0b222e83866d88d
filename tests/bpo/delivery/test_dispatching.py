"""Who is told of what: by role and wish, at once or with the digest, in working hours; and what is passed up."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test.utils import override_settings

from bpo.models import Alert, AlertEvent, Delivery, NotificationSettings
from bpo.services.alerts import acknowledge, assign
from bpo.services.delivery import dispatch, escalate
from tests.bpo.delivery.world import NOON, add_step, make_alert, make_webhook
from tests.cast import Cast
from tests.checks import queries_of
from tests.make import make_actor, make_user, make_vendor
from vendors.models import Holiday

pytestmark = pytest.mark.django_db

TOMORROW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
"""Tuesday, half past eight in Seoul."""


def messages(**filters: Any) -> list[tuple[str, str]]:
    """Return to whom what kind of message was made."""
    rows = Delivery.objects.filter(user__isnull=False, **filters).order_by("user__username", "kind")
    return [(row.user.get_username(), row.kind) for row in rows]


def test_managers_and_the_vendors_administrators_are_told_of_what_is_critical_at_once(cast: Cast) -> None:
    make_alert(cast.vendor)

    assert dispatch(now=NOON) == 1

    assert messages() == [("admin-of-a", "instant"), ("manager", "instant"), ("manager-of-a", "instant")]
    assert {row.due_at for row in Delivery.objects.all()} == {NOON}
    assert dispatch(now=NOON) == 0


def test_what_is_not_critical_comes_with_the_next_mornings_digest_which_gathers_it(cast: Cast) -> None:
    first = make_alert(cast.vendor, "warning")
    dispatch(now=NOON)
    second = make_alert(cast.vendor, "caution")
    add_step(first, "end")

    dispatch(now=NOON + timedelta(hours=1))

    assert messages() == [("admin-of-a", "digest"), ("manager", "digest"), ("manager-of-a", "digest")]
    digest = Delivery.objects.get(user__username="manager")
    assert digest.due_at == TOMORROW
    assert {event.alert_id for event in digest.events.all()} == {first.pk, second.pk}
    assert digest.events.count() == 3


def test_nobody_hears_of_another_vendors_alerts(cast: Cast) -> None:
    make_alert(cast.other_vendor)
    make_alert(None)

    dispatch(now=NOON)

    assert messages() == [("manager", "instant"), ("manager-of-b", "instant"), ("outsider", "instant")]
    assert Delivery.objects.get(user__username="outsider").events.count() == 1


@pytest.mark.parametrize(
    ("wishes", "severity", "expected"),
    [
        ({"instant_from": "caution"}, "caution", "instant"),
        ({"instant_from": "warning"}, "caution", "digest"),
        ({"instant_from": "never"}, "critical", "digest"),
        ({"wants_digest": False}, "warning", None),
        ({"wants_mail": False}, "critical", None),
    ],
)
def test_a_person_is_told_as_they_wish(wishes: dict[str, Any], severity: str, expected: str | None) -> None:
    vendor = make_vendor()
    NotificationSettings.objects.create(user=make_user("sora", "executive"), **wishes)
    make_alert(vendor, severity)

    dispatch(now=NOON)

    assert messages() == ([("sora", expected)] if expected else [])


def test_a_person_may_leave_vendors_out_and_somebody_without_an_address_is_left_alone() -> None:
    vendor, other = make_vendor(), make_vendor()
    wishes = NotificationSettings.objects.create(user=make_user("mina", "manager"))
    wishes.vendors.add(vendor)
    nobody = make_user("silent", "manager")
    nobody.email = ""
    nobody.save()
    make_alert(other)

    dispatch(now=NOON)

    assert messages() == []


def test_quiet_hours_weekends_and_holidays_hold_a_message_back() -> None:
    make_user("mina", "manager")
    Holiday.objects.create(country="KR", date="2026-11-23", name="A free Monday")
    saturday = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    make_alert(make_vendor(), at=saturday)

    dispatch(now=saturday)

    assert Delivery.objects.get().due_at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


def test_a_history_that_is_taken_in_tells_nobody() -> None:
    make_user("mina", "manager")
    make_alert(make_vendor(), at=NOON - timedelta(days=4))

    assert dispatch(now=NOON) == 1

    assert not Delivery.objects.exists()
    assert AlertEvent.objects.get().is_dispatched


def test_whom_an_alert_is_given_to_hears_of_it_at_once_and_nobody_else() -> None:
    vendor = make_vendor()
    make_user("mina", "manager")
    make_user("jisu", "vendor_member", vendor)
    NotificationSettings.objects.create(user=make_user("hana", "vendor_member", vendor), instant_from="never")
    alert = make_alert(vendor, "caution")
    dispatch(now=NOON)
    Delivery.objects.all().delete()
    assign(alert.pk, assignee="hana", actor=make_actor(), now=NOON)

    dispatch(now=NOON)

    assert messages() == [("hana", "instant")]


def test_a_webhook_hears_of_its_vendor_from_its_severity_on_and_never_of_an_internal_step() -> None:
    vendor, other = make_vendor(), make_vendor()
    own, every = make_webhook("https://a.example", vendor), make_webhook("https://b.example", from_severity="critical")
    alert = make_alert(vendor, "warning")
    add_step(alert, "acknowledge", is_internal=True, note="they are short of people")
    make_alert(other, "critical")
    make_alert(vendor, "caution")

    dispatch(now=NOON)

    heard = {row.webhook_id: [event.alert_id for event in row.events.all()] for row in Delivery.objects.all()}
    assert heard == {own.pk: [alert.pk], every.pk: [Alert.objects.get(vendor=other).pk]}


def test_what_nobody_took_up_in_four_working_hours_is_passed_up_once(cast: Cast) -> None:
    NotificationSettings.objects.create(user=cast.executive, instant_from="never", wants_digest=False)
    alert = make_alert(cast.vendor)
    seen = make_alert(cast.vendor)
    make_alert(cast.vendor, "warning")
    acknowledge(seen.pk, actor=make_actor(), now=NOON)
    dispatch(now=NOON)
    Delivery.objects.all().delete()
    assert escalate(now=NOON + timedelta(hours=3, minutes=59)) == 0

    assert escalate(now=NOON + timedelta(hours=4)) == 1
    assert escalate(now=NOON + timedelta(hours=5)) == 0

    assert [event.alert_id for event in AlertEvent.objects.filter(action="escalate")] == [alert.pk]
    dispatch(now=NOON + timedelta(hours=5))
    assert ("executive", "instant") in messages()


@override_settings(ESCALATE_HOURS=0)
def test_passing_up_can_be_turned_off() -> None:
    make_alert(make_vendor())

    assert escalate(now=NOON + timedelta(days=3)) == 0


def test_making_messages_takes_as_many_queries_for_many_steps_as_for_few() -> None:
    vendor = make_vendor()
    make_user("mina", "manager")
    make_alert(vendor)
    few = len(queries_of(lambda: dispatch(now=NOON)))
    for _number in range(20):
        make_alert(vendor)

    assert len(queries_of(lambda: dispatch(now=NOON + timedelta(minutes=1)))) <= few


def test_a_digest_that_is_being_sent_takes_no_more_steps() -> None:
    NotificationSettings.objects.create(user=make_user("mina", "manager"), digest_at=time(12, 30))
    vendor = make_vendor()
    make_alert(vendor, "warning")
    dispatch(now=NOON)
    Delivery.objects.update(tries=1)
    make_alert(vendor, "warning")

    dispatch(now=NOON + timedelta(minutes=1))

    assert [row.events.count() for row in Delivery.objects.order_by("created_at")] == [1, 1]
