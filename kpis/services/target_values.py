"""Reading the values of a target: from what people sent to decimals and words, and what is left out filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.doubling import percentile_of
from kpis.calc.facts import AttainmentMode, BelowMinimum, Direction, Rounding
from kpis.calc.percentiles import edges_on
from kpis.models import Kpi, KpiVersion
from kpis.queries.edges import edges_of_measures
from vendors.errors import RowError

Values = dict[str, Any]

LEVELS = ("minimum", "minimum_upper", "target", "target_upper", "stretch")
DECIMAL_FIELDS: dict[str, tuple[int, int]] = {
    **dict.fromkeys((*LEVELS, "step"), (20, 8)),
    **dict.fromkeys(("weight", "score_at_minimum", "score_at_target", "score_at_stretch", "cap"), (9, 4)),
}
"""Digits in all, and digits after the point."""
CHOICE_FIELDS = {"attainment_mode": AttainmentMode, "below_minimum": BelowMinimum, "rounding": Rounding}
VALUE_FIELDS = (*DECIMAL_FIELDS, *CHOICE_FIELDS, "tiers", "decimals", "parameters")
NEVER_NULL = frozenset(
    {"target", "score_at_minimum", "score_at_target", "score_at_stretch", *CHOICE_FIELDS, "decimals", "parameters"}
)

MODE_OF_DIRECTION = {
    Direction.HIGHER: AttainmentMode.RATIO,
    Direction.LOWER: AttainmentMode.LINEAR_LOWER,
    Direction.BAND: AttainmentMode.BAND,
    Direction.ZERO: AttainmentMode.ZERO,
    Direction.INFO: AttainmentMode.RATIO,
}
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
MOST_PARAMETERS, MOST_TIERS, LONGEST_PARAMETER = 20, 50, 200


class Unreadable(ValueError):
    """A value that cannot be read; its text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a target must know of its KPI: which way is better, and where its values end."""

    kpi: str
    direction: Direction
    decimals: int
    low: Decimal | None = None
    high: Decimal | None = None
    edges: tuple[Decimal, ...] = ()
    """The bucket edges a percentile is read from; none for every other KPI."""

    @property
    def has_no_true_zero(self) -> bool:
        """Whether a quotient of two values says nothing: NPS may be negative, a 1-to-5 mean begins at 1."""
        return self.low is not None and self.low != 0

    @property
    def can_be_negative(self) -> bool:
        return self.low is not None and self.low < 0


def version_on(kpi: Kpi, day: date) -> KpiVersion:
    """Return the version of ``kpi`` in force on ``day``; the last one where none is. Uses prefetched versions."""
    versions = sorted(kpi.versions.all(), key=lambda version: version.valid_from or date.min)
    holding = [version for version in versions if (version.valid_from or date.min) <= day]
    return (holding or versions)[-1]


def scale_of(kpi: Kpi, day: date) -> Scale:
    """Return the scale of ``kpi`` as defined on ``day``."""
    version = version_on(kpi, day)
    low, high = (None if end is None else Decimal(str(end)) for end in (version.bounds or [None, None]))
    edges: tuple[Decimal, ...] = ()
    if percentile_of(version.aggregation):
        versions = edges_of_measures([version.formula]).get(version.formula)
        edges = edges_on(versions, day).bounds if versions else ()
    return Scale(kpi.code, Direction(version.direction), version.decimals, low, high, edges)


def read_values(raw: Mapping[str, Any]) -> tuple[Values, list[RowError]]:
    """Read the target fields of ``raw`` (numbers may be text). Return what could be read, and what could not."""
    values: Values = {}
    errors: list[RowError] = []
    for name in VALUE_FIELDS:
        if name not in raw:
            continue
        try:
            values[name] = _read(name, raw[name])
        except Unreadable as error:
            errors.append(
                RowError(_CODES.get(name, "number" if name in DECIMAL_FIELDS else "choice"), str(error), name)
            )
    return values, errors


def with_defaults(values: Values, scale: Scale) -> Values:
    """Fill in what was left out, by the KPI's direction and scale (mathematics §4.1)."""
    mode = values.get("attainment_mode") or default_mode(scale, values.get("minimum"))
    return {
        **dict.fromkeys((*LEVELS, "step", "weight", "cap", "tiers")),
        "score_at_minimum": Decimal(60),
        "score_at_target": Decimal(100),
        "score_at_stretch": Decimal(120),
        "below_minimum": BelowMinimum.ZERO.value,
        "rounding": Rounding.HALF_UP.value,
        "decimals": scale.decimals,
        "parameters": {},
        **({"step": Decimal(100), "target": Decimal(0)} if mode == AttainmentMode.ZERO else {}),
        **{name: value for name, value in values.items() if not (name == "step" and value is None)},
        "attainment_mode": str(mode),
    }


def default_mode(scale: Scale, minimum: Decimal | None) -> AttainmentMode:
    """Return the mode of a target that names none: by direction, interpolated where a quotient says nothing."""
    interpolates = scale.can_be_negative or (scale.has_no_true_zero and minimum is not None)
    if interpolates and scale.direction in (Direction.HIGHER, Direction.LOWER):
        return AttainmentMode.INTERPOLATE
    return MODE_OF_DIRECTION[scale.direction]


