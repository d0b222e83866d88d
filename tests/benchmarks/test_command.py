"""The benchmark command runs and answers in its documented shape; how fast it is, is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.postgres
@pytest.mark.slow
def test_it_writes_results_in_the_documented_shape(tmp_path: Path) -> None:
    file = tmp_path / "results.json"

    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--only", "values_growth", "--json", str(file)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert file.exists(), done.stdout + done.stderr
    [result] = json.loads(file.read_text())
    assert set(result) == {"name", "value", "bar", "better", "unit", "detail"}
    assert (result["name"], result["bar"], result["better"], result["unit"]) == ("values_growth", 1.3, "lower", "ratio")
    assert result["value"] > 0
