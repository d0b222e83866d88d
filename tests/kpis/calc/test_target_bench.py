"""How often a proposed level would have been met."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpis.calc.facts import Status
from kpis.calc.target_bench import Replay, tally


def month(number: int, value: str | None, attainment: str | None, status: Status | None, now: Status | None) -> Replay:
    figures = [None if text is None else Decimal(text) for text in (value, attainment)]
    return Replay(date(2026, number, 1), figures[0], figures[1], status, now)


def test_it_counts_what_can_be_told_and_names_the_closest_miss() -> None:
    months = [
        month(1, "93", "101.0870", Status.MET, Status.MET),
        month(2, "91", "98.9130", Status.BELOW_TARGET, Status.MET),
        month(3, "91", "98.9130", Status.BELOW_TARGET, Status.MET),
        month(4, "80", "86.9565", Status.BELOW_MINIMUM, Status.BELOW_TARGET),
        month(5, None, None, Status.NO_DATA, None),
        month(6, "99", "107.6087", Status.LOW_VOLUME, Status.LOW_VOLUME),
    ]

    found = tally(months)

    assert (found.known, found.met, found.met_now) == (4, 1, 3)
    assert found.closest_miss == months[2]


def test_nothing_missed_has_no_closest_miss() -> None:
    found = tally([month(1, "93", "101.0870", Status.MET, None)])

    assert (found.met, found.met_now, found.closest_miss) == (1, 0, None)
