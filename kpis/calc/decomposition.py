"""Where a figure came from: the mix of contacts, each external factor, and what is left for the vendor.

Mathematics §4.8 and §4.9. All figures are of weighted KPIs: an amount over a volume.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One group of contacts (a queue, a channel): how many, and what they came to."""

    volume: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """A change taken apart: by other shares at the old values, and by other values at the new shares."""

    mix: Decimal
    performance: Decimal

    @property
    def total(self) -> Decimal:
        return self.mix + self.performance


def change(before: Mapping[str, Part], after: Mapping[str, Part]) -> Change | None:
    """Take the change of a pooled value apart; null where one side has no volume.

    A group that is new has the old pooled value as its old one, so that its coming counts as mix of nothing and its
    being better or worse as performance; one that ended moves the shares.
    """
    volume_before = sum((part.volume for part in before.values()), ZERO)
    volume_after = sum((part.volume for part in after.values()), ZERO)
    if not volume_before or not volume_after:
        return None
    pooled = sum((part.volume * part.value for part in before.values()), ZERO) / volume_before
    mix = performance = ZERO
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        old_share = old.volume / volume_before if old else ZERO
        new_share = new.volume / volume_after if new else ZERO
        old_value = old.value if old else pooled
        mix += (new_share - old_share) * old_value
        if new:
            performance += new_share * (new.value - old_value)
    return Change(mix, performance)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from the target to the actual figure; ``factor`` where an external factor made it."""

    kind: str
    size: Decimal
    factor: int | None = None


def steps(target: Decimal, adjusted: Decimal, mix: Decimal, with_factors: Sequence[tuple[int, Decimal]]) -> list[Step]:
    """Return the way from the target to the gross figure: mix, what is left for the vendor, then each factor.

    ``with_factors`` are the factors in order, each with the figure once it and those before it are counted in; the
    last of them is the gross figure. The steps sum up to gross less target exactly.
    """
    found = [Step("mix", mix), Step("vendor", adjusted - target - mix)]
    before = adjusted
    for factor, value in with_factors:
        found.append(Step("factor", value - before, factor))
        before = value
    return found
