"""What a contract's terms agree to of relief: by which methods, how much of it a month, and who is heard before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from kpis.calc.caps import Use, gained, taken_share
from kpis.calc.facts import Direction
from kpis.choices import FactorMethod
from kpis.models import ExternalFactor, FactorSlice, TargetSeries
from kpis.queries.definitions import load_definitions
from kpis.queries.numbers import plain
from kpis.queries.relief import Slice
from kpis.services.attainment_store import Explained
from kpis.services.effect import Month, computed_twice, months_of
from kpis.services.factors.deadlines import answer_until
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import Links, load_links
from vendors.calc.months import month_after
from vendors.calc.relief import ReliefRules
from vendors.clock import local_date
from vendors.errors import Conflict, RowError
from vendors.models import Contract, ContractQueue, Queue
from vendors.queries.relief_terms import ReliefByDate
from vendors.querysets import one_of

PER_CENT = "%"


@dataclass(frozen=True, slots=True)
class CapUse:
    """One cap of a contract's month and what of it is used; ``series`` is the target it is about, where it has one."""

    contract: str
    start: date
    cap: str
    use: Use
    series: TargetSeries | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        series, use = self.series, self.use
        return {
            "contract": self.contract,
            "start": self.start.isoformat(),
            "cap": self.cap,
            "kpi": series.kpi.code if series else None,
            "name": series.kpi.name if series else None,
            "name_ko": series.kpi.name_ko if series else None,
            "queue": series.queue.code if series and series.queue else None,
            "most": plain(use.most),
            "used": plain(use.used),
            "with_this": plain(use.wanted),
            "left": plain(use.left),
            "is_over": use.is_over,
        }

    @property
    def words(self) -> str:
        """What is over the cap, what is used, what is left, and the cure."""
        about = self.series.kpi.label if self.series else ""
        text = {
            "most_days": _("Queue-days of relief in %(month)s: %(wanted)s, and at most %(most)s are agreed."),
            "most_points": _("%(kpi)s in %(month)s: relief of %(wanted)s points, and at most %(most)s are agreed."),
            "most_share": _(
                "%(kpi)s in %(month)s: relief takes %(wanted)s %% of its volume, and at most %(most)s %% are agreed."
            ),
        }[self.cap]
        numbers = {name: plain(getattr(self.use, name)) for name in ("most", "used", "wanted", "left")}
        said = text % {**numbers, "kpi": about, "month": f"{self.start:%Y-%m}"}
        cure = _("Used already: %(used)s, left: %(left)s. Approve part: fewer slices, or smaller ones.")
        return f"{said} {cure % numbers}"


def check_answered(factor: ExternalFactor, queues: Sequence[Queue], now: datetime) -> None:
    """Raise Conflict ``answer_awaited`` while a department may still answer a claim and has not."""
    if factor.department_answer:
        return
    until = answer_until(factor, queues)
    if until is not None and min(local_date(now, queue.centre.timezone) for queue in queues) <= until:
        text = _("The department in charge has until %(until)s to answer. Decide then, or once it has answered.")
        raise Conflict("answer_awaited", text % {"until": until.isoformat()})


def check_method(method: str, months: Iterable[Month]) -> None:
    """Raise Conflict ``method_not_agreed`` where a contract's terms do not allow relief by this method."""
    months = list(months)
    terms = ReliefByDate({contract for contract, _start in months})
    for contract, start in months:
        rules = terms.of_month(contract, start)
        if not rules.allows(method):
            agreed = ", ".join(str(FactorMethod(name).label) for name in rules.methods or ())
            text = _("The terms of the contract do not agree to this method. Choose another one: %(methods)s.")
            raise Conflict("method_not_agreed", text % {"methods": agreed})


def check_caps(slices: Sequence[Slice], *, now: datetime) -> None:
    """Raise Conflict ``relief_cap`` with every cap that these slices would go beyond.

    Call it with the contracts locked (:func:`lock_contracts`), so that two approvals see each other.
    """
    over = [one for one in uses_of(slices, now=now) if one.use.is_over]
    if over:
        errors = [RowError("relief_cap", one.words, "slices") for one in over]
        text = _("More relief than the contract's terms agree to a month.")
        raise Conflict("relief_cap", text, errors, caps=[one.as_dict() for one in over])


