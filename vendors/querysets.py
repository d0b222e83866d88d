"""Row scope: which rows exist for an actor."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models
from django.db.models import Count, Q, Window
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from vendors.actors import Actor


A_HANDFUL = 20
"""So many values are named one by one, so that the database plans for just these."""


def one_of(values: Collection[int] | Collection[str], kind: str = "bigint") -> Collection[Any] | RawSQL:
    """Return ``values`` as the right side of ``__in``: many as one parameter, so that a thousand cost what one costs.

    ``kind`` is the column's type in PostgreSQL.
    """
    given: list[Any] = sorted(values)
    if len(given) <= A_HANDFUL:
        return given
    if connection.vendor == "postgresql":
        return RawSQL(f"SELECT jsonb_array_elements_text(%s::jsonb)::{kind}", [json.dumps(given)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(given)])


def with_total(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Return rows that know as ``total`` how many there are, so that the first few and their number are one query."""
    return rows.annotate(total=Window(Count("*")))


class VendorScopedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a vendor. ``vendor_path`` leads from the row to the vendor's id.

    A subclass made with :func:`scoped_by` names the path; rows whose path is null (programme-wide
    targets) belong to the company and are seen only by who sees all vendors.
    """

    vendor_path = "vendor_id"

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows that exist for ``actor``; another vendor's row is simply not there."""
        if actor.sees_all_vendors:
            return self
        return self.filter(**{f"{self.vendor_path}__in": actor.vendor_ids})


class OpenQuerySet(models.QuerySet[Any]):
    """Rows that belong to no vendor: whoever may read any of them may read all."""

    def visible_to(self, actor: Actor) -> Self:
        return self


class DatedQuerySet(VendorScopedQuerySet):
    """Rows valid on half-open ranges ``[valid_from, valid_until)``; null means open."""

    def valid_on(self, day: date) -> Self:
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_until__isnull=True) | Q(valid_until__gt=day),
        )

    def overlapping(self, start: date, end: date) -> Self:
        """Return the rows valid on at least one day of ``[start, end)``."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lt=end),
            Q(valid_until__isnull=True) | Q(valid_until__gt=start),
        )


def scoped_by(path: str, base: type[VendorScopedQuerySet] = VendorScopedQuerySet) -> Any:
    """Return a manager whose ``visible_to`` follows ``path`` (``"centre__vendor_id"``) to the vendor."""
    queryset: Any = type(f"{base.__name__}By_{path}", (base,), {"vendor_path": path, "__module__": __name__})
    return queryset.as_manager()
