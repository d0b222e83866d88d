"""What a benchmark answers, and how it takes a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

RUNS = 5
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Result:
    """One figure against its bar. ``better`` says which side of the bar is good."""

    name: str
    value: float
    bar: float
    better: str
    unit: str = "ratio"
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        sign = "≤" if self.better == "lower" else "≥"
        verdict = "holds" if self.holds else "MISSED"
        detail = ", ".join(f"{name} {value}" for name, value in self.detail.items())
        return f"{self.name:<24}{self.value:>9.2f}  {sign} {self.bar:<6g}{verdict:<8}{detail}"


def median_seconds(
    work: Callable[[], object], *, before: Callable[[], object] = lambda: None, runs: int = RUNS, warm_up: int = 1
) -> float:
    """Return the median time of ``runs`` runs of ``work`` after a warm-up; ``before`` each run is not timed."""
    return median_seconds_with(lambda _nothing: work(), given=before, runs=runs, warm_up=warm_up)


def median_seconds_with(
    work: Callable[[Given], object], *, given: Callable[[], Given], runs: int = RUNS, warm_up: int = 1
) -> float:
    """Return the median time of ``work``, which takes what ``given`` makes before each run, untimed."""
    times = []
    for run in range(warm_up + runs):
        value = given()
        started = time.perf_counter()
        work(value)
        if run >= warm_up:
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
