"""Every queue-day is in exactly one state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.completeness import COMPLETE, ClosedBy, DayFacts, DayState, state_of

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)


def day(**facts):
    return DayFacts(
        **{"day": YESTERDAY, "today": TODAY, "closed_by": None, "measures": None, "asked": {"offered", "answered"}}
        | facts
    )


facts = st.builds(
    DayFacts,
    day=st.sampled_from([YESTERDAY, TODAY, TODAY + timedelta(days=1)]),
    today=st.just(TODAY),
    closed_by=st.none() | st.sampled_from(ClosedBy),
    measures=st.none() | st.sets(st.sampled_from(["offered", "answered", "csat"])),
    asked=st.sets(st.sampled_from(["offered", "answered"])),
    is_corrected=st.booleans(),
    is_late=st.booleans(),
    is_refused=st.booleans(),
)


@given(facts)
def test_it_is_closed_or_complete_or_partial_or_without_figures(found: DayFacts) -> None:
    state = state_of(found)

    assert (state is DayState.CLOSED) is (found.closed_by is not None)
    if state is not DayState.CLOSED:
        assert (state in COMPLETE) is found.is_complete
        assert (state is DayState.PARTIAL) is (bool(found.measures) and not found.is_complete)
        assert (state in (DayState.MISSING, DayState.REJECTED, DayState.EXPECTED)) is not found.measures
        assert state is not DayState.MISSING or found.is_expected
        assert state is not DayState.EXPECTED or not found.is_expected


def test_nothing_is_expected_of_a_closed_day_whatever_was_reported() -> None:
    assert not day(closed_by=ClosedBy.EXCUSED, measures={"offered"}).is_expected
    assert day(measures=None).is_expected


@pytest.mark.parametrize(
    ("given_facts", "state"),
    [
        ({}, DayState.MISSING),
        ({"day": TODAY}, DayState.EXPECTED),
        ({"day": TODAY, "measures": {"offered"}}, DayState.PARTIAL),
        ({"measures": {"offered"}}, DayState.PARTIAL),
        ({"measures": {"csat"}}, DayState.PARTIAL),
        ({"measures": set()}, DayState.MISSING),
        ({"measures": {"offered", "answered"}}, DayState.REPORTED),
        ({"measures": {"offered", "answered"}, "is_corrected": True}, DayState.CORRECTED),
        ({"measures": {"offered", "answered"}, "is_corrected": True, "is_late": True}, DayState.LATE),
        ({"measures": {"csat"}, "asked": set()}, DayState.REPORTED),
        ({"is_refused": True}, DayState.REJECTED),
        ({"is_refused": True, "measures": {"offered", "answered"}}, DayState.REPORTED),
        ({"measures": {"offered", "answered"}, "closed_by": ClosedBy.EXCUSED}, DayState.CLOSED),
    ],
)
def test_it_says_which_state_a_day_is_in(given_facts: dict, state: DayState) -> None:
    assert state_of(day(**given_facts)) is state


def test_today_is_expected_once_there_is_a_row_of_it() -> None:
    assert not day(day=TODAY).is_expected
    assert day(day=TODAY, measures=set()).is_expected
    assert not day(day=TODAY + timedelta(days=1), measures={"offered"}).is_expected


@pytest.mark.parametrize(
    ("given_facts", "state"),
    [
        ({}, DayState.AWAITING),
        ({"day": TODAY}, DayState.AWAITING),
        ({"is_refused": True}, DayState.AWAITING),
        ({"held": {"offered"}}, DayState.AWAITING),
        ({"measures": {"offered"}}, DayState.AWAITING),
        ({"measures": {"offered"}, "held": {"offered"}}, DayState.PARTIAL),
        ({"measures": {"offered", "answered"}}, DayState.REPORTED),
        ({"closed_by": ClosedBy.HOLIDAY}, DayState.CLOSED),
    ],
)
def test_held_figures_await_confirmation_where_nothing_else_is_lacking(given_facts: dict, state: DayState) -> None:
    assert state_of(day(**{"held": {"offered", "answered"}} | given_facts)) is state


@given(facts, st.sets(st.sampled_from(["offered", "answered"])))
def test_held_figures_complete_no_day_and_make_none_expected(found: DayFacts, held: set[str]) -> None:
    waiting = replace(found, held=held)

    assert (waiting.is_complete, waiting.is_expected) == (found.is_complete, found.is_expected)
    assert state_of(waiting) in (state_of(found), DayState.AWAITING)
    assert DayState.AWAITING not in COMPLETE
