"""What the README says is true: its commands run, its tables are complete."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands
from django.urls import resolve, reverse

from bpo.templatetags.bpo_navigation import DAILY

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OWN_APPS = ("bpo", "kpis", "vendors")


def command(name: str) -> str:
    """Return the text of the fenced block marked ``<!-- command: NAME -->``."""
    found = re.search(rf"<!-- command: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md marks no command {name!r}"
    return found[1]


def rows_of_table(heading: str) -> list[str]:
    """Return the first cells, without backquotes, of the table below a heading."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1].strip().strip("`") for line in section.splitlines() if line.startswith("| `")]
    return [cell.rstrip("/") for cell in cells]


@pytest.mark.django_db(transaction=True)
def test_the_first_scorecard_comes_out_as_it_says(live_server: Any, settings: Any, tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    settings.SECRET_FILE = tmp_path / "secret_key"
    settings.BROKER_KIND = "none"  # no worker runs here: figures are computed where they arrive
    call_command("setup", verbosity=0)
    key = StringIO()
    call_command("create_api_key", "--role", "manager", stdout=key)

    environment = {**os.environ, "KEY": key.getvalue().strip(), "API": f"{live_server.url}/api/v1", "LC_ALL": "C.UTF-8"}
    script = command("first-scorecard").replace("sleep 1\n", "")
    done = subprocess.run(["bash", "-eu", "-c", script], env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    faults = [answer for answer in answers if "status" in answer and answer["status"] in range(400, 600)]
    assert not faults, faults
    attainments, cards = answers[-2:]
    values = {row["kpi"]: row["value"] for row in attainments["results"]}
    claimed = re.findall(r"\*\*(\d+\.\d\d) %\*\*", README)
    assert claimed == ["82.00", "93.00"]
    assert [Decimal(values["service_level"]), Decimal(values["answer_rate"])] == [Decimal(text) for text in claimed]
    assert [card["status"] for card in cards["results"] if card["start"] == "2026-03-01"] == ["draft"]


def test_the_first_command_installs_nothing_but_the_requirements() -> None:
    line = command("run").strip()

    assert "\n" not in line
    assert re.findall(r"-r (\S+)", line) == ["requirements.txt"]
    assert line.endswith("manage.py up --demo")


def test_the_second_command_is_what_ci_runs() -> None:
    assert command("tests").strip().endswith("-m tests")
    assert "readme_command tests" in (ROOT / ".ci" / "run").read_text()


def test_the_table_of_commands_is_complete() -> None:
    own = {name for name, app in get_commands().items() if app in OWN_APPS}

    assert set(rows_of_table("Commands")) == own


def test_the_table_of_variables_is_complete() -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', settings))

    assert set(rows_of_table("Environment")) == read


def test_the_map_names_the_apps_there_are() -> None:
    assert [name for name in rows_of_table("Where things are") if name in OWN_APPS] == ["vendors", "kpis", "bpo"]
    assert all((ROOT / name / "apps.py").exists() for name in OWN_APPS)


def test_the_example_environment_names_only_variables_there_are() -> None:
    named = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert set(named) <= set(rows_of_table("Environment"))


def test_the_table_of_pages_names_pages_there_are() -> None:
    pages = [f"{page}/" for page in rows_of_table("Pages")]

    assert len(pages) >= 12
    assert all(resolve(page).app_name == "bpo" for page in pages)
    everyday = {reverse(f"bpo:{entry.view}") for entry in DAILY} - {"/submissions/"}
    assert everyday <= set(pages)


def test_its_pictures_and_pages_are_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README) + re.findall(r"`((?:bpo|kpis|vendors)/[^`]+\.md)`", README)

    assert any(link.endswith(".png") for link in links)
    assert [link for link in links if not (ROOT / link).is_file()] == []
