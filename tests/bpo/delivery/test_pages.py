"""The pages of notifications and webhooks, and the link that ends the mails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bpo.models import Delivery, NotificationSettings, Webhook
from bpo.services.delivery.mails import stop_token
from tests.bpo.delivery.world import make_alert, make_webhook, told
from tests.cast import Cast
from tests.checks import assert_constant_queries
from tests.make import make_vendor
from vendors.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

SETTINGS, LIST = "/notifications/", "/webhooks/"
WISHES = {
    "wants_mail": "on", "instant_from": "warning", "wants_digest": "on", "digest_at": "07:45", "quiet_from": "22:00",
    "quiet_until": "07:00", "language": "en",
}  # fmt: skip
NEW = {
    "owner": "hanbit", "name": "음성팀 대화방", "preset": "slack", "url": "https://1.1.1.1/hook/secret",
    "from_severity": "warning", "language": "ko",
}  # fmt: skip


def browser(who: Any, language: str = "ko") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client


def test_a_person_keeps_their_own_settings(cast: Cast) -> None:
    client = browser(cast.admin)
    assert "방해 금지" in client.get(SETTINGS).content.decode()

    answer = client.post(SETTINGS, {**WISHES, "vendors": [cast.vendor.pk]}, follow=True)

    wishes = NotificationSettings.objects.get(user=cast.admin)
    assert (wishes.instant_from, str(wishes.digest_at), wishes.on_free_days) == ("warning", "07:45:00", False)
    assert [vendor.code for vendor in wishes.vendors.all()] == ["hanbit"]
    assert "설정을 저장했습니다." in answer.content.decode()
    assert AuditEntry.objects.filter(action="notifications.change", actor="user:admin-of-a").exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [({"instant_from": "sometimes"}, 400), ({"digest_at": "25:00"}, 400), ({"language": "fr"}, 400), ({}, 302)],
)
def test_what_does_not_fit_is_refused_with_the_field(cast: Cast, change: dict[str, str], status: int) -> None:
    answer = browser(cast.admin).post(SETTINGS, {**WISHES, **change})

    assert answer.status_code == status
    assert NotificationSettings.objects.exists() is (status == 302)


def test_another_vendor_cannot_be_chosen_nor_is_it_named(cast: Cast) -> None:
    client = browser(cast.admin)
    assert "Narae" not in client.get(SETTINGS).content.decode()

    assert client.post(SETTINGS, {**WISHES, "vendors": [cast.other_vendor.pk]}).status_code == 400


def test_a_test_mail_is_sent_and_stands_in_the_log(cast: Cast) -> None:
    client = browser(cast.admin, "en")
    assert "on its way" in client.post(f"{SETTINGS}test/", follow=True).content.decode()

    assert told() == {"sent": 1}

    assert mail.outbox[0].to == [cast.admin.email]
    assert "Sent" in client.get(SETTINGS).content.decode()
    cast.admin.email = ""
    cast.admin.save()
    assert "no mail address" in client.post(f"{SETTINGS}test/", follow=True).content.decode()


def test_the_link_in_a_mail_ends_the_mails_without_signing_in_and_only_when_pressed(cast: Cast) -> None:
    make_alert(cast.vendor)
    told()
    link = next(one for one in mail.outbox if one.to == [cast.admin.email]).extra_headers["List-Unsubscribe"]
    path = link.removeprefix("<http://localhost:8000").removesuffix(">")
    stranger = Client(enforce_csrf_checks=True)

    assert "메일 그만 받기" in stranger.get(path).content.decode()
    assert not NotificationSettings.objects.exists()
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert NotificationSettings.objects.get(user=cast.admin).wants_mail is False
    assert stranger.get("/notifications/stop/1:forged/").status_code == 404
    assert stranger.post(f"/notifications/stop/{stop_token(999_999)}/").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("manager", 200), ("manager_of_a", 200), ("superuser", 200),
     ("member", 403), ("analyst", 403), ("executive", 403), ("department", 403)],
)  # fmt: skip
def test_webhooks_are_for_those_who_manage_keys(cast: Cast, who: str, status: int) -> None:
    assert browser(getattr(cast, who)).get(LIST).status_code == status


def test_a_webhook_is_added_and_its_secret_shown_once(cast: Cast) -> None:
    client = browser(cast.admin)

    made = client.post(LIST, NEW)

    webhook = Webhook.objects.get()
    assert made.status_code == 201
    assert webhook.secret in made.content.decode()
    listed = client.get(LIST).content.decode()
    assert "음성팀 대화방" in listed
    assert "https://1.1.1.1/…cret" in listed
    assert webhook.secret not in listed
    assert "hook/secret" not in listed + str(list(AuditEntry.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://10.0.0.1/"}, "https://"),
        ({"url": "https://10.0.0.1/"}, "내부망"),
        ({"owner": ""}, "역할"),
        ({"owner": "narae"}, ""),
        ({"preset": "fax"}, "fax"),
    ],
)
def test_a_webhook_that_does_not_fit_is_refused(cast: Cast, change: dict[str, str], words: str) -> None:
    answer = browser(cast.admin).post(LIST, {**NEW, **change})

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_tested_and_of_no_other_vendor(cast: Cast) -> None:
    webhook = make_webhook("https://1.1.1.1/hook", cast.vendor)
    client = browser(cast.admin, "en")
    page = f"{LIST}{webhook.pk}/"
    assert client.get(page).status_code == 200

    changed = {"name": "Night shift", "preset": "jandi", "url": "", "from_severity": "critical", "language": "en"}
    assert client.post(page, changed).status_code == 302
    assert client.post(page, {**changed, "url": "https://10.0.0.1/"}).status_code == 400
    assert client.post(f"{page}test/").status_code == 302

    webhook.refresh_from_db()
    assert (webhook.name, webhook.url, webhook.is_active) == ("Night shift", "https://1.1.1.1/hook", False)
    assert Delivery.objects.get().kind == "test"
    stranger = browser(cast.outsider)
    assert {stranger.get(page).status_code, stranger.post(f"{page}test/").status_code} == {404}


def test_the_companys_own_webhooks_are_kept_by_who_sees_all_vendors(cast: Cast) -> None:
    assert browser(cast.manager_of_a).post(LIST, {**NEW, "owner": ""}).status_code == 400
    assert browser(cast.manager).post(LIST, {**NEW, "owner": ""}).status_code == 201
    assert browser(cast.manager_of_a).get(f"{LIST}{Webhook.objects.get().pk}/").status_code == 404


def test_the_list_costs_the_same_whatever_it_holds(cast: Cast) -> None:
    client = browser(cast.manager)
    make_webhook("https://1.1.1.1/hook", cast.vendor)

    def grow() -> None:
        for _number in range(4):
            make_webhook("https://1.1.1.1/hook", make_vendor())

    assert_constant_queries(lambda: client.get(LIST), grow)


def test_there_are_only_so_many(cast: Cast) -> None:
    for _number in range(20):
        make_webhook("https://1.1.1.1/hook", cast.vendor)

    answer = browser(cast.admin, "en").post(LIST, NEW)

    assert answer.status_code == 400
    assert "20 webhooks already" in answer.content.decode()


def test_a_choice_that_is_no_longer_offered_stays_rather_than_mean_all(cast: Cast) -> None:
    wishes = NotificationSettings.objects.create(user=cast.manager)
    wishes.vendors.add(cast.vendor)
    cast.vendor.is_active = False
    cast.vendor.save()

    browser(cast.manager).post(SETTINGS, WISHES)

    assert [vendor.code for vendor in wishes.vendors.all()] == ["hanbit"]
