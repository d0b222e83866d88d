"""What a benchmark answers, and how it takes a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

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


@dataclass(frozen=True, slots=True)
class Way(Generic[Given]):
    """Work that is timed; it takes what ``given`` makes before each run, untimed."""

    work: Callable[[Given], object]
    given: Callable[[], Given]

    def seconds(self) -> float:
        value = self.given()
        started = time.perf_counter()
        self.work(value)
        return time.perf_counter() - started


def median_seconds(
    work: Callable[[], object], *, before: Callable[[], object] = lambda: None, runs: int = RUNS, warm_up: int = 1
) -> float:
    """Return the median time of ``runs`` runs of ``work`` after a warm-up; ``before`` each run is not timed."""
    (median,) = medians_in_turn(Way(lambda _nothing: work(), before), runs=runs, warm_up=warm_up)
    return median


def medians_in_turn(*ways: Way[Any], runs: int = RUNS, warm_up: int = 1) -> list[float]:
    """Return the median time of each way; they run in turn, so that a machine that slows down slows all of them."""
    rounds = [[way.seconds() for way in ways] for _round in range(warm_up + runs)]
    return [statistics.median(times) for times in zip(*rounds[warm_up:], strict=True)]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
