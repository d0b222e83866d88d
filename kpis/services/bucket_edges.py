"""The bucket edges of a histogram measure: named versions, of which a later one never changes a past count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kpis.calc.facts import Edges
from kpis.catalogue import EDGES
from kpis.models import BucketEdges, DailyValue, KpiVersion, Measure, Target
from kpis.queries.edges import edges_of
from kpis.services.definition_checks import check_fields, refused, settled_edges
from kpis.services.edge_levels import listed
from vendors.actors import Actor
from vendors.errors import Conflict, RowError
from vendors.services.audit import record

EDGE_FIELDS = frozenset({"edges", "edges_version", "valid_from"})
"""Fields of a measure that make later edges of it."""


def first_version(code: str, edges: list[int | str], given: str) -> str:
    """Return the name of a new measure's edges: the one given, that of the shipped edges, or ``<code>_v1``."""
    shipped = [name for name, bounds in EDGES.items() if bounds == edges]
    return given or (shipped or [f"{code[:61]}_v1"])[0]


def change_edges(*, measure: Measure, fields: Mapping[str, Any], actor: Actor, now: datetime) -> BucketEdges | None:
    """Give a histogram other ``edges`` from ``valid_from`` on, the first of a month; null where nothing changes.

    ``edges_version`` names them; left out it is ``<code>_v2`` and so on.

    Raises :class:`Invalid`: immutable (no day named), edges, edges_start, edges_version, not_an_edge (a target that
    still holds then is none of them); :class:`Conflict` past_definition where counts of that time exist already.
    """
    measure = Measure.objects.select_for_update().get(pk=measure.pk)
    versions, version = edges_of(measure), fields.get("edges_version") or ""
    settled = settled_edges(measure.rollup, fields.get("edges"), unit=measure.unit) if fields.get("edges") else None
    start: date | None = fields.get("valid_from")
    if _changes_nothing(versions, settled, version, start):
        return None
    start = _checked_start(start)
    if settled is None:
        raise refused("required", "edges", _("Give the new edges."))
    if (versions[-1].valid_from or date.min) >= start:
        raise _conflict(_("Later edges exist already. Choose a date after their beginning."))
    _refuse_reported(measure, start)
    row = BucketEdges(measure=measure, valid_from=start, edges=settled)
    row.version = _free_version(measure.code, version, {known.version for known in versions}, len(versions) + 1)
    refuse_targets_between(KpiVersion.objects.filter(formula=measure.code), settled, start, "edges")
    check_fields(row, exclude=["measure"])
    row.save()
    before = [str(bound) for bound in versions[-1].bounds]
    changes = {"edges": [before, settled], "edges_version": row.version, "valid_from": start}
    record(actor=actor, action="change", obj=measure, now=now, changes=changes)
    return row


def _changes_nothing(
    versions: Sequence[Edges], edges: Sequence[int | str] | None, version: str, start: date | None
) -> bool:
    """Say whether what was sent is what is there already: an answer of the service sent back changes nothing."""
    bounds = None if edges is None else tuple(Decimal(edge) for edge in edges)
    same = [known for known in versions if bounds in (None, known.bounds) and version in ("", known.version)]
    return bool(same) and (start is None or same[-1] is versions[-1]) and (bounds is not None or start is None)


def _checked_start(valid_from: date | None) -> date:
    if valid_from is None:
        raise refused(
            "immutable",
            "edges",
            _(
                "Counts that are reported keep their buckets. Name valid_from, the first of a month, from which "
                "the new edges hold."
            ),
        )
    if valid_from.day != 1:
        text = _("New edges begin with a month, so that no month mixes two: choose the first of one.")
        raise refused("edges_start", "valid_from", text)
    return valid_from


def _refuse_reported(measure: Measure, start: date) -> None:
    last = DailyValue.objects.filter(measure=measure.code, date__gte=start).order_by("-date").first()
    if last is not None:
        text = _("Counts in the present buckets are reported up to %(day)s. Choose a month after it.")
        raise _conflict(text % {"day": last.date})


def refuse_targets_between(
    versions: QuerySet[KpiVersion], edges: Iterable[int | str | Decimal], start: date, field: str
) -> None:
    """Raise where a target of these KPIs that holds from ``start`` on would lie inside a bucket of ``edges``."""
    bounds = {Decimal(edge) for edge in edges}
    targets = Target.objects.filter(series__kpi__versions__in=versions).overlapping(start, date.max)
    between = sorted({target.target for target in targets if target.target not in bounds})
    if between:
        text = _("The target %(target)s still holds then and is none of these edges. Add it, or end the target first.")
        raise refused("not_an_edge", field, text % {"target": listed(between)})


def _free_version(code: str, given: str, taken: Collection[str], number: int) -> str:
    if given in taken:
        text = _("“%(version)s” names other edges of this measure already; use another name.")
        raise refused("edges_version", "edges_version", text % {"version": given[:64]})
    while not given or given in taken:
        given, number = f"{code[:60]}_v{number}", number + 1
    return given


def _conflict(detail: str) -> Conflict:
    return Conflict("past_definition", detail, [RowError("past_definition", detail, "valid_from")])
