"""What every installation starts with: the catalogue, the shipped target sets, the public holidays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from kpis.services.catalogue import load_catalogue
from kpis.services.target_sets import load_target_sets
from vendors.clock import local_date
from vendors.services.holidays import seed_holidays

FIRST_HOLIDAY_YEAR = 2024
COUNTRY = "KR"


def load_shipped_data(*, now: datetime) -> dict[str, Any]:
    """Load what the product ships. Idempotent: returns what each step changed, nothing on a second run."""
    steps: dict[str, Callable[[], Any]] = {
        "catalogue": lambda: asdict(load_catalogue(now=now)),
        "target_sets": lambda: load_target_sets(now=now),
        "holidays": lambda: seed_holidays(COUNTRY, _holiday_years(local_date(now, "Asia/Seoul"))),
    }
    return {name: step() for name, step in steps.items()}


def _holiday_years(today: date) -> range:
    return range(FIRST_HOLIDAY_YEAR, today.year + 2)
