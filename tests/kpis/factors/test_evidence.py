"""Files of evidence: within limits, told by their bytes, kept for good, handed out and never shown in place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from kpis.models import FactorFile
from kpis.services import factors
from kpis.services.factors.evidence import LARGEST, MOST_FILES
from tests.checks import assert_problem
from tests.kpis.factors.world import NOW, World, make_world, outage
from tests.make import make_contract, make_user
from vendors.choices import Role

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n"
Api = Callable[[Any], Any]


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield make_world()


def who(name: str) -> User:
    return User.objects.get(username=name)


def sent(name: str = "log.txt", content: bytes = b"10:02 down\n") -> dict[str, str]:
    return {"name": name, "content": b64encode(content).decode()}


def test_a_file_is_added_and_handed_out(world: World, api: Api) -> None:
    factor = outage(world, by=world.member)
    member = api(who("jisu"))

    made = member.post(f"/api/v1/external-factors/{factor.pk}/files/", sent("../장애 보고.exe", PDF))
    assert made.status_code == 201, made.content
    [file] = made.json()["files"]
    assert (file["name"], file["media_type"], file["size"]) == ("장애 보고.pdf", "application/pdf", len(PDF))
    assert (made.json()["history"][-1]["action"], made.json()["history"][-1]["note"]) == ("file", "장애 보고.pdf")
    for address in (f"/api/v1/factor-files/{file['id']}/", f"/factor-files/{file['id']}/"):
        client = Client()
        client.force_login(who("mina"))
        answer = client.get(address)
        assert answer.content == PDF
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_same_file_is_there_once(world: World, api: Api) -> None:
    factor = outage(world, by=world.member)
    for _ in range(2):
        api(who("jisu")).post(f"/api/v1/external-factors/{factor.pk}/files/", sent())

    assert FactorFile.objects.count() == 1
    assert factor.events.filter(action="file").count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (sent(content=b"<script>alert(1)</script>"), 415, "file_type"),
        (sent(content=b"MZ\x90\x00"), 415, "file_type"),
        (sent(content=b""), 400, "blank"),
        ({"name": "a.txt", "content": "?"}, 400, "base64"),
        ({"name": "a.txt", "content": 5}, 400, "not_a_string"),
        ({"name": "a.txt", "content": "x" * (LARGEST * 4 // 3 + 9)}, 400, "max_length"),
        ({"name": "", "content": "eA=="}, 400, "blank"),
        (sent(content=b"x" * (LARGEST + 1)), 413, "file_too_large"),
    ],
)
def test_other_files_are_refused(world: World, api: Api, body: dict[str, Any], status: int, code: str) -> None:
    factor = outage(world, by=world.member)
    answer = api(who("jisu")).post(f"/api/v1/external-factors/{factor.pk}/files/", body)

    assert_problem(answer, status, code)
    assert not FactorFile.objects.exists()


def test_there_are_at_most_ten(world: World, api: Api) -> None:
    factor = outage(world, by=world.member)
    for number in range(MOST_FILES):
        factors.add_file(factor.pk, name="a.txt", content=f"line {number}".encode(), actor=world.member, now=NOW)

    answer = api(who("jisu")).post(f"/api/v1/external-factors/{factor.pk}/files/", sent())

    assert_problem(answer, 409, "too_many_files")


def test_what_is_decided_takes_no_more(world: World, api: Api) -> None:
    factor = outage(world, by=world.member)
    factors.reject(factor.pk, decision="no", actor=world.manager, now=NOW)

    assert api(who("jisu")).post(f"/api/v1/external-factors/{factor.pk}/files/", sent()).status_code == 409


def test_a_vendor_adds_to_its_own_only(world: World, api: Api) -> None:
    factor = outage(world, by=world.manager)

    assert api(who("jisu")).post(f"/api/v1/external-factors/{factor.pk}/files/", sent()).status_code == 409
    assert api(who("it")).post(f"/api/v1/external-factors/{factor.pk}/files/", sent()).status_code == 201


def test_another_vendor_finds_no_file(world: World) -> None:
    file = factors.add_file(outage(world, by=world.member).pk, name="a.pdf", content=PDF, actor=world.member, now=NOW)
    make_user("out", Role.VENDOR_ADMIN, make_contract().vendor)
    client = Client()
    client.force_login(who("out"))

    assert client.get(f"/factor-files/{file.pk}/").status_code == 404
    assert client.get(f"/api/v1/factor-files/{file.pk}/").status_code == 404
    assert client.get("/api/v1/factor-files/").json()["count"] == 0


def test_a_file_is_added_on_the_page(world: World) -> None:
    factor = outage(world, by=world.member)
    client = Client(headers={"accept-language": "en"})
    client.force_login(who("jisu"))

    refused = client.post(f"/factors/{factor.pk}/file/", {"file": SimpleUploadedFile("a.pdf", b"MZ\0")})
    assert refused.status_code == 415
    assert "Its content counts, not its name." in refused.content.decode()
    done = client.post(f"/factors/{factor.pk}/file/", {"file": SimpleUploadedFile("a.pdf", PDF)}, follow=True)

    assert f'href="/factor-files/{FactorFile.objects.get().pk}/"' in done.content.decode()
    assert 'enctype="multipart/form-data"' in done.content.decode()


@pytest.mark.parametrize("statement", ["UPDATE kpis_factorfile SET name = name", "DELETE FROM kpis_factorfile"])
def test_the_database_keeps_it(world: World, statement: str) -> None:

    factors.add_file(outage(world, by=world.member).pk, name="a.pdf", content=PDF, actor=world.member, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
