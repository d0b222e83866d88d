"""Where a figure came from (mathematics §4.8, §4.9)."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.decomposition import Part, Step, change, steps


def test_the_worked_example_loses_by_mix_and_gains_by_performance() -> None:
    before = {"billing": Part(D(60), D(82)), "technical": Part(D(40), D(76))}
    after = {"billing": Part(D(45), D(83)), "technical": Part(D(55), D(77))}

    found = change(before, after)

    assert found is not None
    assert (found.mix, found.performance, found.total) == (D("-0.9"), D("1.0"), D("0.1"))


def test_a_group_that_begins_or_ends_is_told_apart() -> None:
    before = {"a": Part(D(50), D(80)), "b": Part(D(50), D(60))}
    after = {"a": Part(D(50), D(80)), "c": Part(D(50), D(75))}

    found = change(before, after)

    assert found is not None
    assert (found.mix, found.performance) == (D(5), D("2.5"))


def test_without_volume_nothing_is_told() -> None:
    assert change({}, {"a": Part(D(1), D(1))}) is None
    assert change({"a": Part(D(1), D(1))}, {"a": Part(D(0), D(0))}) is None


PARTS = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(Part, st.integers(1, 1000).map(D), st.decimals(0, 100, places=2)),
    min_size=1,
)


@given(PARTS, PARTS)
def test_mix_and_performance_sum_up_to_the_change_of_the_pooled_value(
    before: dict[str, Part], after: dict[str, Part]
) -> None:
    def pooled(parts: dict[str, Part]) -> D:
        return sum(part.volume * part.value for part in parts.values()) / sum(part.volume for part in parts.values())

    found = change(before, after)

    assert found is not None
    assert abs(found.total - (pooled(after) - pooled(before))) < D("1e-12")


def test_the_steps_lead_from_the_target_to_the_gross_figure() -> None:
    found = steps(D(80), D("80.357"), D("-0.9"), [(4, D("78.5")), (7, D(77))])

    assert found == [
        Step("mix", D("-0.9")),
        Step("vendor", D("1.257")),
        Step("factor", D("-1.857"), 4),
        Step("factor", D("-1.5"), 7),
    ]
    assert D(80) + sum(step.size for step in found) == D(77)
