"""A small world set up over HTTP, and the check that it is whole: used against installations with real processes.

``python -m tests.faults.world`` runs inside an installation's environment. It reads the values that were accepted
(``[[queue, date, measure, value], …]``) and prints what is wrong with the world as JSON; an empty list is good.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import django

from tests.processes import Answer, Caller, Installation

KPI = "answer_rate_of_faults"
Value = tuple[str, str, str, int]
"""Queue, ISO date, measure, value."""


def furnish(manager: Caller, codes: Iterable[str]) -> None:
    """Set up, for each code, a vendor, a centre, a contract, a queue and a monthly target of 90 %."""
    made(manager.post("/api/v1/kpis/", code=KPI, name="Answer rate", formula="100 * answered / offered"))
    for code in codes:
        made(manager.post("/api/v1/vendors/", code=code, name=code))
        centre = {"code": f"{code}-seoul", "vendor": code, "name": code, "timezone": "Asia/Seoul", "country": "KR"}
        made(manager.post("/api/v1/centres/", **centre))
        made(manager.post("/api/v1/contracts/", code=code, vendor=code, name=code, starts_on="2026-01-01"))
        queue = {"code": f"{code}-voice", "centre": f"{code}-seoul", "contract": code, "name": code}
        made(manager.post("/api/v1/queues/", **queue))
        made(manager.post("/api/v1/targets/", contract=code, kpi=KPI, target="90", weight="100"))


def made(answer: Answer) -> Any:
    """Return the body of a 201."""
    assert answer.status == 201, answer
    return answer.body


def row(code: str, day: str, offered: int, answered: int) -> dict[str, Any]:
    """Return one queue-day of a submission."""
    return {"queue": f"{code}-voice", "date": day, "measures": {"offered": offered, "answered": answered}}


def values_of(rows: Iterable[dict[str, Any]]) -> list[Value]:
    """Return what a submission said, value by value."""
    return [(row["queue"], row["date"], name, value) for row in rows for name, value in row["measures"].items()]


def assert_world_ok(running: Installation, accepted: Sequence[Value], *, within: float = 0) -> None:
    """Assert that every accepted value is stored, everything is computed ``within`` so many seconds, and rightly."""
    wrong = json.loads(running.python("-m", "tests.faults.world", str(within), given=json.dumps(accepted)))
    assert wrong == [], f"{wrong}\n{running.log('worker')[-5000:]}"


def _wait_until_computed(deadline: float) -> None:
    from kpis.models import RecalculationMark

    while RecalculationMark.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def _problems(accepted: Sequence[Value]) -> list[str]:
    from bpo.models import JobRun
    from kpis.models import DailyMetric, RecalculationMark

    stored = {
        (queue, day.isoformat(), name): value
        for queue, day, measures in DailyMetric.objects.values_list("queue__code", "date", "measures")
        for name, value in measures.items()
    }
    wrong = [f"lost: {value}" for value in accepted if stored.get(tuple(value[:3])) != value[3]]
    marks = list(RecalculationMark.objects.values_list("contract_id", "first_on", "attempts", "error"))
    wrong += [f"still marked: {mark}" for mark in marks]
    wrong += [f"still running: {run}" for run in JobRun.objects.filter(status="running")]
    before, after = _digest(), _computed_anew()
    if not before:
        wrong.append("nothing was computed at all")
    wrong += [f"stored {before.get(key)}, computed anew {after.get(key)}" for key in before.keys() | after.keys()
              if before.get(key) != after.get(key)]  # fmt: skip
    return wrong


def _digest() -> dict[str, list[str]]:
    """Return every attainment and every card's score by its natural key, without when it was written."""
    from bpo.models import Scorecard
    from kpis.models import Attainment

    attainments = Attainment.objects.values_list(
        "series__key", "start", "value", "attainment", "score", "status", "days_reported", "input_hash"
    )
    cards = Scorecard.objects.values_list("contract__code", "start", "version", "score", "grade", "completeness")
    rows = [("attainment", *row) for row in attainments] + [("card", *row) for row in cards]
    return {f"{row[0]} {row[1]} {row[2]}": [str(value) for value in row[3:]] for row in rows}


def _computed_anew() -> dict[str, list[str]]:
    """Forget every attainment, compute all of them again, and return their digest; nothing of it is kept."""
    from django.db import transaction

    from kpis.models import Attainment
    from kpis.services.locks import lock_keys
    from kpis.services.marks import mark
    from kpis.services.recalculation import drain
    from vendors import clock
    from vendors.models import Contract

    with transaction.atomic():
        contracts = [*Contract.objects.values_list("id", flat=True), None]
        lock_keys(contracts)  # as a drain does: before anything else, so that it and a sweep wait in one order
        Attainment.objects.all().delete()
        mark(contract_ids=contracts, first_on=None)
        drain(now=clock.now())
        digest = _digest()
        transaction.set_rollback(True)
    return digest


def main(seconds: float) -> None:
    """Print what is wrong, once nothing is or so many seconds have passed: a sweep may be at work at any moment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    accepted = json.load(sys.stdin)
    deadline = time.monotonic() + seconds
    _wait_until_computed(deadline)
    while (wrong := _problems(accepted)) and time.monotonic() < deadline:
        time.sleep(0.2)
        _wait_until_computed(deadline)
    print(json.dumps(wrong))


if __name__ == "__main__":
    main(float(sys.argv[1]))
