"""A percentile's target must be an edge of its buckets: then "met" is exact, with nothing interpolated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.services.target_values import LEVELS, Scale, Values, plain
from vendors.errors import RowError


def check_edges(values: Values, scale: Scale) -> Iterator[RowError]:
    """Yield what is wrong with the levels of a percentile; other KPIs have none of these rules.

    The target is an edge; no level lies beyond the last one, because nothing is known of what lies there.
    """
    if not scale.edges:
        return
    for name in ("target", "target_upper"):
        level = values[name]
        if level is not None and level not in scale.edges:
            text = _("%(kpi)s is read from buckets, so the target must be one of their edges: %(edges)s.")
            yield RowError("not_an_edge", text % {"kpi": scale.kpi, "edges": listed(scale.edges)}, name)
    for name in LEVELS:
        level = values[name]
        if level is not None and level > scale.edges[-1] and name not in ("target", "target_upper"):
            text = _("%(kpi)s cannot tell anything above its last edge, %(last)s; choose a level up to it.")
            yield RowError("beyond_last_edge", text % {"kpi": scale.kpi, "last": plain(scale.edges[-1])}, name)


def listed(numbers: Iterable[Decimal]) -> str:
    """Write numbers in a row: 5, 10, 15."""
    return ", ".join(plain(number) for number in numbers)
