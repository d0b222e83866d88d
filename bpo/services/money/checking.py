"""What terms of money may say: checked as a whole against the contract, and written as they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from bpo.calc.grades import GradeTable
from bpo.calc.settlement.rules import Between, FeeKind, Scheme
from bpo.queries.money_terms import grades_on
from bpo.services.money.faults import MOST_AMOUNT, Faults, written
from bpo.services.money.pool import clean_allocations
from kpis.calc.facts import Rollup
from kpis.models import Measure
from vendors.models import Contract

MOST_FEES = 20
MOST_LABEL = 100
FIRST_REPEAT, LAST_REPEAT = 2, 12


def clean_rules(contract: Contract, valid_from: date, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return terms as they are stored, with what their scheme needs and nothing else; raise Invalid with every fault.

    ``data`` has numbers as Decimal: ``fees``, ``scheme``, ``percents``, ``between``, ``at_risk``, ``allocations``,
    ``pool``, ``most_share``, ``repeat_from``, ``repeat_multiplier``, ``bonus``, ``bonus_from``, ``vat``.
    """
    faults = Faults()
    if valid_from.day != 1:
        faults.add("valid_from", "not_first", _("Terms of money begin on the first of a month."))
    scheme = faults.choice(data.get("scheme", Scheme.NONE), Scheme, "scheme")
    rules: dict[str, Any] = {"fees": _fees(data.get("fees") or [], faults), "scheme": scheme}
    rules["vat"] = written(faults.number(data, "vat", "vat", 0, 100, 10))
    if scheme != Scheme.NONE and not rules["fees"]:
        faults.add("fees", "required", _("Name the fee that the result moves: at least one line."))
    if scheme == Scheme.GRADE:
        rules |= _by_grade(data, grades_on(contract, valid_from), faults)
    elif scheme == Scheme.KPI:
        rules |= _by_kpi(contract, valid_from, data, faults)
    faults.refuse()
    return rules


def _fees(rows: Sequence[Mapping[str, Any]], faults: Faults) -> list[dict[str, Any]]:
    if len(rows) > MOST_FEES:
        faults.add("fees", "too_many", _("At most %(most)s lines.") % {"most": MOST_FEES})
        return []
    measures = {str(row.get("measure") or "") for row in rows}
    known = {row.code: row for row in Measure.objects.filter(code__in=measures)} if rows else {}
    return [_fee(row, f"fees.{number}", known, faults) for number, row in enumerate(rows)]


def _fee(row: Mapping[str, Any], place: str, known: Mapping[str, Measure], faults: Faults) -> dict[str, Any]:
    kind = faults.choice(row.get("kind", FeeKind.FIXED), FeeKind, f"{place}.kind")
    price = faults.number(row, "price", f"{place}.price", 0, MOST_AMOUNT)
    fee: dict[str, Any] = {"kind": kind, "label": str(row.get("label") or "")[:MOST_LABEL], "price": written(price)}
    if kind == FeeKind.HEAD:
        fee["heads"] = written(faults.number(row, "heads", f"{place}.heads", 0, 100_000))
    if kind == FeeKind.UNIT:
        fee |= _unit(row, place, known, faults)
    return fee


def _unit(row: Mapping[str, Any], place: str, known: Mapping[str, Measure], faults: Faults) -> dict[str, Any]:
    measure = known.get(str(row.get("measure") or ""))
    if measure is None:
        faults.add(f"{place}.measure", "unknown_measure", _("Name the measure whose month total is billed."))
    elif measure.rollup != Rollup.ADDITIVE:
        faults.add(f"{place}.measure", "not_additive", _("Only a measure that adds up over days can be billed."))
    fee: dict[str, Any] = {"measure": measure.code if measure else ""}
    names = ("agreed_volume", "minimum_share")
    if any(row.get(name) is not None for name in names):
        # One without the other says nothing.
        fee["agreed_volume"] = written(faults.number(row, names[0], f"{place}.{names[0]}", 0, MOST_AMOUNT))
        fee["minimum_share"] = written(faults.number(row, names[1], f"{place}.{names[1]}", 0, 100))
    return fee


def _by_grade(data: Mapping[str, Any], table: GradeTable, faults: Faults) -> dict[str, Any]:
    given = data.get("percents") or {}
    grades = [row.grade for row in table]
    for grade in given.keys() - set(grades):
        text = _("The contract's grades are: %(grades)s.") % {"grades": ", ".join(grades)}
        faults.add(f"percents.{str(grade)[:8]}", "unknown_grade", text)
    percents = {grade: faults.number(given, grade, f"percents.{grade}", -100, 100) for grade in grades}
    for better, worse in pairwise(grades):
        high, low = percents[better], percents[worse]
        if high is not None and low is not None and low > high:
            text = _("A worse grade earns no more than a better one: %(worse)s, %(better)s.")
            faults.add(f"percents.{worse}", "not_falling", text % {"worse": worse, "better": better})
    between = faults.choice(data.get("between", Between.STEP), Between, "between")
    return {"percents": {grade: written(value) for grade, value in percents.items()}, "between": between}


def _by_kpi(contract: Contract, valid_from: date, data: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    found: dict[str, Any] = {
        "at_risk": written(faults.number(data, "at_risk", "at_risk", 0, 100)),
        "pool": faults.number(data, "pool", "pool", 0, 1000, 100),
        "most_share": faults.number(data, "most_share", "most_share", 0, 100, 100),
    }
    found["allocations"] = clean_allocations(
        contract, valid_from, data.get("allocations") or [], found["pool"], found["most_share"], faults
    )
    found |= {name: written(found[name]) for name in ("pool", "most_share")}
    if data.get("repeat_from") is not None:
        found |= _repeat(data, faults)
    if data.get("bonus"):
        found["bonus"] = written(faults.number(data, "bonus", "bonus", 0, 100))
        found["bonus_from"] = written(faults.number(data, "bonus_from", "bonus_from", 0, 1000))
    return found


def _repeat(data: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    number = Decimal(data["repeat_from"])
    if not FIRST_REPEAT <= number <= LAST_REPEAT:
        text = _("This must be a whole number from %(least)s to %(most)s.")
        faults.add("repeat_from", "number_range", text % {"least": FIRST_REPEAT, "most": LAST_REPEAT})
    multiplier = faults.number(data, "repeat_multiplier", "repeat_multiplier", 1, 10)
    return {"repeat_from": int(number), "repeat_multiplier": written(multiplier)}
