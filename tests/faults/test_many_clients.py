"""Fifty vendors send at once, each with a ledger written before sending: nothing lost, nothing doubled, no deadlock."""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.conftest import Installs
from tests.faults.world import furnish
from tests.processes import Installation

pytestmark = pytest.mark.slow

CLIENTS = 50
BODIES = 6
ROWS = 10
DAYS = [f"2026-03-{day:02}" for day in range(1, 29)]
SECONDS = 60
"""What all of the sending may take."""


@dataclass
class Client:
    """One vendor's machine. Before it sends a body it writes key and body down, and afterwards the answer."""

    address: str
    code: str
    key: str
    ledger: Path
    answers: dict[str, Any] = field(default_factory=dict)

    def work(self) -> None:
        """Send the bodies, every second of them twice at once over; some break off before they read the answer."""
        chance = random.Random(self.code)
        for number in range(BODIES):
            body = self._body(chance)
            self._note({"key": f"{self.code}-{number}", "body": body})
            if chance.random() < 0.2:
                self._send_and_leave(f"{self.code}-{number}", body)
            for _again in range(1 + number % 2):
                self._until_answered(f"{self.code}-{number}", body)

    def _body(self, chance: random.Random) -> dict[str, Any]:
        days = chance.sample(DAYS, ROWS)  # in no order: the service sorts what it writes
        offered = chance.randrange(100, 1000)
        measures = {"offered": offered, "answered": offered - chance.randrange(50)}
        return {"rows": [{"queue": f"{self.code}-voice", "date": day, "measures": measures} for day in days]}

    def _note(self, entry: dict[str, Any]) -> None:
        with self.ledger.open("a") as lines:
            lines.write(json.dumps(entry) + "\n")

    def _request(self, key: str, body: dict[str, Any]) -> urllib.request.Request:
        headers = {"Content-Type": "application/json", "Authorization": f"Api-Key {self.key}", "Idempotency-Key": key}
        return urllib.request.Request(f"{self.address}/api/v1/submissions/", json.dumps(body).encode(), headers)

    def _send_and_leave(self, key: str, body: dict[str, Any]) -> None:
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(self._request(key, body), timeout=0.001)

    def _until_answered(self, key: str, body: dict[str, Any]) -> None:
        for _attempt in range(60):
            status, document, wait = self._send(key, body)
            if status == 201:
                assert self.answers.setdefault(key, document) == document, "another answer to the same key"
                self._note({"key": key, "answer": document["id"]})
                return
            assert status in (409, 503), document
            time.sleep(wait / 4)
        raise AssertionError(f"no answer to {key}")

    def _send(self, key: str, body: dict[str, Any]) -> tuple[int, Any, float]:
        """Return status, document and the seconds to wait before trying again."""
        try:
            with urllib.request.urlopen(self._request(key, body), timeout=30) as answer:
                return answer.status, json.load(answer), 0
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), float(error.headers.get("Retry-After", "0"))


@contextmanager
def statistics(installation: Installation) -> Iterator[dict[str, int]]:
    """Count the deadlocks of the installation's database meanwhile."""
    url, found = installation.environment["DATABASE_URL"], {"deadlocks": 0}
    if not url.startswith("postgres"):
        yield found
        return
    sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with psycopg.connect(url, autocommit=True) as connection:
        before = connection.execute(sql).fetchone()[0]  # type: ignore[index]
        yield found
        time.sleep(1.5)  # what a session counted is written when it is idle
        found["deadlocks"] = connection.execute(sql).fetchone()[0] - before  # type: ignore[index]


def keys_of(installation: Installation, codes: list[str]) -> dict[str, str]:
    """Make a key for each vendor, in one process."""
    program = (
        "import json, os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()\n"
        "from vendors import clock; from vendors.actors import SYSTEM; from vendors.models import Vendor\n"
        "from vendors.services.keys import issue_key\n"
        "vendors = Vendor.objects.filter(code__in=json.load(sys.stdin))\n"
        "make = lambda one: issue_key(actor=SYSTEM, now=clock.now(), kind='vendor', vendor=one, scopes=['ingest'])[1]\n"
        "print(json.dumps({vendor.code: make(vendor) for vendor in vendors}))"
    )
    return dict(json.loads(installation.python("-c", program, given=json.dumps(codes))))


