"""Reads what a body of figures is held against: a constant number of queries, whatever its size."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import get_language

from kpis.calc.facts import Edges
from kpis.calc.relations import parse_relations
from kpis.choices import WHOLE_UNITS, RollupChoice
from kpis.models import Measure
from kpis.queries.edges import edges_of_measures
from kpis.services.feed.facts import Context, MeasureRule, MeasureRules, QueueFacts, SecondSource
from kpis.services.feed.links import load_links
from vendors.actors import OF_A_VENDOR, Actor, Capability, KeyRole
from vendors.choices import MeasureOwner, Role
from vendors.clock import local_date
from vendors.models import Holiday, MeasureProvision, Queue
from vendors.querysets import one_of

Refused = tuple[str, date | None, date | None]
"""A measure somebody else provides: code, from, until (exclusive)."""


def read_context(*, actor: Actor, codes: Collection[str], now: datetime) -> Context:
    """Read the measures, and the queues named by ``codes`` as far as they exist for the actor."""
    queues, known = _queues(actor, codes, now)
    refused, doubled = _provisions(actor, queues.values())
    return Context(
        measures=_measures(),
        queues=queues,
        known_queues=known,
        closed=_holidays(queues.values()),
        refused=refused,
        second_sources=doubled,
    )


def _measures() -> MeasureRules:
    korean = (get_language() or "").startswith("ko")
    fields = ("code", "name_ko" if korean else "name", "name", "unit", "rollup", "relations")
    rows = tuple(Measure.objects.order_by("code").values_list(*fields))
    return _rules(rows, tuple(edges_of_measures().items()))


@lru_cache(maxsize=8)
def _rules(rows: tuple[tuple[str, ...], ...], edges: tuple[tuple[str, tuple[Edges, ...]], ...]) -> MeasureRules:
    """Prepare the rules; made anew only when a measure changed, because the rows themselves are the key."""
    versions = dict(edges)
    by_code = {
        code: MeasureRule(
            code=code,
            name=label or name,
            is_whole=unit in WHOLE_UNITS,
            is_histogram=rollup == RollupChoice.HISTOGRAM,
            is_system=rollup == RollupChoice.CALENDAR,
            is_additive=rollup == RollupChoice.ADDITIVE,
            edges=versions.get(code, ()),
        )
        for code, label, name, unit, rollup, _ in rows
    }
    numbers = frozenset(rule.code for rule in by_code.values() if not (rule.is_histogram or rule.is_system))
    comparable = {rule.code for rule in by_code.values() if not rule.is_system}
    relations = tuple(
        relation for relation in parse_relations(row[5] for row in rows) if comparable.issuperset(relation.measures)
    )
    return MeasureRules(by_code=by_code, relations=relations, numbers=numbers)


def _queues(actor: Actor, codes: Collection[str], now: datetime) -> tuple[dict[str, QueueFacts], dict[str, str]]:
    fields = ("id", "code", "centre__vendor_id", "centre_id", "centre__country", "centre__timezone", "opened_on")
    # Read as text: thousands of queues have a handful of different weeks.
    more = ("closed_on", Cast("open_weekdays", TextField()), "observes_holidays")
    mine = Queue.objects.visible_to(actor.limited_to(Capability.SUBMIT))
    rows = list(mine.filter(code__in=one_of(codes, "text")).order_by().values_list(*fields, *more))
    links = load_links([row[0] for row in rows])
    today = {zone: local_date(now, zone) for zone in {row[5] for row in rows}}
    weekdays = {text: frozenset(json.loads(text)) for text in {row[8] for row in rows}}
    queues = {
        row[1]: QueueFacts(
            id=row[0],
            code=row[1],
            vendor_id=row[2],
            centre_id=row[3],
            country=row[4],
            opened_on=row[6],
            closed_on=row[7],
            open_weekdays=weekdays[row[8]],
            observes_holidays=row[9],
            today=today[row[5]],
            links=tuple(links.get(row[0], ())),
        )
        for row in rows
    }
    missing = len(queues) < len(codes)
    return queues, dict(mine.order_by("code").values_list("code", "name")) if missing else {}


def _holidays(queues: Iterable[QueueFacts]) -> dict[int, frozenset[date]]:
    """Return the holidays of each centre that has a queue observing them; a centre's own row wins."""
    countries = {queue.centre_id: queue.country for queue in queues if queue.observes_holidays}
    if not countries:
        return {}
    found: dict[tuple[str, int | None], dict[date, bool]] = defaultdict(dict)
    rows = Holiday.objects.filter(Q(centre__isnull=True, country__in=countries.values()) | Q(centre_id__in=countries))
    for country, centre, day, is_open in rows.values_list("country", "centre_id", "date", "is_open"):
        found["" if centre else country, centre][day] = is_open
    return {
        centre: frozenset(day for day, is_open in {**found[country, None], **found["", centre]}.items() if not is_open)
        for centre, country in countries.items()
    }


def _provisions(
    actor: Actor, queues: Iterable[QueueFacts]
) -> tuple[dict[int, list[Refused]], dict[int, list[SecondSource]]]:
    """Return by contract the measures that only somebody else provides, and those that two sources report.

    A measure that is not listed is the vendor's to send, and the client's feed may fill it too.
    """
    owners = _other_owners(actor)
    contracts = {link[0] for queue in queues for link in queue.links}
    refused: dict[int, list[Refused]] = defaultdict(list)
    doubled: dict[int, list[SecondSource]] = defaultdict(list)
    if not contracts:
        return {}, {}
    rows = MeasureProvision.objects.filter(Q(owner__in=owners) | ~Q(second=""), contract_id__in=one_of(contracts))
    for row in rows.order_by():
        if row.second:
            tolerances = (row.tolerance_percent, row.tolerance_absolute)
            dates = (row.valid_from, row.valid_until)
            doubled[row.contract_id].append(SecondSource(row.measure, row.owner, row.second, *tolerances, *dates))
        if row.owner in owners and (not row.second or row.second in owners):
            refused[row.contract_id].append((row.measure, row.valid_from, row.valid_until))
    return dict(refused), dict(doubled)


def _other_owners(actor: Actor) -> set[str]:
    roles = {grant.role for grant in actor.grants}
    if actor.is_superuser or Role.MANAGER in roles:
        return set()
    owners = {str(owner) for owner in MeasureOwner}
    if roles & OF_A_VENDOR:
        owners -= {MeasureOwner.VENDOR}
    if KeyRole.CLIENT_INGEST in roles:
        owners -= {MeasureOwner.CLIENT, MeasureOwner.THIRD_PARTY}
    return owners
