"""The page for integrators: filled with the reader's own queue, and every request on it is sent to a real server.

curl and Python run as they stand. PowerShell runs where ``pwsh`` is installed; elsewhere its text is parsed by the
language's grammar, read by a small strict reader of just the statements the page uses, and the request it describes
is sent.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
import tree_sitter
import tree_sitter_powershell
from django.test import Client

from kpis.models import DailyMetric, Submission
from tests.cast import Cast, client_for, make_cast
from tests.kpis.feed_measures import make_measures
from tests.make import make_figures, make_kpi, make_measure, make_target
from vendors.choices import MeasureOwner
from vendors.clock import local_date, now
from vendors.models import MeasureProvision

YESTERDAY_FIGURES = {"offered": 40, "answered": 39}


def browser(who: Any, language: str = "ko") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client


def snippets(page: str) -> dict[str, str]:
    found = re.findall(r'<pre class="snippet" id="([\w-]+)"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("member", 200), ("manager", 200), ("analyst", 403)])
def test_it_is_for_those_who_submit(cast: Cast, who: str, status: int) -> None:
    assert browser(getattr(cast, who)).get("/connect/").status_code == status


@pytest.mark.django_db
def test_it_is_filled_with_ones_own_queue_and_the_measures_reported_last(cast: Cast) -> None:
    make_measures()
    make_figures(cast.queue, local_date(now(), "Asia/Seoul"), offered=7, abandoned=1, talk_s="2.5")
    texts = snippets(browser(cast.member).get("/connect/").content.decode())

    assert set(texts) == {"curl-who", "curl-try", "curl", "python", "powershell"}
    for name in texts.keys() - {"curl-who"}:
        assert '"queue": "hanbit-order-voice"' in texts[name]
        assert '"measures": {"offered": 7, "abandoned": 1}' in texts[name]
        assert "narae" not in texts[name]


@pytest.mark.django_db
def test_before_the_first_report_it_names_the_measures_of_the_targets(cast: Cast) -> None:
    make_target(cast.contract, make_kpi("answer_share"), 80)
    texts = snippets(browser(cast.member).get("/connect/").content.decode())
    assert '"measures": {"answered": 100, "offered": 100}' in texts["python"]


@pytest.mark.django_db
@pytest.mark.parametrize("has_reported", [True, False])
def test_its_example_has_only_figures_that_the_reader_may_send_as_numbers(cast: Cast, has_reported: bool) -> None:
    make_measure("tat_hist", unit="bucket counts", rollup="histogram", edges=[1, 2], edges_version="tat_v1")
    make_target(cast.contract, make_kpi("answer_share"), 80)
    make_target(cast.contract, make_kpi("quality", "qa_points / qa_checks"), 90)
    make_target(cast.contract, make_kpi("median", "tat_hist", aggregation="percentile:50"), 2)
    for measure in ("qa_points", "qa_checks"):
        MeasureProvision.objects.create(contract=cast.contract, measure=measure, owner=MeasureOwner.CLIENT)
    if has_reported:
        make_figures(cast.queue, local_date(now(), "Asia/Seoul"), offered=100, answered=100, qa_points=1, qa_checks=1)

    (body,) = re.findall(r"BODY = (.*)", snippets(browser(cast.member).get("/connect/").content.decode())["python"])
    answer = client_for(cast.ingest_key).post("/api/v1/submissions/?dry_run=true", json.loads(body))

    assert answer.status_code == 200, answer.content
    assert json.loads(body)["rows"][0]["measures"] == {"answered": 100, "offered": 100}


@pytest.mark.django_db
def test_without_a_queue_it_says_so(cast: Cast) -> None:
    cast.queue.contract_links.all().delete()
    cast.queue.delete()
    page = browser(cast.member, "en").get("/connect/").content.decode()
    assert "You have no queue yet" in page
    assert "your-queue" in page


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_states_the_limits_that_hold(cast: Cast, settings: Any, language: str) -> None:
    settings.REQUESTS_PER_MINUTE, settings.ROWS_PER_DAY = 600, 200_000
    page = browser(cast.member, language).get("/connect/").content.decode()
    assert all(number in page for number in ("5,000", "50,000", "600", "200,000", "90"))


# Each of them is run ----------------------------------------------------------------------------------


@pytest.fixture
def texts(live_server: Any) -> dict[str, str]:
    """The page's snippets with the address of a live server; the key is in the environment."""
    cast = make_cast()
    make_measures()
    make_figures(cast.queue, local_date(now(), "Asia/Seoul"), **YESTERDAY_FIGURES)
    page = browser(cast.member).get("/connect/", SERVER_NAME="localhost", SERVER_PORT=live_server.url.split(":")[2])
    found = snippets(page.content.decode())
    found["key"] = cast.ingest_key
    return {name: text.replace("bpo_…", cast.ingest_key) for name, text in found.items()}


