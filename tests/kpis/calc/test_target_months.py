"""Months that are given other values: which versions remain."""

from __future__ import annotations

from datetime import date

from kpis.calc.target_months import Change, Version, holding, months_of, replanned, tail_end

ALL_YEAR = Version(date(2026, 1, 1), None, {"target": 90, "weight": 25}, 1)


def month(number: int, end: int, **values: int) -> Change:
    last = date(2027, 1, 1) if end == 13 else date(2026, end, 1)
    return Change(date(2026, number, 1), last, values or None)


def spans(versions: tuple[Version, ...]) -> list[tuple[str, str, object]]:
    return [(str(one.start)[:7], str(one.end)[:7] if one.end else "", one.values.get("target")) for one in versions]


def test_a_changed_month_cuts_the_version_in_three() -> None:
    found = replanned([ALL_YEAR], [month(6, 7, target=92)], {})

    assert spans(found) == [("2026-01", "2026-06", 90), ("2026-06", "2026-07", 92), ("2026-07", "", 90)]
    assert [one.values["weight"] for one in found] == [25, 25, 25]
    assert [one.is_changed for one in found] == [False, True, False]


def test_equal_neighbours_become_one_version() -> None:
    changes = [month(number, number + 1, target=92) for number in range(4, 13)]

    assert spans(replanned([ALL_YEAR], changes, {})) == [
        ("2026-01", "2026-04", 90), ("2026-04", "2027-01", 92), ("2027-01", "", 90),
    ]  # fmt: skip


def test_a_change_that_goes_on_holds_until_further_notice() -> None:
    assert spans(replanned([ALL_YEAR], [Change(date(2026, 10, 1), None, {"target": 92})], {})) == [
        ("2026-01", "2026-10", 90), ("2026-10", "", 92),
    ]  # fmt: skip


def test_taking_the_change_back_leaves_one_version() -> None:
    cut = replanned([ALL_YEAR], [month(6, 7, target=92)], {})

    assert spans(replanned(cut, [month(6, 7, target=90)], {})) == [("2026-01", "", 90)]


def test_versions_that_nobody_touched_are_not_joined() -> None:
    one = Version(date(2026, 1, 1), date(2026, 3, 1), {"target": 90}, 1)
    other = Version(date(2026, 3, 1), None, {"target": 90}, 2)

    assert len(replanned([one, other], [month(8, 9, target=91)], {})) == 4


def test_a_month_without_a_target_lies_empty() -> None:
    assert spans(replanned([ALL_YEAR], [month(6, 8)], {})) == [("2026-01", "2026-06", 90), ("2026-08", "", 90)]


def test_where_nothing_held_it_begins_afresh() -> None:
    later = Version(date(2026, 5, 1), date(2026, 6, 1), {"target": 80, "weight": 10}, 1)

    found = replanned([later], [Change(date(2026, 4, 1), date(2026, 8, 1), {"target": 85})], {"weight": 20})

    assert spans(found) == [("2026-04", "2026-05", 85), ("2026-05", "2026-06", 85), ("2026-06", "2026-08", 85)]
    assert [one.values["weight"] for one in found] == [20, 10, 20]


def test_an_open_change_fills_up_to_the_open_version_and_no_further() -> None:
    found = replanned([ALL_YEAR], [Change(date(2025, 11, 1), None, {"target": 95})], {"weight": 5})

    assert spans(found) == [("2025-11", "2026-01", 95), ("2026-01", "", 95)]


def test_an_open_change_where_nothing_holds_is_open() -> None:
    assert spans(replanned([], [Change(date(2026, 12, 1), None, {"target": 95})], {})) == [("2026-12", "", 95)]


def test_a_version_that_begins_within_the_month_keeps_its_other_values() -> None:
    middle = Version(date(2026, 1, 1), date(2026, 6, 16), {"target": 90, "weight": 25}, 1)
    after = Version(date(2026, 6, 16), None, {"target": 91, "weight": 30}, 2)

    found = replanned([middle, after], [month(6, 7, target=95)], {})

    assert [(one.start.day, one.values) for one in found if one.is_changed] == [
        (1, {"target": 95, "weight": 25}), (16, {"target": 95, "weight": 30}),
    ]  # fmt: skip


def test_december_goes_on_as_far_as_what_held_in_it() -> None:
    bounded = Version(date(2026, 3, 1), date(2027, 7, 1), {}, 1)
    planned = Version(date(2027, 1, 1), None, {}, 2)
    december = (date(2026, 12, 1), date(2027, 1, 1))

    assert tail_end([bounded], *december) == date(2027, 7, 1)
    assert tail_end([ALL_YEAR], *december) is None
    assert tail_end([planned], *december) == date(2027, 1, 1)
    assert tail_end([], *december) is None


def test_a_year_has_twelve_months_and_versions_hold_half_open() -> None:
    assert [period.start.month for period in months_of(2026)] == list(range(1, 13))
    first = Version(date(2026, 1, 1), date(2026, 2, 1), {})

    assert holding([first], date(2026, 2, 1), date(2026, 3, 1)) == []
    assert holding([first], date(2026, 1, 31), date(2026, 3, 1)) == [first]
