"""Money in the reader's words: amounts, what a month is worth, and every step on the way there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from bpo.calc.settlement import Outcome, Step
from bpo.calc.settlement.rules import Between, FeeKind, FeeLine, MoneyRules, Scheme, Severity
from bpo.calc.settlement.statement import whole
from bpo.queries.money import money_text
from bpo.queries.money_terms import read_rules
from kpis.queries.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpo.queries.card_money import CardMoney
    from vendors.errors import Text

REASONS: dict[str, Text] = {
    "pilot": gettext_lazy("A pilot is worth no money."),
    "no_terms": gettext_lazy("This contract has no terms of money."),
    "unreadable_terms": gettext_lazy("These terms of money cannot be read. Enter them again."),
    "fee_unknown": gettext_lazy("The volume that the fee is billed by was not reported yet."),
    "no_score": gettext_lazy("There is no total score yet, so nothing can be said of money."),
    "grade_without_percent": gettext_lazy("The terms of money lack a grade of this scorecard. Enter them again."),
}
OUTCOMES: dict[str, Text] = {
    Outcome.DEFAULT: gettext_lazy("below its minimum"),
    Outcome.MET: gettext_lazy("not below its minimum"),
    Outcome.NOT_REPORTED: gettext_lazy("not reported yet"),
    Outcome.NO_VOLUME: gettext_lazy("no volume, so nothing is reduced"),
    Outcome.LOW_VOLUME: gettext_lazy("too small a sample, so nothing is reduced"),
    Outcome.EXCUSED: gettext_lazy("excused, so nothing is reduced"),
    Outcome.CARRIED: gettext_lazy("counts next month"),
    Outcome.NO_MINIMUM: gettext_lazy("no minimum to be below"),
    "not_on_card": gettext_lazy("not on this scorecard"),
}
VOID: dict[str, Text] = {
    "below": gettext_lazy("not reached"),
    "critical_default": gettext_lazy("void: a critical KPI is below its minimum"),
    "no_incentive": gettext_lazy("void: a gate takes the incentive away"),
}


def won(amount: Decimal | None, currency: str, *, signed: bool = False) -> str:
    """Write an amount in whole units: 3,600,000원, ₩3,600,000, 3,600,000 USD; a dash where there is none."""
    if amount is None:
        return "–"
    rounded = whole(amount)
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return _in_currency(f"{abs(rounded):,f}", currency, sign)


def amounts_text(amounts: Mapping[str, Decimal]) -> str:
    """Write reductions or additions by currency, with their signs."""
    return ", ".join(won(amount, currency, signed=True) for currency, amount in amounts.items())


def price_text(price: Decimal, currency: str) -> str:
    """Write a price with the decimals it has, at most four: 350.5원, 0.4 USD."""
    return _in_currency(_short(price), currency)


def _in_currency(number: str, currency: str, sign: str = "") -> str:
    text = money_text(number, currency)
    if currency != "KRW":
        return f"{sign}{text} {currency}"
    is_korean = (get_language() or "ko").startswith("ko")
    return f"{sign}{text}원" if is_korean else f"{sign}₩{text}"


def moved_word(money: CardMoney) -> Text:
    """Name the adjustment of a month: a reduction or an addition, expected while the card is open."""
    adjustment = money.adjustment or Decimal(0)
    if not adjustment:
        return _("Expected: no reduction, no addition") if money.is_estimate else _("No reduction, no addition")
    if adjustment < 0:
        return _("Expected reduction") if money.is_estimate else pgettext_lazy("of a fee", "Reduction")
    return _("Expected addition") if money.is_estimate else pgettext_lazy("of a fee", "Addition")


def _percent(value: Any) -> str:
    return f"{plain(value)}%"


def _short(value: Any, places: int = 4) -> str:
    """Write a number with separators and at most so many decimals; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".").replace("-", "−")


