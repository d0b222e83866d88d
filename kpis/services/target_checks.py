"""Whether the values of a target make sense together. Every refusal names the field and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.calc.facts import AttainmentMode, Direction
from kpis.services.edge_levels import check_edges
from kpis.services.target_values import LEVELS, Scale, Values, plain
from vendors.errors import RowError

_QUOTIENTS = {AttainmentMode.RATIO, AttainmentMode.LINEAR_LOWER, AttainmentMode.INVERSE}
_WRONG_WAY = {
    Direction.HIGHER: {AttainmentMode.LINEAR_LOWER, AttainmentMode.INVERSE, AttainmentMode.COMPLEMENT},
    Direction.LOWER: {AttainmentMode.RATIO},
    Direction.ZERO: {AttainmentMode.RATIO},
}
_LOWER_MODES = {
    AttainmentMode.LINEAR_LOWER,
    AttainmentMode.INVERSE,
    AttainmentMode.COMPLEMENT,
    AttainmentMode.ZERO,
}


def check_values(values: Values, scale: Scale) -> list[RowError]:
    """Return what is wrong with complete ``values`` for a KPI on ``scale``; an empty list is a good target."""
    if values.get("target") is None:
        return [RowError("required", _("Give the target level."), "target")]
    found = [error for check in _CHECKS for error in check(values, scale)]
    return found or list(_check_mode(values, scale))


def is_higher_better(values: Values, scale: Scale) -> bool | None:
    """Say which way the levels run; null where the levels make a band."""
    mode, target = values["attainment_mode"], values["target"]
    if mode == AttainmentMode.BAND:
        return None
    if mode in _LOWER_MODES or scale.direction in (Direction.LOWER, Direction.ZERO):
        return False
    if mode == AttainmentMode.RATIO or scale.direction == Direction.HIGHER:
        return True
    minimum, stretch = values["minimum"], values["stretch"]
    return bool(minimum < target if minimum is not None else stretch is None or stretch > target)


def _check_weight(values: Values, scale: Scale) -> Iterator[RowError]:
    if values["weight"] is not None and values["weight"] <= 0:
        yield RowError(
            "weights", _("A weight is above 0; leave it empty to keep the target off the scorecard."), "weight"
        )


def _check_cap(values: Values, scale: Scale) -> Iterator[RowError]:
    if values["cap"] is not None and values["cap"] <= 0:
        yield RowError("cap", _("A cap is above 0, usually 120; leave it empty for no cap."), "cap")


def _check_scores(values: Values, scale: Scale) -> Iterator[RowError]:
    low, middle, high = (values[f"score_at_{level}"] for level in ("minimum", "target", "stretch"))
    if not 0 <= low <= middle <= high:
        yield RowError(
            "scores",
            _("The scores at minimum, target and stretch must rise from 0, as 60, 100, 120."),
            "score_at_target",
        )


def _check_bounds(values: Values, scale: Scale) -> Iterator[RowError]:
    for name in LEVELS:
        level = values[name]
        below = level is not None and scale.low is not None and level < scale.low
        above = level is not None and scale.high is not None and level > scale.high
        if below or above:
            yield RowError(
                "out_of_bounds",
                _("%(kpi)s lies between %(low)s and %(high)s; %(level)s can never be reached.")
                % {
                    "kpi": scale.kpi,
                    "low": "−∞" if scale.low is None else plain(scale.low),
                    "high": "∞" if scale.high is None else plain(scale.high),
                    "level": plain(level),
                },
                name,
            )


def _check_order(values: Values, scale: Scale) -> Iterator[RowError]:
    higher = is_higher_better(values, scale)
    if higher is None:
        yield from _check_band(values)
        return
    target, minimum, stretch = values["target"], values["minimum"], values["stretch"]
    if minimum is not None and (minimum > target if higher else minimum < target):
        yield RowError("level_order", _order_text(higher, "minimum"), "minimum")
    if stretch is not None and (stretch < target if higher else stretch > target):
        yield RowError("level_order", _order_text(higher, "stretch"), "stretch")


def _order_text(higher: bool, level: str) -> str:
    if level == "minimum":
        return (
            _("Higher is better here: the minimum cannot be above the target. Lower the minimum or raise the target.")
            if higher
            else _("Lower is better here: the minimum level cannot be below the target. Raise it, or lower the target.")
        )
    return (
        _("Higher is better here: the stretch level cannot be below the target.")
        if higher
        else _("Lower is better here: the stretch level cannot be above the target.")
    )


def _check_band(values: Values) -> Iterator[RowError]:
    if values["target_upper"] is None:
        yield RowError(
            "target_upper_required",
            _("A band needs its upper end too: give target_upper, or choose another attainment_mode."),
            "target_upper",
        )
        return
    edges = [values[name] for name in ("minimum", "target", "target_upper", "minimum_upper")]
    given = [edge for edge in edges if edge is not None]
    if given != sorted(given):
        yield RowError(
            "level_order",
            _("The band must lie inside the outer band: minimum ≤ target ≤ target_upper ≤ minimum_upper."),
            "target_upper",
        )


def _check_mode(values: Values, scale: Scale) -> Iterator[RowError]:
    mode = AttainmentMode(values["attainment_mode"])
    if mode in _WRONG_WAY.get(scale.direction, ()):
        yield _mode_error(_("%(mode)s rewards the wrong way on %(kpi)s; use %(cure)s."), mode, scale)
    elif mode in _QUOTIENTS and scale.can_be_negative:
        yield _mode_error(
            _("%(kpi)s can be negative, so a quotient of it says nothing; use interpolate with a minimum."), mode, scale
        )
    elif mode in _QUOTIENTS and values["target"] <= 0:
        yield _mode_error(
            _("%(mode)s divides by the target, which must be above 0; use zero or interpolate."), mode, scale
        )
    elif mode in _OF_MODE:
        yield from _OF_MODE[mode](values, scale)


def _mode_error(text: str, mode: AttainmentMode, scale: Scale) -> RowError:
    cure = {Direction.HIGHER: "ratio", Direction.LOWER: "linear_lower", Direction.ZERO: "zero"}
    return RowError(
        "mode",
        text % {"mode": mode.value, "kpi": scale.kpi, "cure": cure.get(scale.direction, "interpolate")},
        "attainment_mode",
    )


def _check_complement(values: Values, scale: Scale) -> Iterator[RowError]:
    if values["target"] >= 100:
        yield RowError("mode", _("complement divides by 100 − target, so the target must be below 100."), "target")


def _check_interpolate(values: Values, scale: Scale) -> Iterator[RowError]:
    if values["minimum"] is None:
        yield RowError(
            "minimum_required", _("Interpolation runs from the minimum to the target: give both."), "minimum"
        )
    for name in ("minimum", "stretch"):
        if values[name] is not None and values[name] == values["target"]:
            yield RowError("level_order", _("Interpolation needs levels that differ from the target."), name)


def _check_tiers(values: Values, scale: Scale) -> Iterator[RowError]:
    if not values["tiers"]:
        yield RowError(
            "tiers", _("A points table needs its rows: give tiers as [[95, 100], [90, 90], [null, 60]]."), "tiers"
        )
        return
    last = values["tiers"][-1][0]
    lowest = Decimal(0) if scale.low is None else scale.low
    if last is not None and Decimal(last) > lowest:
        yield RowError(
            "tiers", _("The last row must be open, or values below it have no score: write its from as null."), "tiers"
        )


def _check_step(values: Values, scale: Scale) -> Iterator[RowError]:
    if values["step"] is None or values["step"] <= 0:
        yield RowError("step", _("Points lost per incident must be above 0; leave it out for 100."), "step")


_Check = Callable[[Values, Scale], Iterator[RowError]]
_CHECKS: tuple[_Check, ...] = (_check_weight, _check_cap, _check_scores, _check_bounds, check_edges, _check_order)
_OF_MODE: dict[AttainmentMode, _Check] = {
    AttainmentMode.COMPLEMENT: _check_complement,
    AttainmentMode.INTERPOLATE: _check_interpolate,
    AttainmentMode.TIERS: _check_tiers,
    AttainmentMode.ZERO: _check_step,
}
