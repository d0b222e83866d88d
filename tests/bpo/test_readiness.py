"""/healthz and /readyz, and what doctor makes of the same facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from bpo.models import AlertMark
from bpo.queries import readiness
from bpo.queries.readiness import is_ready
from bpo.services.sweep import record_heartbeat

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def checks_by_name(now: datetime = NOW) -> dict[str, readiness.Check]:
    return {check.name: check for check in readiness.readiness(now)}


def test_healthz_asks_nobody(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_ready_without_a_broker(client: Client, settings: Any) -> None:
    settings.BROKER_KIND = "none"

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert [check["name"] for check in answer.json()["checks"]] == ["database", "broker", "scheduler", "feed"]


@pytest.mark.django_db
def test_readyz_is_503_and_names_no_address_when_the_broker_is_down(client: Client, settings: Any) -> None:
    settings.BROKER_KIND = "redis"
    settings.CELERY_BROKER_URL = "redis://:hidden@127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert {"name": "broker", "ok": False, "age_seconds": None} in answer.json()["checks"]
    assert "hidden" not in answer.content.decode()


@pytest.mark.django_db
def test_a_scheduler_that_stopped_ringing_is_not_ready(settings: Any, tmp_path: Path) -> None:
    settings.BROKER_KIND, settings.BROKER_DIR = "files", tmp_path

    never = checks_by_name()
    record_heartbeat(now=NOW)
    just_now, later = checks_by_name(NOW + timedelta(seconds=31)), checks_by_name(NOW + timedelta(minutes=5))

    assert (never["scheduler"].ok, just_now["scheduler"].ok, later["scheduler"].ok) == (False, True, False)
    assert later["scheduler"].age_seconds == 300
    assert not is_ready(list(later.values()))


@pytest.mark.django_db
def test_a_dead_database_is_not_ready_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead() -> readiness.Check:
        raise OperationalError("password=hidden")

    monkeypatch.setattr(readiness, "_database", dead)

    checks = readiness.readiness(NOW)

    assert not is_ready(checks)
    assert "hidden" not in repr(checks)


@pytest.mark.django_db
def test_doctor_names_a_cure_for_each_failure(settings: Any) -> None:
    settings.SECRET_KEY = settings.INSECURE_SECRET
    AlertMark.objects.create(error="ArithmeticError: poison")
    output = StringIO()

    with pytest.raises(CommandError) as refusal:
        call_command("doctor", "--json", "--language", "en", stdout=output)

    findings = {finding["name"]: finding for finding in json.loads(output.getvalue())}
    assert refusal.value.returncode == 1
    assert findings["secret"]["level"] == "error"
    assert "manage.py setup" in findings["secret"]["cure"]
    assert "1 contracts" in findings["alerts"]["detail"]
    assert all(finding["cure"] for finding in findings.values() if finding["level"] != "ok")
    assert {"versions", "database", "migrations", "clock", "recalculation", "broker", "disk", "font"} <= set(findings)


@pytest.mark.django_db
def test_setup_repeated_changes_nothing(settings: Any, tmp_path: Path) -> None:
    settings.SECRET_FILE = tmp_path / "secret_key"
    first, second = StringIO(), StringIO()

    call_command("setup", "--json", stdout=first)
    call_command("setup", "--json", stdout=second)

    done = json.loads(first.getvalue())
    assert (done["catalogue"]["kpis_created"], done["catalogue"]["measures_created"]) == (89, 132)
    again = json.loads(second.getvalue())
    assert not any([again["migrations"], again["target_sets"], again["holidays"], *again["catalogue"].values()])
