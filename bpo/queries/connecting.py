"""What the page for integrators shows: requests to copy, filled with the reader's own queue and measures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kpis.models import DailyMetric
from kpis.queries.contract_form import contract_form, is_for_vendor
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.models import ContractQueue, Queue

EXAMPLE_QUEUE = "your-queue"
EXAMPLE = {"offered": 1200, "answered": 1100}
MOST_MEASURES = 6

CURL = """\
export BPO_KEY='{key}'
curl -sS --retry 3 -X POST '{url}submissions/{query}' \\
  -H "Authorization: Api-Key $BPO_KEY" \\
  -H "Idempotency-Key: $(date +%s)-$$" \\
  -H 'Content-Type: application/json' \\
  -d '{body}'"""

CURL_ME = """\
export BPO_KEY='{key}'
curl -sS '{url}me/' -H "Authorization: Api-Key $BPO_KEY\""""

PYTHON = """\
import json, os, time, urllib.error, urllib.request, uuid

URL = "{url}submissions/"
BODY = {body}

request = urllib.request.Request(URL, json.dumps(BODY).encode(), method="POST", headers={{
    "Authorization": "Api-Key " + os.environ["BPO_KEY"],
    "Content-Type": "application/json",
    "Idempotency-Key": str(uuid.uuid4()),  # one for each body: sent again, nothing is stored twice
}})
for attempt in range(5):
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            print(json.dumps(json.load(answer), ensure_ascii=False, indent=2))
        break
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        if error.code not in (409, 429, 503) or "Retry-After" not in error.headers:
            raise SystemExit(json.dumps(problem, ensure_ascii=False, indent=2))
        time.sleep(int(error.headers["Retry-After"]))"""

POWERSHELL = """\
$body = @'
{body}
'@
$headers = @{{
  'Authorization' = "Api-Key $env:BPO_KEY"
  'Idempotency-Key' = [guid]::NewGuid().ToString()
}}
Invoke-RestMethod -Method Post -Uri '{url}submissions/' -Headers $headers `
  -ContentType 'application/json; charset=utf-8' `
  -Body ([System.Text.Encoding]::UTF8.GetBytes($body)) | ConvertTo-Json -Depth 6"""


@dataclass(frozen=True, slots=True)
class Connection:
    """The example and the texts that send it."""

    queue: str
    is_own: bool
    day: date
    measures: Mapping[str, Any]
    who: str
    try_out: str
    curl: str
    python: str
    powershell: str


def connection(actor: Actor, url: str, now: datetime, key: str = "bpo_…") -> Connection:
    """Return the page's requests for ``actor``: its first queue, and the measures it reported last or has targets on.

    ``url`` is the address of version 1 of the API, with its last slash.
    """
    queue = Queue.objects.visible_to(actor.limited_to(Capability.SUBMIT)).select_related("centre")
    queue = queue.filter(closed_on=None).order_by("code").first()
    day = local_date(now, queue.centre.timezone if queue else "Asia/Seoul") - timedelta(days=1)
    measures = (_of_the_queue(queue, day, actor, now) if queue else None) or EXAMPLE
    code = queue.code if queue else EXAMPLE_QUEUE
    row = {"queue": code, "date": day.isoformat(), "measures": measures}
    body = json.dumps({"rows": [row]})
    filling = {"url": url, "key": key, "body": body, "query": ""}
    return Connection(
        queue=code,
        is_own=queue is not None,
        day=day,
        measures=measures,
        who=CURL_ME.format(**filling),
        try_out=CURL.format(**{**filling, "query": "?dry_run=true"}),
        curl=CURL.format(**filling),
        python=PYTHON.format(**filling),
        powershell=POWERSHELL.format(**filling),
    )


def _of_the_queue(queue: Queue, day: date, actor: Actor, now: datetime) -> dict[str, Any] | None:
    """Return the plain figures the queue reported last; before that, what it is asked for, all with the same figure."""
    asked, of_others = _asked(queue, day, actor, now)
    last = DailyMetric.objects.filter(queue=queue, is_month=False).order_by("-date").first()
    reported = {code: value for code, value in (last.measures if last else {}).items() if isinstance(value, int)}
    figures = {code: value for code, value in reported.items() if code not in of_others}
    figures = figures or dict.fromkeys(sorted(asked), 100)
    return dict(list(figures.items())[:MOST_MEASURES]) or None


def _asked(queue: Queue, day: date, actor: Actor, now: datetime) -> tuple[set[str], set[str]]:
    """Return the numbers the reader is asked for at the queue, and what only others send."""
    link = ContractQueue.objects.filter(queue=queue).valid_on(day).select_related("contract").first()
    if link is None:
        return set(), set()
    form = contract_form(link.contract, day, now=now, for_vendor=is_for_vendor(actor, link.contract))
    asked = {code for row in form.queues if row.code == queue.code for code in row.measures}
    return asked, {measure.code for measure, _owner in form.provided_by_others}
