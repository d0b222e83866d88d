"""The pages of import profiles: from a sample to a profile that is kept, its history, who sees whose."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kpis.imports.profiles import create_profile
from kpis.models import ImportProfile, Submission
from kpis.services.catalogue import load_catalogue
from tests.cast import Cast, make_cast
from tests.checks import assert_constant_queries
from tests.conftest import NOW
from tests.make import make_actor
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

LIST, NEW = "/import-profiles/", "/import-profiles/new/"
QUEUE = "hanbit-order-voice"
FILE = '일자,인입호,응대율,비고\n2026. 3. 2.(월),"12,430",91.2%,\n2026. 3. 3.(화),980건,95.0%,정상\n'
MAPPING = {"queue": QUEUE, "columns": {"date": "일자", "offered": "인입호"}}
Page = Callable[..., Client]


@pytest.fixture
def cast() -> Cast:
    load_catalogue(now=NOW)
    return make_cast()


@pytest.fixture
def page() -> Page:
    def signed_in(who: Any, language: str = "ko") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(who)
        return client

    return signed_in


def made(cast: Cast, **fields: Any) -> ImportProfile:
    given = {"code": "acd", "name": "ACD 일보", "mapping": MAPPING, "vendor": cast.vendor, **fields}
    return create_profile(**given, actor=make_actor(Role.MANAGER), now=NOW)


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def upload(client: Client, content: str | bytes = FILE, **fields: Any) -> Any:
    body = content.encode("cp949") if isinstance(content, str) else content
    return client.post(NEW, {"vendor": "hanbit", "file": SimpleUploadedFile("acd.csv", body), **fields})


def filled(answer: Any, **changes: Any) -> dict[str, Any]:
    """Return what the form of a page would send."""
    editor = answer.context["editor"]
    given: dict[str, Any] = {}
    for part in (
        editor.form,
        editor.columns.management_form,
        *editor.columns,
        editor.names.management_form,
        *editor.names,
    ):
        for field in part:
            value = field.value()
            if value is not None and value is not False:
                given[field.html_name] = value
    return given | changes


def test_a_sample_becomes_a_profile_that_is_kept(cast: Cast, page: Page) -> None:
    client = page(cast.admin)

    answer = upload(client)

    text = text_of(answer)
    assert answer.status_code == 200
    for words in (
        "제목이 기초 실적의 이름과 같습니다",
        "정수로 환산하며",
        "값이 날짜입니다",
        "12,430",
        "11,336",
        "환산",
    ):
        assert words in text
    saved = client.post(NEW, filled(answer, name="ACD 일보", code="acd", do="save"))
    profile = ImportProfile.objects.get()
    assert saved.headers["Location"] == f"/import-profiles/{profile.pk}/"
    assert profile.vendor == cast.vendor
    assert profile.versions.get().mapping == {
        "columns": {
            "date": "일자",
            "offered": "인입호",
            "answered": {"heading": "응대율", "kind": "percent", "of": "offered"},
        },
        "queue": QUEUE,
    }
    assert not Submission.objects.exists()


def test_the_preview_follows_what_the_reader_changes(cast: Cast, page: Page) -> None:
    client = page(cast.admin)
    answer = upload(client)

    again = client.post(NEW, filled(answer, do="preview", **{"column-2-holds": "", "skip_when": "인입호 = 980"}))

    assert again.status_code == 200, text_of(again)
    assert [row["measures"] for row in again.context["editor"].trial.preview] == [{"offered": 12430}]
    assert not ImportProfile.objects.exists()


def test_an_answer_to_a_question_is_kept_with_the_profile(cast: Cast, page: Page) -> None:
    client = page(cast.admin)
    answer = upload(client)

    assert "어디부터 셉니까" in text_of(answer)
    client.post(NEW, filled(answer, name="ACD", code="acd", do="save", definition_offered="ARS 이후"))

    assert ImportProfile.objects.get().versions.get().mapping["definitions"] == {"offered": "ARS 이후"}
    assert "ARS 이후" in text_of(client.get(f"/import-profiles/{ImportProfile.objects.get().pk}/"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"column-0-holds": ""}, "날짜가 지정되지 않았습니다"),
        ({"column-1-holds": "answered"}, "이미 다른 열에 있습니다"),
        ({"formulas": "abandoned: 1"}, "measure = formula"),
        ({"formulas": "abandoned = 없는열 - 1"}, "없는열"),
        ({"skip_when": "인입호"}, "calls_received = 0"),
        ({"code": "a b"}, "영문자"),
        ({"base": "no"}, "처음부터"),
        ({"base": '{"a":' * 3000}, "처음부터"),
        ({"sample": "[[]]"}, "처음부터"),
        ({"column-0-kind": "magic"}, "magic"),
    ],
)
def test_it_says_what_is_wrong_and_keeps_nothing(cast: Cast, page: Page, changes: dict[str, str], words: str) -> None:
    client = page(cast.admin)
    sent = filled(upload(client), name="ACD", code="acd", do="save")

    answer = client.post(NEW, sent | changes)

    assert answer.status_code == 400
    assert words in text_of(answer)
    assert not ImportProfile.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04", "제목만".encode()])
def test_it_refuses_a_sample_that_cannot_be_read(cast: Cast, page: Page, content: bytes) -> None:
    answer = upload(page(cast.admin), content)

    assert answer.status_code in (400, 413, 415)
    assert 'role="alert"' in answer.content.decode()


def test_a_changed_profile_is_the_next_version_with_its_reason(cast: Cast, page: Page) -> None:
    profile = made(cast)
    client = page(cast.admin)
    url = f"/import-profiles/{profile.pk}/edit/"

    sent = filled(client.get(url), note="새 교환기", do="save", date_format="ymd")
    answer = client.post(url, sent | {"skip_when": "인입호 = 0"}, follow=True)

    assert [row.number for row in profile.versions.order_by("number")] == [1, 2]
    assert profile.versions.get(number=2).mapping == {**MAPPING, "date_format": "ymd", "skip_when": "인입호 = 0"}
    assert "새 교환기" in text_of(answer)


def test_members_read_profiles_and_do_not_change_them(cast: Cast, page: Page) -> None:
    profile = made(cast)
    member = page(cast.member)

    assert "ACD 일보" in text_of(member.get(LIST))
    assert "인입호" in text_of(member.get(f"/import-profiles/{profile.pk}/"))
    assert f"/import-profiles/{profile.pk}/edit/" not in member.get(f"/import-profiles/{profile.pk}/").content.decode()
    for path in (NEW, f"/import-profiles/{profile.pk}/edit/"):
        assert member.get(path).status_code == 403


def test_another_vendors_profile_is_not_found(cast: Cast, page: Page) -> None:
    profile = made(cast)
    outsider = page(cast.outsider)

    assert "ACD" not in text_of(outsider.get(LIST))
    for path in (f"/import-profiles/{profile.pk}/", f"/import-profiles/{profile.pk}/edit/", "/import-profiles/999/"):
        assert outsider.get(path).status_code == 404
    sent = filled(upload(page(cast.admin)), name="ACD", code="new", do="save")
    assert outsider.post(NEW, sent).status_code == 404
    for who in (cast.executive, cast.analyst, cast.department):
        assert page(who).get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "가져오기 설정이 아직 없습니다"), ("en", "No import profile yet")]
)
def test_an_empty_list_says_what_to_do(cast: Cast, page: Page, language: str, words: str) -> None:
    client = page(cast.admin, language)

    assert words in text_of(client.get(LIST))
    assert NEW in client.get(LIST).content.decode()


def test_the_list_makes_a_constant_number_of_queries(cast: Cast, page: Page) -> None:
    made(cast)
    client = page(cast.manager)

    assert_constant_queries(lambda: client.get(LIST), lambda: [made(cast, code=f"acd-{n}") for n in range(4)])
