"""How unlikely so many, or so few, events are: exact tails of binomial and Poisson distributions (mathematics §5.2).

They take the place of the normal distribution where few events are expected, which it does not fit.
"""

from __future__ import annotations

import math

ALPHA = 0.005


def binomial_at_least(events: int, cases: int, p: float) -> float:
    """Return the probability of ``events`` or more among ``cases`` where each is one with probability ``p``."""
    return math.fsum(_binomial(one, cases, p) for one in range(max(events, 0), cases + 1))


def binomial_at_most(events: int, cases: int, p: float) -> float:
    """Return the probability of ``events`` or fewer among ``cases``."""
    return math.fsum(_binomial(one, cases, p) for one in range(min(events, cases) + 1))


def _binomial(events: int, cases: int, p: float) -> float:
    if p <= 0 or p >= 1:
        return float(events == (cases if p >= 1 else 0))
    # By logarithms: the coefficient alone of a thousand cases is beyond a float.
    ways = math.lgamma(cases + 1) - math.lgamma(events + 1) - math.lgamma(cases - events + 1)
    return math.exp(ways + events * math.log(p) + (cases - events) * math.log1p(-p))


def poisson_at_least(events: int, mean: float) -> float:
    """Return the probability of ``events`` or more where ``mean`` are expected."""
    if events <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    return max(
        0.0, 1 - math.fsum(math.exp(one * math.log(mean) - mean - math.lgamma(one + 1)) for one in range(events))
    )


def poisson_at_most(events: int, mean: float) -> float:
    """Return the probability of ``events`` or fewer where ``mean`` are expected."""
    return 1 - poisson_at_least(events + 1, mean)


def binomial_alarm(cases: int, p: float) -> int:
    """Return from how many events on chance gives so many in one of 200 cases at most."""
    return next(events for events in range(cases + 2) if binomial_at_least(events, cases, p) <= ALPHA)


def poisson_alarm(mean: float) -> int:
    """Return the same for a count without cases, as of complaints: from 4 on where 0.5 are expected."""
    events = math.ceil(mean)
    while poisson_at_least(events, mean) > ALPHA:
        events += 1
    return events
