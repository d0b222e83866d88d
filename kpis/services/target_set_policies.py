"""The policies a target set carries: any of the terms of a contract, checked before they are stored."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpis.services.target_values import Unreadable, plain, read_decimal
from kpis.services.targets import refuse
from vendors.choices import MissingDayPolicy
from vendors.errors import RowError

CAUSES = frozenset({"no_volume", "client_caused", "no_data"})
ANSWERS = frozenset({"renormalise", "zero", "minimum", "full"})


def read_policies(raw: Any) -> dict[str, Any]:
    """Read a set's policies into the form of the contract terms, as JSON; raise ``Invalid`` with every fault."""
    if not isinstance(raw, Mapping):
        refuse([RowError("policies", _("Policies are an object of contract terms, such as grades."), "policies")])
    read: dict[str, Any] = {}
    errors: list[RowError] = []
    for name, value in raw.items():
        try:
            read[name] = _reader(name)(value)
        except Unreadable as error:
            code = "unknown_field" if name not in _READERS else "policies"
            errors.append(RowError(code, str(error), f"policies.{name}"))
    refuse(errors)
    return read


def _reader(name: str) -> Callable[[Any], Any]:
    if name not in _READERS:
        raise Unreadable(_("Not a term of a contract. Known: %(names)s.") % {"names": ", ".join(_READERS)})
    return _READERS[name]


def _missing_day(raw: Any) -> str:
    if raw not in MissingDayPolicy.values:
        raise Unreadable(_("Choose one of: %(words)s.") % {"words": ", ".join(MissingDayPolicy.values)})
    return str(raw)


def _grace_days(raw: Any) -> int:
    days = read_decimal(raw, 9, 4)
    if days != int(days) or not 0 <= days <= 366:
        raise Unreadable(_("Write a whole number of days from 0 to 366."))
    return int(days)


def _bar(raw: Any) -> str:
    bar = read_decimal(raw, 5, 2)
    if not 0 <= bar <= 100:
        raise Unreadable(_("Write a percentage from 0 to 100."))
    return plain(bar)


def _missing(raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping) or not set(raw) <= CAUSES or not set(raw.values()) <= ANSWERS:
        raise Unreadable(
            _("Give one of %(answers)s for each of %(causes)s.")
            % {"answers": ", ".join(sorted(ANSWERS)), "causes": ", ".join(sorted(CAUSES))}
        )
    return dict(raw)


def _gates(raw: Any) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(gate, Mapping) for gate in raw):
        raise Unreadable(_("Gates are a list of objects."))
    return [dict(gate) for gate in raw]


def _grades(raw: Any) -> list[dict[str, str]]:
    """Read a grade table: strictly falling from the best grade, the last row open at 0."""
    if not isinstance(raw, list) or not raw or not all(_is_grade(row) for row in raw):
        raise Unreadable(_('Grades are a list such as [{"grade": "S", "from": "95"}, …, {"grade": "D", "from": "0"}].'))
    starts = [read_decimal(row["from"], 9, 4) for row in raw]
    if any(lower >= upper for upper, lower in itertools.pairwise(starts)) or starts[-1] != Decimal(0):
        raise Unreadable(_("Grades fall strictly from row to row, and the last one begins at 0."))
    return [{"grade": row["grade"], "from": plain(start)} for row, start in zip(raw, starts, strict=True)]


def _is_grade(row: Any) -> bool:
    return (
        isinstance(row, Mapping)
        and set(row) == {"grade", "from"}
        and isinstance(row["grade"], str)
        and 0 < len(row["grade"]) <= 20
    )


_READERS: dict[str, Callable[[Any], Any]] = {
    "missing_day_policy": _missing_day,
    "missing_day_grace_days": _grace_days,
    "completeness_bar": _bar,
    "missing_policy": _missing,
    "gates": _gates,
    "grades": _grades,
}