def lock_contracts(months: Iterable[Month]) -> None:
    """Let one approval of a contract wait for the other until the transaction ends."""
    contracts = sorted({contract for contract, _start in months})
    list(Contract.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=contracts).order_by("pk"))


def uses_of(slices: Sequence[Slice], *, now: datetime) -> list[CapUse]:
    """Return every cap of the contracts' months that the slices lie in; empty where the terms name none."""
    months = months_of(slices)
    terms = ReliefByDate({contract for contract, _start in months})
    rules = {month: found for month in months if (found := terms.of_month(*month)).has_caps}
    if not rules:
        return []
    codes = dict(Contract.objects.filter(pk__in={contract for contract, _start in rules}).values_list("pk", "code"))
    days = _days_of(rules, slices)
    needs_figures = [
        month for month, rule in rules.items() if rule.most_points is not None or rule.most_share is not None
    ]
    figures = _of_series(needs_figures, slices, now)
    uses = []
    for month, rule in sorted(rules.items()):
        code = codes[month[0]]
        if rule.most_days is not None:
            uses.append(CapUse(code, month[1], "most_days", Use(Decimal(rule.most_days), *days[month])))
        for name in ("most_points", "most_share"):
            most = getattr(rule, name)
            rows = figures.get((month, name), []) if most is not None else []
            uses += [CapUse(code, month[1], name, Use(most, used, wanted), series) for series, used, wanted in rows]
    return uses


def _days_of(rules: Mapping[Month, ReliefRules], slices: Sequence[Slice]) -> dict[Month, tuple[Decimal, Decimal]]:
    """Return by month how many queue-days are relieved now, and with the slices too."""
    contracts = {contract for contract, _start in rules}
    queues = set(ContractQueue.objects.filter(contract__in=contracts).values_list("queue_id", flat=True))
    first = min(start for _contract, start in rules)
    until = max(month_after(start) for _contract, start in rules)
    rows = FactorSlice.objects.filter(queue__in=one_of(queues), date__gte=first, date__lt=until)
    links = load_links(queues)
    there = _by_month(rows.values_list("queue_id", "date"), links)
    new = _by_month(((one.queue, one.date) for one in slices), links)
    return {month: (Decimal(len(there[month])), Decimal(len(there[month] | new[month]))) for month in rules}


def _by_month(days: Iterable[tuple[int, date]], links: Links) -> dict[Month, set[tuple[int, date]]]:
    found: dict[Month, set[tuple[int, date]]] = defaultdict(set)
    for queue, day in days:
        contract = contract_on(links.get(queue, ()), day)
        if contract is not None:
            found[contract, day.replace(day=1)].add((queue, day))
    return found


Figures = dict[tuple[Month, str], list[tuple[TargetSeries, Decimal, Decimal]]]


def _of_series(months: Sequence[Month], slices: Sequence[Slice], now: datetime) -> Figures:
    """Return by month and cap what each monthly target has of it: now, and with the slices; those that change."""
    if not months:
        return {}
    pairs = computed_twice(months, slices, now=now)
    names = TargetSeries.objects.select_related("kpi", "queue").in_bulk({series.id for series, *_rest in pairs})
    definitions = load_definitions(series.kpi for series, *_rest in pairs)
    found: Figures = defaultdict(list)
    for series, period, before, after in pairs:
        about, month = names[series.id], ((series.contract or 0), period.start)
        definition = definitions.on(series.kpi, period.start)
        if definition.unit == PER_CENT:
            direction = definition.rule.direction
            found[month, "most_points"].append((about, _points(direction, before), _points(direction, after)))
        found[month, "most_share"].append((about, _share(before), _share(after)))
    return found


def _points(direction: Direction, computed: Explained) -> Decimal:
    row, _text = computed
    return gained(direction, row.value, row.adjusted_value)


def _share(computed: Explained) -> Decimal:
    row, text = computed
    adjusted = msgspec.json.decode(text).get("adjusted")
    return taken_share(row.volume, row.volume if adjusted is None else Decimal(adjusted["volume"]))
