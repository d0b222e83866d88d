"""From a file to the scorecard's line, all through REST: set up, sent, computed, read and explained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rest_framework.test import APIClient

from kpis.calc.explanation import recompute
from kpis.services.catalogue import load_catalogue
from kpis.services.recalculation import drain
from tests.cast import client_for
from tests.make import make_key
from vendors import clock
from vendors.models import Vendor


@dataclass
class Journey:
    """One vendor with a centre and a contract from 2026; ``manager`` asks and reads, ``vendor`` sends its files."""

    manager: APIClient
    vendor: APIClient = field(init=False)

    @classmethod
    def begun(cls, **contract: Any) -> Journey:
        """Return a journey with the shipped catalogue and a contract ``c`` of the vendor ``hanbit``."""
        load_catalogue(now=clock.now())
        journey = cls(client_for(make_key("manager")))
        journey.post("vendors", code="hanbit", name="Hanbit")
        journey.post("centres", code="seoul", vendor="hanbit", name="Seoul")
        journey.post("contracts", code="c", vendor="hanbit", name="Care", **{"starts_on": "2026-01-01", **contract})
        key = make_key("vendor", Vendor.objects.get(code="hanbit"), ("ingest",))
        journey.vendor = client_for(key)
        return journey

    def post(self, path: str, **body: Any) -> Any:
        answer = self.manager.post(f"/api/v1/{path}/", body, format="json")
        assert answer.status_code in (200, 201), answer.content.decode()
        return answer.json()

    def queue(self, code: str, **fields: Any) -> None:
        self.post("queues", code=code, centre="seoul", contract="c", name=code, **fields)

    def target(self, kpi: str, **fields: Any) -> Any:
        return self.post("targets", kpi=kpi, **{"contract": "c", "weight": 100, **fields})

    def send(self, *lines: str) -> dict[str, Any]:
        """Upload a CSV file with the vendor's key; have everything computed."""
        answer = self.upload(*lines)
        assert answer.status_code == 201, answer.content.decode()
        drain(now=clock.now())
        received: dict[str, Any] = answer.json()
        return received

    def upload(self, *lines: str) -> Any:
        return self.vendor.post("/api/v1/submissions/", "\n".join(lines), content_type="text/csv")

    def get(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.manager.get(f"/api/v1/{path}/", query)
        assert answer.status_code == 200, answer.content.decode()
        rows: list[dict[str, Any]] = answer.json()["results"]
        return rows

    def attainment(self, kpi: str, **query: Any) -> dict[str, Any]:
        [row] = self.get("attainments", kpi=kpi, **query)
        return row

    def line(self, kpi: str, start: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the card's line of a KPI and its explanation, after computing it again from that alone."""
        [card] = [row for row in self.get("scorecards", contract="c") if row["start"] == start]
        [line] = [row for row in card["lines"] if row["kpi"] == kpi]
        explained = self.manager.get(f"/api/v1/scorecards/{card['id']}/explain/").json()
        [figure] = [row["figure"] for row in explained["lines"] if row["line"] == line["id"]]
        again = recompute(figure)
        for name, value in again.items():
            assert (value and float(value)) == (line[name] and float(line[name])), (name, again, line)
        return line, figure


def daily(queue: str, month: str, days: int, *cells: object) -> list[str]:
    """Return the lines of a queue that reports the same on the first ``days`` days of a month."""
    return [",".join([queue, f"{month}-{day:02}", *map(str, cells)]) for day in range(1, days + 1)]


def told(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