def stored() -> tuple[int, dict[str, Any]]:
    """Return how many submissions there are beside the one of the set-up, and the figures of the newest day."""
    first = DailyMetric.objects.order_by("date").first()
    return Submission.objects.count() - 1, dict(first.measures) if first else {}


def run(command: list[str], key: str) -> dict[str, Any]:
    done = subprocess.run(
        command, env={**os.environ, "BPO_KEY": key}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "submissions"), [("curl-who", 0), ("curl-try", 0), ("curl", 1)])
def test_curl_runs_as_it_stands(texts: dict[str, str], name: str, submissions: int) -> None:
    answer = run(["bash", "-eu", "-c", texts[name]], "")

    if name == "curl-who":
        assert answer["vendor"] == "hanbit"
    else:
        assert (answer["status"], answer["values"]["new"]) == ("accepted", 2)
    assert stored()[0] == submissions


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_python_runs_as_it_stands(texts: dict[str, str]) -> None:
    answer = run([sys.executable, "-I", "-c", texts["python"]], texts["key"])
    assert (answer["status"], answer["values"]["new"]) == ("accepted", 2)
    assert stored() == (1, YESTERDAY_FIGURES)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_python_prints_what_is_wrong(texts: dict[str, str]) -> None:
    wrong = texts["python"].replace('"offered": 40', '"offered": 1')
    assert wrong != texts["python"]
    done = subprocess.run(
        [sys.executable, "-I", "-c", wrong],
        env={**os.environ, "BPO_KEY": texts["key"]}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stderr)["errors"][0]["code"] == "numerator_gt_denominator"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_powershell_sends_the_same(texts: dict[str, str]) -> None:
    pwsh = shutil.which("pwsh")
    if pwsh:
        answer = run([pwsh, "-NoProfile", "-Command", texts["powershell"]], texts["key"])
    else:
        answer = sent(read_powershell(texts["powershell"], {"BPO_KEY": texts["key"]}))
    assert (answer["status"], answer["values"]["new"]) == ("accepted", 2)
    assert stored() == (1, YESTERDAY_FIGURES)


POWERSHELL = re.compile(
    r"\$body = @'\n(?P<body>[^']*)\n'@\n"
    r"\$headers = @\{\n(?P<headers>(?:  '[\w-]+' = [^\n]+\n)+)\}\n"
    r"Invoke-RestMethod -Method (?P<method>Post) -Uri '(?P<url>[^']+)' -Headers \$headers `\n"
    r"  -ContentType '(?P<type>[^']+)' `\n"
    r"  -Body \(\[System\.Text\.Encoding\]::UTF8\.GetBytes\(\$body\)\) \| ConvertTo-Json -Depth 6"
)
"""The whole of the PowerShell the page writes; anything else is not read, and the test fails."""


def read_powershell(text: str, environment: dict[str, str]) -> urllib.request.Request:
    grammar = tree_sitter.Language(tree_sitter_powershell.language())
    assert not tree_sitter.Parser(grammar).parse(text.encode()).root_node.has_error, f"no PowerShell:\n{text}"
    found = POWERSHELL.fullmatch(text)
    assert found, f"not the PowerShell this reader knows:\n{text}"
    headers = {"Content-Type": found["type"]}
    for line in found["headers"].splitlines():
        name, value = line.strip().split(" = ", 1)
        headers[name.strip("'")] = _powershell_value(value, environment)
    return urllib.request.Request(found["url"], found["body"].encode(), headers, method=found["method"].upper())


def _powershell_value(value: str, environment: dict[str, str]) -> str:
    if value == "[guid]::NewGuid().ToString()":
        return "0190b0a5-8f6c-7cc0-a1b2-0123456789ab"
    assert value[0] == value[-1] == '"', value
    return re.sub(r"\$env:(\w+)", lambda name: environment[name[1]], value[1:-1])


def sent(request: urllib.request.Request) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))
