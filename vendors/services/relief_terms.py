"""The relief of external factors inside a contract's terms: what somebody sent, as it is stored.

Raises Invalid with the place of the fault.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from vendors.choices import FactorMethod
from vendors.errors import Invalid, RowError

DAYS = ("claim_days", "answer_days", "decision_days")
MOST_BUSINESS_DAYS = 30
MOST_QUEUE_DAYS = 10_000
PERCENT = ("most_points", "most_share")
FIELDS = (*DAYS, "methods", "most_days", *PERCENT)


def clean_relief(value: Any) -> dict[str, Any]:
    """Return the relief with what is set and nothing else; numbers of per cent as decimal strings."""
    if not isinstance(value, dict):
        raise _wrong("relief", "not_object", _("This must be a JSON object: {…}."))
    given = {name: one for name, one in value.items() if one is not None and one not in ("", [])}
    return {name: _field(name, one) for name, one in given.items()}


def _field(name: str, value: Any) -> Any:
    place = f"relief.{str(name)[:50]}"
    if name in DAYS:
        return _whole(value, place, 1, MOST_BUSINESS_DAYS)
    if name == "most_days":
        return _whole(value, place, 0, MOST_QUEUE_DAYS)
    if name == "methods":
        return _methods(value, place)
    if name in PERCENT:
        return _percent(value, place)
    text = _("The relief of external factors has these fields: %(names)s.")
    raise _wrong(place, "unknown_field", text % {"names": ", ".join(FIELDS)})


def _whole(value: Any, place: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        text = _("This must be a whole number from %(least)s to %(most)s.")
        raise _wrong(place, "number_range", text % {"least": least, "most": most})
    return value


def _methods(value: Any, place: str) -> list[str]:
    if not isinstance(value, list) or any(one not in FactorMethod.values for one in value):
        text = _("The methods are: %(names)s.")
        raise _wrong(place, "invalid_choice", text % {"names": ", ".join(FactorMethod.values)})
    return [method for method in FactorMethod.values if method in value]


def _percent(value: Any, place: str) -> str:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or not 0 <= number <= 100:
        raise _wrong(place, "number_range", _("This must be a number from 0 to 100."))
    rounded = number.quantize(Decimal("0.0001"))
    if rounded != number:
        raise _wrong(place, "too_many_decimals", _("Give at most four decimals."))
    return f"{rounded.normalize():f}"


def _wrong(place: str, code: str, detail: Any) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, place)])