def step_words(steps: Sequence[Step], currency: str, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return each step as (what it is, how it was reckoned, its amount); ``names`` are those of KPIs and measures."""
    return [(*_WORDS[step.code](step, currency, names), _amount(step, currency)) for step in steps]


def _amount(step: Step, currency: str) -> str:
    is_moved = step.code in ("grade", "cap", "bonus", "rounded")
    return won(step.amount, currency, signed=is_moved) if step.amount is not None else "–"


def _fixed(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return step.about or _("Fixed fee"), ""


def _heads(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    facts = {"price": price_text(found["price"], currency), "heads": _short(found["heads"])}
    return step.about or _("Fee by heads"), _("%(price)s × %(heads)s heads") % facts


def _units(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    measure = names.get(str(found["measure"]), str(found["measure"]))
    if found["volume"] is None:
        return step.about or _("Fee by volume"), _("%(measure)s: not reported yet") % {"measure": measure}
    facts = {
        "price": price_text(found["price"], currency),
        "volume": _short(found["billed"]),
        "measure": measure,
        "least": _short(found.get("least")),
    }
    text = _("%(price)s × %(volume)s (%(measure)s)")
    if "least" in found:
        text = _("%(price)s × %(volume)s (%(measure)s; at least %(least)s are billed)")
    return step.about or _("Fee by volume"), text % facts


def _fee(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return _("Monthly fee"), ""


def _no_incentive(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return _("A gate takes the incentive away"), _percent(step.inputs["percent"])


def _grade(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    facts = {"percent": _short(found["percent"]), "score": _short(found["score"], 2)}
    text = _("fee × %(percent)s %%, total score %(score)s")
    if found["between"] == "linear":
        text = _("fee × %(percent)s %% (between the edges), total score %(score)s")
    return _("Grade %(grade)s") % {"grade": step.about}, text % facts


def _at_risk(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return _("At risk"), _("fee × %(percent)s %%") % {"percent": _short(step.inputs["percent"])}


def _kpi(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    name, outcome = names.get(step.about, step.about), str(OUTCOMES[str(found["outcome"])])
    if found["outcome"] != Outcome.DEFAULT:
        return name, outcome
    facts = {
        "outcome": outcome,
        "value": _short(found["value"]),
        "minimum": _short(found["minimum"]),
        "share": _short(found["share"]),
        "severity": _short(found["severity"]),
    }
    if found["value"] is None:
        return name, _("not reported: at risk × %(share)s %%") % facts
    return name, _("%(value)s, minimum %(minimum)s: at risk × %(share)s %% × %(severity)s") % facts


def _repeat(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    facts = {"count": _short(step.inputs["in_a_row"]), "multiplier": _short(step.inputs["multiplier"])}
    name = names.get(step.about, step.about)
    return name, _("%(count)s months below the minimum in a row: × %(multiplier)s") % facts


def _cap(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    facts = {"sum": won(found["reductions"], currency), "most": won(found["most"], currency)}
    return _("All reductions, at most what is at risk"), _("%(sum)s, at most %(most)s") % facts


def _bonus(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    facts = {"percent": _short(found["percent"]), "from": _short(found["from"], 2)}
    text = _("fee × %(percent)s %% from %(from)s points on") % facts
    return _("Bonus"), f"{text}; {VOID[str(found['void'])]}" if found["void"] else text


def _rounded(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return _("Reduction or addition"), _("rounded once, to whole units")


def _payable(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    return pgettext("of a fee", "Due"), _("fee and adjustment together")


def _vat(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    percent = _short(step.inputs["percent"])
    return _("VAT, for information"), _("%(percent)s %%; the accountant decides on its base") % {"percent": percent}


_WORDS: dict[str, Callable[[Step, str, Mapping[str, str]], tuple[str, str]]] = {
    "fee_fixed": _fixed,
    "fee_head": _heads,
    "fee_unit": _units,
    "fee": _fee,
    "no_incentive": _no_incentive,
    "grade": _grade,
    "at_risk": _at_risk,
    "kpi": _kpi,
    "repeat": _repeat,
    "cap": _cap,
    "bonus": _bonus,
    "rounded": _rounded,
    "payable": _payable,
    "vat": _vat,
}


def rule_words(
    document: Mapping[str, Any], currency: str, names: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Return stored terms as pairs of a name and what stands there; ``names`` are those of KPIs and measures.

    Terms that cannot be read are one pair that says so.
    """
    rules = read_rules(document)
    if rules is None:
        return [(str(_("Terms of money")), str(REASONS["unreadable_terms"]))]
    names = names or {}
    rows = [(fee.label or str(_("Fee")), _fee_words(fee, currency, names)) for fee in rules.fees]
    if rules.scheme is Scheme.GRADE:
        percents = ", ".join(f"{grade} {_signed(percent)}%" for grade, percent in rules.percents.items())
        between = _("in steps") if rules.between is Between.STEP else _("linear between the edges")
        rows.append((_("By grade, per cent of the fee"), f"{percents} · {between}"))
    if rules.scheme is Scheme.KPI:
        rows += _kpi_words(rules, document, names)
    return rows or [(_("Fee"), _("none"))]


def _signed(percent: Decimal) -> str:
    text = str(plain(percent))
    return text.replace("-", "−") if percent < 0 else f"+{text}" if percent else "0"


def _fee_words(fee: FeeLine, currency: str, names: Mapping[str, str]) -> str:
    price = price_text(fee.price, currency)
    if fee.kind is FeeKind.FIXED:
        return price
    if fee.kind is FeeKind.HEAD:
        return _("%(price)s × %(heads)s heads") % {"price": price, "heads": _short(fee.heads)}
    text = f"{price} × {names.get(fee.measure, fee.measure)}"
    if fee.minimum_share is None:
        return text
    facts = {"share": plain(fee.minimum_share), "volume": _short(fee.agreed_volume)}
    return f"{text} · {_('at least %(share)s %% of %(volume)s') % facts}"


def _kpi_words(rules: MoneyRules, document: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str]]:
    # The pool and the most a KPI may have bound what was entered; no arithmetic reads them.
    facts = {name: document.get(name) or "100" for name in ("pool", "most_share")} | {"at_risk": plain(rules.at_risk)}
    text = _("%(at_risk)s %% of the fee; pool %(pool)s %%, a KPI at most %(most_share)s %%") % facts
    rows = [(str(_("At risk")), text)]
    for one in rules.allocations:
        parts = [f"{plain(one.share)}%"]
        if one.severity is Severity.SLIDE:
            parts.append(_("sliding to %(floor)s") % {"floor": plain(one.floor)})
        if one.is_critical:
            parts.append(_("critical"))
        rows.append((names.get(one.kpi, one.kpi) + (f" · {one.queue}" if one.queue else ""), " · ".join(parts)))
    if rules.repeat_from:
        repeat = {"number": rules.repeat_from, "multiplier": plain(rules.repeat_multiplier)}
        rows.append((_("Repeat"), _("from the %(number)s. month in a row × %(multiplier)s") % repeat))
    if rules.bonus:
        bonus = {"percent": plain(rules.bonus), "from": plain(rules.bonus_from)}
        rows.append((_("Bonus"), _("fee × %(percent)s %% from %(from)s points on") % bonus))
    return rows