def as_document(values: Values) -> dict[str, Any]:
    """Return ``values`` as JSON: decimals as text without exponent, absent ones left out."""
    return {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value is not None and value != {}
    }


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read(name: str, raw: Any) -> Any:
    if raw is None and name in NEVER_NULL:
        raise Unreadable(_("This field may not be empty; leave it out to get its default."))
    if raw is None:
        return None
    if name in DECIMAL_FIELDS:
        return read_decimal(raw, *DECIMAL_FIELDS[name])
    return _READERS[name](raw)


def read_decimal(raw: Any, digits: int, places: int) -> Decimal:
    """Read a plain number or its text; raise :class:`Unreadable` where it does not fit."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal) or len(str(raw)) > 40:
        raise Unreadable(_("Write a number, such as 92.5."))
    try:
        value = Decimal(str(raw).strip())
    except InvalidOperation:
        raise Unreadable(_("Write a number, such as 92.5.")) from None
    if not value.is_finite():
        raise Unreadable(_("Write a number, such as 92.5."))
    fraction = max(0, -int(value.normalize().as_tuple().exponent))
    if fraction > places or abs(value) >= Decimal(10) ** (digits - places):
        raise Unreadable(
            _("At most %(whole)s digits before the decimal point and %(places)s after it.")
            % {"whole": digits - places, "places": places}
        )
    return value


def _read_choice(kind: Any) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        words = [word.value for word in kind]
        if raw not in words:
            raise Unreadable(_("Choose one of: %(words)s.") % {"words": ", ".join(words)})
        return str(raw)

    return read


def _read_places(raw: Any) -> int:
    value = read_decimal(raw, 9, 4)
    if value != int(value) or not 0 <= value <= 8:
        raise Unreadable(_("Write a whole number of decimals from 0 to 8."))
    return int(value)


def _read_tiers(raw: Any) -> list[list[str | None]]:
    """Read ``[from, score]`` pairs, in either order, or ``{"from", "score"}``; return them highest first."""
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_TIERS:
        raise Unreadable(_("Write the rows as [[95, 100], [90, 90], [null, 60]]: from which value, which score."))
    rows = [_read_tier(row) for row in raw]
    if len(rows) > 1 and _is_less(rows[0][0], rows[-1][0]):
        rows.reverse()
    for upper, lower in itertools.pairwise(rows):
        if not _is_less(lower[0], upper[0]):
            raise Unreadable(_("Each row must begin below the one before it, and only once."))
    return [[None if start is None else plain(start), plain(score)] for start, score in rows]


def _read_tier(row: Any) -> tuple[Decimal | None, Decimal]:
    if isinstance(row, Mapping) and set(row) == {"from", "score"}:
        row = [row["from"], row["score"]]
    if not isinstance(row, list | tuple) or len(row) != 2:
        raise Unreadable(_("Each row needs exactly two numbers: from which value, and the score."))
    start = None if row[0] is None else read_decimal(row[0], *DECIMAL_FIELDS["target"])
    score = read_decimal(row[1], *DECIMAL_FIELDS["cap"])
    if score < 0:
        raise Unreadable(_("A score cannot be negative."))
    return start, score


def _is_less(lower: Decimal | None, upper: Decimal | None) -> bool:
    return upper is not None and (lower is None or lower < upper)


def _read_parameters(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or len(raw) > MOST_PARAMETERS:
        raise Unreadable(_('Write an object of simple values, such as {"threshold_seconds": 20}.'))
    return {name: _read_parameter(name, value) for name, value in raw.items()}


def _read_parameter(name: Any, value: Any) -> Any:
    if not isinstance(name, str) or not _PARAMETER_NAME.match(name):
        raise Unreadable(_("Names are lower-case letters, digits and underscore, such as threshold_seconds."))
    if name.endswith("_seconds"):
        return _read_seconds(name, value)
    if isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= LONGEST_PARAMETER):
        return value
    if isinstance(value, float | Decimal):
        return plain(read_decimal(value, *DECIMAL_FIELDS["target"]))
    raise Unreadable(_("%(name)s: write a number, a short text, true or false.") % {"name": name})


def _read_seconds(name: str, value: Any) -> int:
    try:
        seconds = read_decimal(value, 9, 4)
    except Unreadable:
        seconds = Decimal(0)
    if seconds <= 0 or seconds != int(seconds):
        raise Unreadable(_("%(name)s: write a whole number of seconds above 0, such as 20.") % {"name": name})
    return int(seconds)


_READERS: dict[str, Callable[[Any], Any]] = {
    **{name: _read_choice(kind) for name, kind in CHOICE_FIELDS.items()},
    "decimals": _read_places,
    "tiers": _read_tiers,
    "parameters": _read_parameters,
}
_CODES = {"decimals": "decimals", "tiers": "tiers", "parameters": "parameters"}
