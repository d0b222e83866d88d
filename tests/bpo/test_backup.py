"""Backup and restore: what comes back is what went in, on both databases (reliability F24)."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from bpo.models import JobRun
from bpo.services.backup import backup, digests, restore
from tests.bpo.scorecard_world import compute, finalised, service_level_contract
from tests.cast import client_for
from tests.make import make_contract, make_key, make_queue, make_user
from vendors.errors import Conflict, Invalid
from vendors.models import AuditEntry, Queue, Vendor

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.fixture
def something() -> Queue:
    """A little of everything: JSON, decimals, dates, history rows, an append-only row, a UUID key."""
    queue = make_queue(make_contract(completeness_bar="97.5", gates=[{"kind": "cap_grade", "value": "B"}]), name="주문")
    queue.closed_on = date(2026, 12, 31)
    queue.save()
    make_user("mina", "manager")
    AuditEntry.objects.create(at=NOW, actor="user:mina", action="test", object_type="queue", object_code=queue.code)
    JobRun.objects.create(name="sweep", slot="1", result={"완료": 1})
    return queue


def test_it_restores_every_table_to_the_same_digest(something: Queue, tmp_path: Path) -> None:
    before = digests()

    rows = backup(tmp_path / "all.zip", now=NOW)
    Vendor.objects.update(name="spoilt")
    JobRun.objects.all().delete()
    restored = restore(tmp_path / "all.zip", replace=True)

    assert digests() == before
    assert rows["vendors_queue"] == restored["tables"]["vendors_queue"] == 1
    assert restored["same_pepper"]


def test_keys_still_open_and_the_chain_still_holds_after_a_restore(tmp_path: Path) -> None:
    contract = service_level_contract()
    compute(contract)
    finalised(contract)
    key = make_key("vendor", contract.vendor, ("read",))
    before = digests()

    backup(tmp_path / "all.zip", now=NOW)
    restore(tmp_path / "all.zip", replace=True)

    assert digests() == before
    assert client_for(key).get("/api/v1/scorecards/").json()["count"] == 1
    call_command("verify", stdout=StringIO())


def test_it_gives_new_rows_new_numbers_after_a_restore(something: Queue, tmp_path: Path) -> None:
    backup(tmp_path / "all.zip", now=NOW)
    restore(tmp_path / "all.zip", replace=True)

    assert make_queue(something.contracts.get()).pk > something.pk


def test_it_keeps_append_only_tables_append_only(something: Queue, tmp_path: Path) -> None:
    backup(tmp_path / "all.zip", now=NOW)
    restore(tmp_path / "all.zip", replace=True)

    with pytest.raises(DatabaseError):
        AuditEntry.objects.update(actor="somebody else")


def test_it_refuses_to_replace_data_unasked(something: Queue, tmp_path: Path) -> None:
    backup(tmp_path / "all.zip", now=NOW)

    with pytest.raises(Conflict, match="not_empty"):
        restore(tmp_path / "all.zip", replace=False)


def test_it_changes_nothing_when_the_file_is_damaged(something: Queue, tmp_path: Path) -> None:
    backup(tmp_path / "all.zip", now=NOW)
    _edit(tmp_path / "all.zip", "vendors_vendor.jsonl", lambda text: text.replace(b"Vendor", b"Fendor"))
    before = digests()

    with pytest.raises(Invalid, match="damaged"):
        restore(tmp_path / "all.zip", replace=True)

    assert digests() == before


def test_it_refuses_a_backup_of_another_version(something: Queue, tmp_path: Path) -> None:
    backup(tmp_path / "all.zip", now=NOW)
    _edit(tmp_path / "all.zip", "manifest.json", lambda text: text.replace(b"vendors.0001", b"vendors.9999"))

    with pytest.raises(Invalid, match="other_version"):
        restore(tmp_path / "all.zip", replace=True)


def test_the_commands_make_a_round_trip(something: Queue, tmp_path: Path) -> None:
    before, output = digests(), StringIO()

    call_command("backup", str(tmp_path / "all.zip"), "--json", stdout=output)
    call_command("restore", str(tmp_path / "all.zip"), "--yes", stdout=StringIO())

    assert json.loads(output.getvalue())["tables"]["vendors_vendor"] == 1
    assert digests() == before
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(tmp_path / "all.zip"))
    with pytest.raises(CommandError, match="not_empty"):
        call_command("restore", str(tmp_path / "all.zip"))
    with pytest.raises(CommandError):
        call_command("restore", __file__, "--yes")


def _edit(path: Path, name: str, change: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {item: archive.read(item) for item in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for item, text in content.items():
            archive.writestr(item, change(text) if item == name else text)
