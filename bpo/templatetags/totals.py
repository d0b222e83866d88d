"""What is said beside a total score: that nothing came yet, that it is being computed, how much of it counts."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from django import template
from django.utils.translation import gettext

from kpis.choices import StatusChoice

register = template.Library()


class Standing(Protocol):
    """A row or a page with a total score."""

    @property
    def is_unreported(self) -> bool: ...
    @property
    def is_pending(self) -> bool: ...
    @property
    def counted(self) -> Decimal | None: ...


@register.filter
def total_note(row: Standing) -> str:
    """Say what a reader must know of a total before comparing it; empty for one that stands as it is."""
    if row.is_unreported:
        return gettext("Being computed") if row.is_pending else str(StatusChoice.NO_DATA.label)
    said = [gettext("Being computed")] if row.is_pending else []
    if row.counted is not None:
        share = row.counted.quantize(Decimal(1), ROUND_DOWN)
        said.append(gettext("Provisional: only %(share)s %% of the weight has figures") % {"share": share})
    return " · ".join(said)
