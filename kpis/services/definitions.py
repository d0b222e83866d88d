"""Measures and KPIs: creating them, and changing them without changing what is past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kpis.calc.doubling import percentile_of
from kpis.calc.facts import Rollup, Status
from kpis.calc.percentiles import edges_on
from kpis.models import Attainment, Kpi, KpiVersion, Measure
from kpis.queries.edges import edges_of_measures
from kpis.services.bucket_edges import EDGE_FIELDS, change_edges, first_version, refuse_targets_between
from kpis.services.definition_checks import (
    RESERVED_KPI_CODES,
    check_code,
    check_fields,
    check_relations,
    refused,
    rollups_of_measures,
    settled_arithmetic,
    settled_edges,
)
from kpis.services.marks import mark_kpi
from vendors.actors import Actor
from vendors.clock import local_date
from vendors.errors import Conflict, RowError
from vendors.services.audit import differences, record

MEASURE_EDITABLE = frozenset({"name", "name_ko", "relations"})
ARITHMETIC = (
    "formula",
    "unit",
    "direction",
    "aggregation",
    "decimals",
    "min_volume",
    "min_measure",
    "sampled",
    "settle_days",
    "bounds",
)
"""Fields of a KPI that make a new version; every other field only describes it."""


@transaction.atomic
def create_measure(*, actor: Actor, now: datetime, fields: Mapping[str, Any]) -> Measure:
    """Create a measure from the API's fields (code, name, name_ko, unit, rollup, relations, edges, edges_version).

    The first edges of a histogram have no beginning: a ``valid_from`` among the fields is not used. Raises
    :class:`Invalid`: duplicate, reserved_code, edges, relation_* or a formula code inside a relation.
    """
    measure = Measure(**{name: value for name, value in fields.items() if name != "valid_from"})
    check_code(measure.code, Measure.objects.filter(code=measure.code).exists(), frozenset())
    measure.edges = settled_edges(measure.rollup, measure.edges, unit=measure.unit)
    if measure.edges:
        measure.edges_version = first_version(measure.code, measure.edges, measure.edges_version)
    elif measure.edges_version:
        raise refused("edges", "edges_version", _("Only a histogram has bucket edges."))
    check_fields(measure)
    check_relations(measure.relations, {**rollups_of_measures(), measure.code: Rollup(measure.rollup)})
    measure.save()
    record(actor=actor, action="create", obj=measure, now=now, changes=fields)
    return measure


@transaction.atomic
def update_measure(*, measure: Measure, actor: Actor, now: datetime, fields: Mapping[str, Any]) -> Measure:
    """Change the names or relations of a measure, or its bucket edges from ``valid_from`` on.

    Anything else raises :class:`Invalid` ``immutable``; for edges see :func:`change_edges`.
    """
    sent = {name: fields[name] for name in EDGE_FIELDS if fields.get(name)}
    if sent:
        change_edges(measure=measure, fields=sent, actor=actor, now=now)
    changes = differences(measure, {name: value for name, value in fields.items() if name not in EDGE_FIELDS})
    for name in changes:
        if name not in MEASURE_EDITABLE:
            raise refused(
                "immutable",
                name,
                _(
                    "The %(field)s of a measure never changes, because every figure ever reported in it would change "
                    "its meaning. Create a new measure and a KPI version that uses it."
                )
                % {"field": name},
            )
    if not changes:
        return measure
    for name, (_old, new) in changes.items():
        setattr(measure, name, new)
    check_fields(measure)
    check_relations(measure.relations, rollups_of_measures())
    measure.save()
    record(actor=actor, action="change", obj=measure, now=now, changes=changes)
    return measure


@transaction.atomic
def create_kpi(*, actor: Actor, now: datetime, fields: Mapping[str, Any]) -> Kpi:
    """Create a KPI with its first version, which has no beginning: it holds for every past date.

    ``fields`` are the API's; ``valid_from`` among them is not used. An aggregation that is left out is chosen by
    the doubling test, one that is given must pass it. Raises :class:`Invalid`.
    """
    words, arithmetic = _split(fields)
    kpi = Kpi(**words)
    check_code(kpi.code, Kpi.objects.filter(code=kpi.code).exists(), RESERVED_KPI_CODES)
    check_fields(kpi)
    settled = settled_arithmetic(_without_blank_kind(arithmetic), may_choose=False)
    version = KpiVersion(kpi=kpi, **settled)
    check_fields(version, exclude=["kpi"])
    kpi.save()
    version.kpi = kpi
    version.save()
    record(actor=actor, action="create", obj=kpi, now=now, changes={**words, **settled})
    return kpi


@transaction.atomic
def update_kpi(*, kpi: Kpi, actor: Actor, now: datetime, fields: Mapping[str, Any]) -> KpiVersion:
    """Change a KPI: words in place, arithmetic as a new version from ``valid_from`` (default: today).

    ``valid_from: null`` means the first version itself, from ever. Returns the version that now holds from then.
    A date in the past restates the figures from that day on: what was final stays, with a new version beside it.
    Raises :class:`Invalid` for a wrong definition, :class:`Conflict` ``past_definition`` where a later version
    exists, or where the first version itself is to change although figures were computed with it.
    """
    kpi = Kpi.objects.select_for_update().get(pk=kpi.pk)
    words, arithmetic = _split(fields)
    today = local_date(now, settings.TIME_ZONE)
    start = fields.get("valid_from", today)
    base = version_on(list(kpi.versions.all()), start or date.min)
    _change_words(kpi, words, actor, now)
    current = {name: getattr(base, name) for name in ARITHMETIC}
    sent = {name: value for name, value in arithmetic.items() if name in ARITHMETIC}
    may_choose = "formula" in sent and not sent.get("aggregation")
    settled = settled_arithmetic({**current, **_without_blank_kind(sent)}, may_choose=may_choose) if sent else current
    changes = differences(base, settled)
    if not changes:
        return base
    _refuse_past(kpi, start, today)
    if percentile_of(settled["aggregation"]):
        bounds = edges_on(edges_of_measures([settled["formula"]])[settled["formula"]], start or date.min).bounds
        refuse_targets_between(kpi.versions.all(), bounds, start or date.min, "formula")
    version = _version_from(kpi, base, start, settled)
    mark_kpi(kpi_id=kpi.pk, first_on=start)
    record(actor=actor, action="change", obj=kpi, now=now, changes={**changes, "valid_from": start})
    return version


def version_on(versions: list[KpiVersion], day: date) -> KpiVersion:
    """Return the version in force on ``day``: the last that began by then, the first having no beginning."""
    ordered = sorted(versions, key=lambda version: version.valid_from or date.min)
    return [version for version in ordered if (version.valid_from or date.min) <= day][-1]


def _split(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    arithmetic = {name: value for name, value in fields.items() if name in ARITHMETIC}
    words = {name: value for name, value in fields.items() if name not in ARITHMETIC and name != "valid_from"}
    return words, arithmetic


def _without_blank_kind(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "aggregation" or value}


def _change_words(kpi: Kpi, words: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Write the descriptive fields; the channel decides which queues count, so it keeps still once figures exist."""
    changes = differences(kpi, words)
    if not changes:
        return
    if "code" in changes:
        raise refused("immutable", "code", _("A code never changes."))
    if "channel" in changes:
        if _figures(kpi).exists():
            raise _conflict(
                "channel", _("Figures were computed for this channel. Create another KPI for the other one.")
            )
        mark_kpi(kpi_id=kpi.pk, first_on=None)
    for name, (_old, new) in changes.items():
        setattr(kpi, name, new)
    check_fields(kpi)
    kpi.save()
    record(actor=actor, action="change", obj=kpi, now=now, changes=changes)


