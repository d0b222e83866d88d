"""All that is wrong with the terms of money somebody sent, each at its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from vendors.errors import Invalid, RowError, Text, cut

MOST_AMOUNT = Decimal(10) ** 12
DECIMALS = 4
Number = int | Decimal


class Faults:
    """Collects faults, so that one answer names all of them."""

    def __init__(self) -> None:
        self.found: list[RowError] = []

    def add(self, place: str, code: str, detail: Text) -> None:
        self.found.append(RowError(code, detail, place))

    def refuse(self) -> None:
        """Raise Invalid where anything was found."""
        if self.found:
            raise Invalid(self.found[0].code, self.found[0].detail, self.found)

    def choice(self, value: Any, words: Iterable[str], place: str) -> str:
        """Return one of ``words``; the first of them where it is none."""
        words = list(words)
        if value in words:
            return str(value)
        text = _("“%(given)s” is none of: %(words)s.") % {"given": cut(value), "words": ", ".join(words)}
        self.add(place, "invalid_choice", text)
        return words[0]

    def number(
        self,
        row: Mapping[str, Any],
        name: str,
        place: str,
        low: int | Decimal,
        high: int | Decimal,
        default: Any = None,
    ) -> Decimal | None:
        """Return a number from ``low`` to ``high``; ``default`` where it is not given (required where that is null)."""
        value = row.get(name)
        if value is None:
            if default is None:
                self.add(place, "required", _("This is needed here."))
            return None if default is None else Decimal(default)
        if not low <= value <= high:
            text = _("This must be a number from %(low)s to %(high)s.") % {"low": f"{low:f}", "high": f"{high:f}"}
            self.add(place, "number_range", text)
            return None
        if round(value, DECIMALS) != value:
            self.add(place, "too_many_decimals", _("Give at most four decimals."))
            return None
        return Decimal(value)


def written(value: Decimal | None) -> str | None:
    """Return a number as it is stored: without needless zeros."""
    return None if value is None else f"{value.normalize():f}" if value else "0"