STORED = """
import json, os, django; os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"; django.setup()
from kpis.models import DailyMetric, IdempotencyKey, MetricRevision, Submission
print(json.dumps({
    "submissions": [str(pk) for pk in Submission.objects.values_list("pk", flat=True)],
    "keys": IdempotencyKey.objects.count(),
    "days": [[queue, day.isoformat(), measures, str(submission)] for queue, day, measures, submission
             in DailyMetric.objects.values_list("queue__code", "date", "measures", "submission")],
    "revisions": [[queue, day.isoformat(), changes] for queue, day, changes
                  in MetricRevision.objects.order_by("id").values_list("queue__code", "date", "changes")],
}))
"""


def test_fifty_clients_lose_nothing_and_double_nothing(install: Installs, tmp_path: Path) -> None:
    installation = install()
    manager = installation.caller(installation.manage("create_api_key", "--role", "manager"))
    codes = [f"v{number:02}" for number in range(CLIENTS)]
    furnish(manager, codes)
    address = f"http://127.0.0.1:{installation.port}"
    clients = [
        Client(address, code, key, tmp_path / f"{code}.jsonl") for code, key in keys_of(installation, codes).items()
    ]

    started = time.monotonic()
    with statistics(installation) as counted, ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(Client.work, clients))
        seconds = time.monotonic() - started

    assert counted["deadlocks"] == 0
    assert seconds < SECONDS
    stored = json.loads(installation.python("-c", STORED))
    wanted: dict[tuple[str, str], Any] = {}
    answered = set()
    for client in clients:
        entries = [json.loads(line) for line in client.ledger.read_text().splitlines()]
        for entry in entries:
            for row in entry.get("body", {"rows": []})["rows"]:
                wanted[row["queue"], row["date"]] = row["measures"]
        answered |= {entry["answer"] for entry in entries if "answer" in entry}
    # Every body of the ledgers is stored exactly once, under the number its sender was told.
    assert len(stored["submissions"]) == stored["keys"] == CLIENTS * BODIES
    assert set(stored["submissions"]) == answered
    # The last body a client sent for a day is what the day says: a client sends one body after the other.
    assert {(queue, day): measures for queue, day, measures, _ in stored["days"]} == wanted
    # And every value that was replaced is there, numbered without a gap.
    for queue, day, changes in stored["revisions"]:
        assert (queue, day) in wanted
        assert all(revision >= 2 for _old, _new, revision in changes.values())


def test_bodies_over_the_same_queues_in_any_order_never_deadlock(install: Installs) -> None:
    """Twelve senders, each with all queues in an order of its own: writes are sorted, whatever the body's order."""
    installation = install()
    manager = installation.caller(installation.manage("create_api_key", "--role", "manager"))
    codes = [f"v{number:02}" for number in range(8)]
    furnish(manager, codes)

    def work(sender: int) -> None:
        chance = random.Random(sender)
        for number in range(4):
            places = [(code, day) for code in codes for day in DAYS[:5]]
            chance.shuffle(places)
            figures = {"offered": 100 + sender, "answered": 10 * number + sender}
            rows = [{"queue": f"{code}-voice", "date": day, "measures": figures} for code, day in places]
            answer = manager.post("/api/v1/submissions/", rows=rows)
            assert answer.status == 201, answer

    with statistics(installation) as counted, ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(12)))

    assert counted["deadlocks"] == 0
    revisions = json.loads(installation.python("-c", STORED))["revisions"]
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for queue, day, changes in revisions:
        for measure, (_old, _new, revision) in changes.items():
            numbers.setdefault((queue, day, measure), []).append(revision)
    assert all(found == list(range(2, len(found) + 2)) for found in numbers.values()), "a revision is missing"


def test_a_hundred_deliveries_of_one_body_get_one_answer(install: Installs, tmp_path: Path) -> None:
    """Twenty threads deliver the same body under the same key a hundred times."""
    installation = install()
    manager = installation.caller(installation.manage("create_api_key", "--role", "manager"))
    furnish(manager, ["v00"])
    key = keys_of(installation, ["v00"])["v00"]
    client = Client(f"http://127.0.0.1:{installation.port}", "v00", key, tmp_path / "ledger.jsonl")
    body = client._body(random.Random(0))

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda _: client._until_answered("one", body), range(100)))

    stored = json.loads(installation.python("-c", STORED))
    entries = [json.loads(line) for line in client.ledger.read_text().splitlines()]
    assert len(entries) == 100
    assert {entry["answer"] for entry in entries} == set(stored["submissions"])
    assert (len(stored["submissions"]), stored["keys"], stored["revisions"]) == (1, 1, [])
