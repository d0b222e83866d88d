"""Odd days of fifteen real years: the largest spikes are found, and quiet weeks are left alone."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from statistics import median

from kpis.calc.expectation import odd_days
from tests.shared_data import shared_file


def test_the_ten_largest_spikes_of_fifteen_real_years_are_found_and_quiet_weeks_are_not() -> None:
    with shared_file("data/vancouver_311.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    data = {date.fromisoformat(row["Date"]): float(row["CallsOffered"] or 0) for row in rows}
    days = sorted(data)

    found = {one.date: one for one in odd_days(data, days)}

    def around(day: date) -> list[float]:
        weeks = (day + timedelta(weeks=number) for number in range(-6, 7) if number)
        return [data[one] for one in weeks if data.get(one)]

    ratios = {day: data[day] / median(around(day)) for day in days[60:] if len(around(day)) >= 8 and data[day]}
    largest = sorted(ratios, key=lambda day: -ratios[day])[:10]
    assert [day for day in largest if day not in found] == []
    mondays = [day for day in days[70:] if day.isoweekday() == 1]
    weeks = [[day + timedelta(days=number) for number in range(7)] for day in mondays]
    quiet = [week for week in weeks if all(abs(ratios.get(day, 1) - 1) < 0.12 for day in week)]
    assert len(quiet) > 50
    wrong = [day for week in quiet for day in week if day in found]
    print(f"{len(found)} of {len(days)} days suggested; {len(wrong)} of {7 * len(quiet)} days of quiet weeks")
    assert len(wrong) <= 0.005 * 7 * len(quiet)
