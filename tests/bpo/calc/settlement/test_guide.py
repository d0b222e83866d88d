"""The figures of the guide to terms of money are what the arithmetic gives."""

from __future__ import annotations

import re
from pathlib import Path

from bpo.calc.settlement import settle
from tests.bpo.calc.settlement.test_settlement import by_grade, month

GUIDE = Path(__file__).resolve().parents[4] / "bpo" / "services" / "money" / "README.md"


def test_the_table_of_the_guide_holds() -> None:
    rows = re.findall(r"^\| ([\d.]+) \| (-?\d+) \| (-?\d+) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(rows) == 6
    for score, stepped, linear in rows:
        won = [settle(by_grade(between=between), month(score)).adjustment for between in ("step", "linear")]
        assert won == [int(stepped), int(linear)], score
