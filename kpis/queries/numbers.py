"""Numbers as people and machines read them: decimal strings, never floats, never exponents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def plain(value: Decimal | int | str | None, places: int | None = None) -> str | None:
    """Return a decimal string with ``places`` decimals, or, where null, without needless zeros.

    Both databases give the same text: SQLite and PostgreSQL differ in the zeros they hand back.
    """
    if value is None:
        return None
    number = Decimal(str(value)) if not isinstance(value, Decimal) else value
    if places is not None:
        return f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    text = f"{number or Decimal(0):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def coverage_of(reported: int, expected: int) -> str | None:
    """Return complete ÷ expected queue-days in per cent, two decimals; null where none was expected."""
    return plain(Decimal(100 * reported) / expected, 2) if expected else None
