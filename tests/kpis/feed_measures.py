"""The measures the feed's tests report, with the relations of the catalogue."""

from __future__ import annotations

from typing import Any

from tests.make import make_measure


def make_measures() -> None:
    """Make a voice queue's measures, a sum, a stock, a histogram and the one the service supplies."""
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "offered",
            {
                "name": "Calls offered",
                "name_ko": "인입호(상담 요청호)",
                "relations": "soft answered + abandoned <= offered",
            },
        ),
        (
            "answered",
            {"name": "Calls answered", "name_ko": "응대호", "relations": "answered <= offered; within <= answered"},
        ),
        ("within", {"name": "Answered in time", "relations": "within <= answered"}),
        ("abandoned", {"name": "Calls abandoned", "name_ko": "포기호", "relations": "abandoned <= offered"}),
        ("checked", {"name": "Evaluations"}),
        ("score_sum", {"name": "Sum of scores", "unit": "points", "relations": "score_sum <= 100 * checked"}),
        ("talk_s", {"name": "Talk time", "unit": "seconds"}),
        ("open_end", {"name": "Open items", "rollup": "stock"}),
        ("wait_hist", {"name": "Waits", "unit": "bucket counts", "rollup": "histogram", "edges": [10, 20]}),
        ("calendar_days", {"name": "Calendar days", "unit": "days", "rollup": "calendar"}),
    ]
    for code, fields in rows:
        make_measure(code, **fields)
