"""Who gets a report: named people, groups and addresses, as far as their role goes, until they end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from bpo.models import Delivery, ReportSubscription
from bpo.queries.report_recipients import recipients_of
from bpo.reports.attachable import found_editions
from bpo.services import reports
from tests.bpo.pages_sample import Programme
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, make_subscription, sent
from tests.checks import assert_constant_queries
from tests.make import make_actor, make_user
from vendors.choices import Role
from vendors.errors import DomainError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

MANAGER = make_actor(Role.MANAGER)
MANY = [f"a{number}@example.com" for number in range(1001)]


def subscribe(users: Any = (), **data: Any) -> ReportSubscription:
    return reports.subscribe({"name": "Monthly", **data}, users=list(users), actor=MANAGER, now=BD7)


def refused(users: Any = (), **data: Any) -> tuple[str, str | None]:
    with pytest.raises(DomainError) as error:
        subscribe(users, **data)
    assert not ReportSubscription.objects.exists()
    return error.value.code, error.value.errors[0].field


def test_a_group_and_a_person_get_one_mail_each(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.manager], roles=["manager", "executive"])

    found, left_out = recipients_of(subscription)

    assert [one.address for one in found] == ["mina@example.com", "sora@example.com"]
    assert left_out == []


def test_who_is_left_out_is_named_with_the_reason(readers: Readers) -> None:
    for user, changes in ((readers.manager, {"is_active": False}), (readers.executive, {"email": ""})):
        type(user).objects.filter(pk=user.pk).update(**changes)
    subscription = make_subscription(
        users=[readers.manager, readers.executive, readers.vendor_admin, readers.department]
    )

    found, left_out = recipients_of(subscription)

    assert found == []
    assert {one.name: one.reason for one in left_out} == {
        "mina": "inactive", "sora": "no_address", "bora": "of_a_vendor", "duri": "no_role",
    }  # fmt: skip
    assert all(str(one.text) for one in left_out)


def test_all_staff_are_everybody_whatever_their_role(readers: Readers) -> None:
    subscription = make_subscription(
        kind="all_staff", users=[readers.vendor_admin], roles=["department"], addresses=["all@example.com"]
    )

    found, _left_out = recipients_of(subscription)

    assert sorted(one.address for one in found) == ["all@example.com", "bora@example.com", "duri@example.com"]


@pytest.mark.parametrize(
    ("change", "dropped"),
    [
        (lambda user: type(user).objects.filter(pk=user.pk).update(is_active=False), 1),
        (lambda user: user.memberships.all().delete(), 1),
        (lambda user: user.memberships.update(role=Role.ANALYST), 0),
    ],
)
def test_who_left_or_lost_the_role_before_it_goes_out_gets_nothing(readers: Readers, change: Any, dropped: int) -> None:
    make_subscription(users=[readers.executive])
    assert reports.make_due(now=BD7)["made"] == 1
    change(readers.executive)

    assert sent(BD7) == ({"dropped": 1} if dropped else {"sent": 1})
    assert len(mail.outbox) == 1 - dropped


def test_who_ends_it_gets_no_more_until_they_begin_again(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.executive], period="week", business_day=1)
    assert sent(BD7) == {"made": 1, "sent": 1}
    report = subscription.sent.get()

    reports.end(report, now=BD7)
    reports.end(report, now=BD7)

    assert [one.reason for one in recipients_of(subscription)[1]] == ["ended"]
    assert sent(BD7 + timedelta(days=7)) == {}
    reports.begin_again(report, now=BD7)
    assert sent(BD7 + timedelta(days=14)) == {"made": 1, "sent": 1}


def test_what_was_made_before_it_was_ended_is_dropped(readers: Readers) -> None:
    subscription = make_subscription(kind="all_staff", addresses=["all@example.com"])
    reports.make_due(now=BD7)
    reports.end(subscription.sent.get(), now=BD7)

    assert sent(BD7) == {"dropped": 1}
    assert Delivery.objects.get().address == "all@example.com"


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({"addresses": ["all@example.com"]}, "addresses_of_nobody", "addresses"),
        ({"addresses": ["not an address"], "kind": "all_staff"}, "bad_address", "addresses"),
        ({"addresses": MANY, "kind": "all_staff"}, "too_many_addresses", "addresses"),
        ({"roles": ["vendor_admin"]}, "role_may_not_read", "roles"),
        ({"roles": ["department"]}, "role_may_not_read", "roles"),
        ({"business_day": 16}, "invalid", "business_day"),
        ({"link_days": 0}, "invalid", "link_days"),
        ({"period": "day"}, "invalid", "period"),
        ({"attachments": ["board"]}, "unknown_edition", "attachments"),
        ({"attachments": list("abcdefghijk")}, "too_many_attachments", "attachments"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_stored(data: Any, code: str, field: str) -> None:
    assert refused(**data) == (code, field)


def test_a_vendors_person_or_a_department_is_refused_for_the_executives_mail(readers: Readers) -> None:
    assert refused([readers.vendor_admin]) == ("user_may_not_read", "users")
    assert refused([readers.department]) == ("user_may_not_read", "users")


def test_the_application_offers_the_documents_there_are() -> None:
    assert reports.editions() == found_editions()
    assert all(edition.label and edition.media_type for edition in reports.editions().values())


@pytest.mark.usefixtures("documents")
def test_only_documents_without_vendors_go_to_all_staff() -> None:
    assert refused(kind="all_staff", attachments=["board"]) == ("unknown_edition", "attachments")
    assert subscribe(kind="all_staff", attachments=["all_staff", "all_staff"]).attachments == ["all_staff"]


def test_a_change_of_kind_is_checked_against_what_is_there(readers: Readers) -> None:
    made = subscribe(kind="all_staff", addresses=["ALL@example.com ", "all@example.com"])
    assert made.addresses == ["all@example.com"]

    with pytest.raises(DomainError, match="addresses_of_nobody"):
        reports.change_subscription(made.pk, {"kind": "executive"}, actor=MANAGER, now=BD7)
    with pytest.raises(DomainError, match="not_found"):
        reports.change_subscription(made.pk + 1, {"name": "x"}, actor=MANAGER, now=BD7)


def test_who_lost_the_role_since_hinders_no_other_change(readers: Readers) -> None:
    made = make_subscription(users=[readers.vendor_admin], attachments=["gone"])

    changed = reports.change_subscription(made.pk, {"is_active": False}, actor=MANAGER, now=BD7)

    assert not changed.is_active
    with pytest.raises(DomainError, match="invalid"):
        reports.change_subscription(made.pk, {"business_day": 99}, actor=MANAGER, now=BD7)


def test_a_manager_of_one_vendor_sets_up_nothing(two_months: Programme) -> None:
    with pytest.raises(DomainError, match="role"):
        reports.subscribe({"name": "x"}, users=[], actor=make_actor(Role.MANAGER, two_months.vendor), now=BD7)


def test_fifty_are_enough() -> None:
    for number in range(50):
        make_subscription(str(number))

    with pytest.raises(DomainError, match="too_many_subscriptions"):
        subscribe()


def test_it_asks_as_little_for_many_as_for_one(readers: Readers) -> None:
    subscription = make_subscription(roles=["executive"])

    def more() -> None:
        for number in range(4):
            make_user(f"reader-{number}", Role.EXECUTIVE)

    assert_constant_queries(lambda: recipients_of(subscription), more)
