"""Saving in the administration goes through the services: rules, audit trail, history, and nothing half-written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from tests.cast import Cast
from vendors.actors import SYSTEM
from vendors.admin.exports import cell
from vendors.clock import now
from vendors.models import ApiKey, AuditEntry, Contract, Holiday, Vendor
from vendors.services.audit import record

pytestmark = pytest.mark.django_db

INVITATION = {
    "username": "jisu",
    "email": "jisu@example.com",
    "first_name": "Jisu",
    "memberships-TOTAL_FORMS": "1",
    "memberships-INITIAL_FORMS": "0",
    "memberships-0-role": "vendor_member",
}


def signed_in(user: User) -> Client:
    user.is_staff = True
    user.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def post(client: Client, address: str, data: dict[str, Any]) -> Any:
    """Send a form as the page would: with what it says about the rows below it."""
    for below in client.get(address).context_data["inline_admin_formsets"]:  # type: ignore[attr-defined]
        management = below.formset.management_form
        data = {**{management.add_prefix(name): value for name, value in management.initial.items()}, **data}
        for form in below.formset.initial_forms:
            data[form.add_prefix(form._meta.model._meta.pk.name)] = form.instance.pk
    return client.post(address, data)


def contract_data(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {"name": cast.contract.name, "starts_on": "2026-01-01", "currency": "KRW", **fields}


def errors(response: Any) -> str:
    return str(response.context_data["adminform"].form.errors)


def test_it_saves_a_vendor_with_audit_and_history(cast: Cast) -> None:
    data = {"name": "Renamed", "name_ko": "한빛", "is_active": "on"}

    answer = post(signed_in(cast.manager), f"/admin/vendors/vendor/{cast.vendor.pk}/change/", data)

    assert answer.status_code == 302
    entry = AuditEntry.objects.latest("id")
    assert (entry.actor, entry.action, entry.changes) == ("user:manager", "change", {"name": ["Hanbit", "Renamed"]})
    assert Vendor.history.filter(code="hanbit").first().history_user == cast.manager  # type: ignore[attr-defined]


def test_it_makes_a_new_version_of_the_terms(cast: Cast) -> None:
    data = contract_data(cast, completeness_bar="97", valid_from="2026-06-01")

    answer = post(signed_in(cast.manager_of_a), f"/admin/vendors/contract/{cast.contract.pk}/change/", data)

    assert answer.status_code == 302, errors(answer)
    bars = cast.contract.terms.values_list("valid_from", "valid_until", "completeness_bar")
    assert [(*row[:2], int(row[2])) for row in bars] == [
        (None, date(2026, 6, 1), 95),
        (date(2026, 6, 1), None, 97),
    ]


def test_it_tells_what_is_wrong_on_the_field_and_writes_nothing(cast: Cast) -> None:
    data = contract_data(cast, name="New name", ends_on="2025-01-01")

    answer = post(signed_in(cast.manager), f"/admin/vendors/contract/{cast.contract.pk}/change/", data)

    assert answer.status_code == 200
    assert list(answer.context_data["adminform"].form.errors) == ["ends_on"]
    assert Contract.objects.get(pk=cast.contract.pk).name == cast.contract.name


def test_it_refuses_another_vendor_as_a_choice(cast: Cast) -> None:
    data = {"vendor": cast.vendor.pk, "code": "x", "name": "x", "timezone": "Asia/Seoul", "country": "KR"}

    answer = signed_in(cast.manager_of_b).post("/admin/vendors/centre/add/", data)

    assert list(answer.context_data["adminform"].form.errors) == ["vendor"]


def test_it_shows_a_new_key_once(cast: Cast) -> None:
    client = signed_in(cast.manager)
    data = {"kind": "vendor", "vendor": cast.vendor.pk, "scopes": ["read", "ingest"], "name": "second"}

    first = client.post("/admin/vendors/apikey/add/", data, follow=True).content.decode()
    again = client.get("/admin/vendors/apikey/").content.decode()
    key = ApiKey.objects.get(name="second")
    page = client.get(f"/admin/vendors/apikey/{key.pk}/change/").content.decode()

    assert f"bpo_live_{key.prefix}_" in first
    assert "bpo_live_" not in again + page
    assert key.digest not in first + again + page


def test_it_gives_no_key_for_all_vendors_to_a_manager_of_one(cast: Cast) -> None:
    answer = signed_in(cast.manager_of_a).post("/admin/vendors/apikey/add/", {"kind": "manager"})

    assert "manager of all vendors" in errors(answer)
    assert ApiKey.objects.filter(kind="manager").count() == 1


def test_it_revokes_keys(cast: Cast) -> None:
    key = ApiKey.objects.filter(kind="manager").get()

    signed_in(cast.manager).post("/admin/vendors/apikey/", {"action": "revoke", "_selected_action": [key.pk]})

    key.refresh_from_db()
    assert key.revoked_at is not None


def test_it_invites_a_person_by_a_link_that_works_once(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    data = {**INVITATION, "memberships-0-vendor": cast.vendor.pk}

    with django_capture_on_commit_callbacks(execute=True):
        page = signed_in(cast.manager_of_a).post("/admin/auth/user/add/", data, follow=True)

    user = User.objects.get(username="jisu")
    link = mail.outbox[0].body.split("testserver")[1].split()[0]
    assert link in page.content.decode()
    assert not user.has_usable_password()
    assert [row.role for row in user.memberships.all()] == ["vendor_member"]  # type: ignore[attr-defined]
    visitor = Client()
    form = visitor.get(link, follow=True)
    password = {"new_password1": "correct horse 2026", "new_password2": "correct horse 2026"}
    visitor.post(form.redirect_chain[-1][0], password)
    assert visitor.login(username="jisu", password="correct horse 2026")
    assert not Client().get(link, follow=True).context["validlink"]


@pytest.mark.parametrize(("role", "of"), [("manager", None), ("vendor_member", "other"), ("vendor_member", None)])
def test_it_lets_nobody_give_more_than_they_hold(role: str, of: str | None, cast: Cast) -> None:
    vendor = cast.other_vendor.pk if of else ""
    data = {**INVITATION, "memberships-0-role": role, "memberships-0-vendor": vendor}

    answer = signed_in(cast.manager_of_a).post("/admin/auth/user/add/", data)

    assert answer.status_code == 200
    assert not User.objects.filter(username="jisu").exists()


def test_it_closes_and_opens_the_access_of_a_person(cast: Cast) -> None:
    client = signed_in(cast.manager)
    for action, is_active in (("deactivate", False), ("activate", True)):
        client.post("/admin/auth/user/", {"action": action, "_selected_action": [cast.member.pk]})
        cast.member.refresh_from_db()
        assert cast.member.is_active is is_active
    assert not client.get(f"/admin/auth/user/{cast.member.pk}/password/").content.count(b"new_password")


def test_it_makes_no_link_for_somebody_above(cast: Cast) -> None:
    page = signed_in(cast.manager).post(
        "/admin/auth/user/", {"action": "send_reset_link", "_selected_action": [cast.superuser.pk]}, follow=True
    )

    assert "You cannot change this person" in page.content.decode()
    assert "set-password" not in page.content.decode()


def test_it_opens_a_holiday_from_the_list(cast: Cast) -> None:
    day = Holiday.objects.create(date=date(2026, 5, 5), name="Children's Day", country="KR", is_seeded=True)
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": day.pk, "form-0-is_open": "on"}

    answer = signed_in(cast.manager).post("/admin/vendors/holiday/", {**data, "_save": "Save"})

    day.refresh_from_db()
    assert (answer.status_code, day.is_open) == (302, True)
    assert AuditEntry.objects.latest("id").changes["is_open"] == [False, True]


def test_it_exports_the_trail_for_spreadsheets(cast: Cast) -> None:
    changes = {"name": ["옛 이름", "=HYPERLINK(1)"]}
    record(actor=SYSTEM, action="change", obj=cast.contract, now=now(), vendor=cast.vendor, changes=changes)
    record(actor=SYSTEM, action="change", obj=cast.other_contract, now=now(), vendor=cast.other_vendor)

    answer = signed_in(cast.manager_of_a).get("/admin/vendors/auditentry/export/")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

    assert text.startswith("\ufeffat,actor,")
    assert "name: 옛 이름 → =HYPERLINK(1)" in text
    assert "narae" not in text
    assert [cell(value) for value in ("=1+1", "-1", "@a", 5, None)] == ["'=1+1", "'-1", "'@a", "5", ""]
