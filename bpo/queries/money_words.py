"""Money in the reader's words: amounts, what a month is worth, and every step on the way there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from bpo.calc.settlement import Outcome, Step
from bpo.calc.settlement.statement import whole
from bpo.queries.money import money_text
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
    text = money_text(f"{abs(rounded):,f}", currency)
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
    return f"{plain(value)} %"


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
    facts = {"price": won(found["price"], currency), "heads": _short(found["heads"])}
    return step.about or _("Fee by heads"), _("%(price)s × %(heads)s heads") % facts


def _units(step: Step, currency: str, names: Mapping[str, str]) -> tuple[str, str]:
    found: Mapping[str, Any] = step.inputs
    measure = names.get(str(found["measure"]), str(found["measure"]))
    if found["volume"] is None:
        return step.about or _("Fee by volume"), _("%(measure)s: not reported yet") % {"measure": measure}
    facts = {
        "price": won(found["price"], currency),
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
    rules: Mapping[str, Any], currency: str, names: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Return stored terms as pairs of a name and what stands there; ``names`` are those of KPIs and measures."""
    names = names or {}
    rows = [(row["label"] or str(_("Fee")), _fee_words(row, currency, names)) for row in rules.get("fees", ())]
    if rules["scheme"] == "grade":
        percents = ", ".join(f"{grade} {_signed(percent)} %" for grade, percent in rules["percents"].items())
        between = _("in steps") if rules["between"] == "step" else _("linear between the edges")
        rows.append((_("By grade, per cent of the fee"), f"{percents} · {between}"))
    if rules["scheme"] == "kpi":
        rows += _kpi_words(rules, names)
    return rows or [(_("Fee"), _("none"))]


def _signed(text: str) -> str:
    return text.replace("-", "−") if text.startswith("-") else f"+{text}" if text != "0" else "0"


def _fee_words(row: Mapping[str, Any], currency: str, names: Mapping[str, str]) -> str:
    price = won(Decimal(row["price"]), currency)
    if row["kind"] == "fixed":
        return price
    if row["kind"] == "head":
        return _("%(price)s × %(heads)s heads") % {"price": price, "heads": _short(row["heads"])}
    text = f"{price} × {names.get(row['measure'], row['measure'])}"
    if row.get("minimum_share") is None:
        return text
    facts = {"share": row["minimum_share"], "volume": _short(row["agreed_volume"])}
    return f"{text} · {_('at least %(share)s %% of %(volume)s') % facts}"


def _kpi_words(rules: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str]]:
    facts = {name: rules[name] for name in ("at_risk", "pool", "most_share")}
    text = _("%(at_risk)s %% of the fee; pool %(pool)s %%, a KPI at most %(most_share)s %%") % facts
    rows = [(str(_("At risk")), text)]
    for row in rules["allocations"]:
        parts = [f"{row['share']} %"]
        if row["severity"] == "slide":
            parts.append(_("sliding to %(floor)s") % {"floor": row["floor"]})
        if row["is_critical"]:
            parts.append(_("critical"))
        rows.append(
            (names.get(row["kpi"], row["kpi"]) + (f" · {row['queue']}" if row["queue"] else ""), " · ".join(parts))
        )
    if rules.get("repeat_from"):
        repeat = {"number": rules["repeat_from"], "multiplier": rules["repeat_multiplier"]}
        rows.append((_("Repeat"), _("from the %(number)s. month in a row × %(multiplier)s") % repeat))
    if rules.get("bonus"):
        bonus = {"percent": rules["bonus"], "from": rules["bonus_from"]}
        rows.append((_("Bonus"), _("fee × %(percent)s %% from %(from)s points on") % bonus))
    return rows