def _refuse_past(kpi: Kpi, start: date | None, today: date) -> None:
    """Raise where a version from ``start`` would come before a later one, or rewrite history that has no beginning."""
    if start is not None and start >= today:
        return
    later = kpi.versions.filter(valid_from__gt=start or date.min)
    if later.exists():
        raise _conflict("valid_from", _("A later version exists already. Choose a date from its beginning on."))
    if start is None and _figures(kpi).exists():
        raise _conflict(
            "valid_from",
            _(
                "Figures are already computed with the first definition. Name the day from which the new one holds, "
                "such as %(today)s."
            )
            % {"today": today},
        )


def _figures(kpi: Kpi) -> Any:
    return Attainment.objects.filter(series__kpi=kpi).exclude(status=Status.NO_DATA)


def _conflict(field: str, detail: str) -> Conflict:
    return Conflict("past_definition", detail, [RowError("past_definition", detail, field)])


def _version_from(kpi: Kpi, base: KpiVersion, start: date | None, settled: Mapping[str, Any]) -> KpiVersion:
    """Replace the version that begins on ``start``, or close ``base`` there and begin a new one."""
    if base.valid_from == start:
        version = base
        for name, value in settled.items():
            setattr(version, name, value)
    else:
        number = max(kpi.versions.values_list("number", flat=True)) + 1
        version = KpiVersion(kpi=kpi, number=number, valid_from=start, valid_until=base.valid_until, **settled)
        base.valid_until = start
        base.save()
    check_fields(version)
    version.save()
    return version
