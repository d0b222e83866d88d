"""The three sentences of the executive overview: where it stands, what moved it, what disturbed it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpo.queries.alert_words import figure_words, period_words
from bpo.queries.overview import Overview, Row
from kpis.calc.facts import Status
from kpis.models import Kpi
from kpis.queries.unit_words import difference_unit


def sentences(page: Overview) -> list[str]:
    """Return what an executive has to know; where nothing was reported that alone."""
    if page.score is None:
        return [_missing(page)] if page.rows else []
    stands = " ".join(filter(None, (_stands(page), _unreported(page))))
    return [stands, _moved(page), _disturbed(page)]


def _missing(page: Overview) -> str:
    facts = {"period": period_words(page.period.kind.value, page.period.start)}
    return _("%(period)s: nothing was submitted yet, so there is no score.") % facts


def _unreported(page: Overview) -> str:
    """Say how many contracts have no part in the mean because nothing came of them."""
    count = sum(row.is_unreported for row in page.rows)
    text = ngettext(
        "%(n)s contract that has submitted nothing is left out.",
        "%(n)s contracts that have submitted nothing are left out.",
        count,
    )
    return text % {"n": count} if count else ""


def _points(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"


def _difference(value: Decimal, unit: str) -> str:
    """Write a difference between two figures with its sign and unit: +1.00%p."""
    text = figure_words(f"{abs(value):.2f}", difference_unit(unit))
    return f"{'−' if value < 0 else '+'}{text}"


def _stands(page: Overview) -> str:
    facts = {
        "period": period_words(page.period.kind.value, page.period.start),
        "score": _points(page.score or Decimal(0)),
        "on_target": page.on_target,
        "count": len(page.ranked),
        "change": _points(abs(page.change or Decimal(0))),
    }
    if not page.change:
        text = _("%(period)s: %(score)s points on average; %(on_target)s of %(count)s contracts reach 100.")
    elif page.change > 0:
        text = _(
            "%(period)s: %(score)s points on average, %(change)s more than the period before;"
            " %(on_target)s of %(count)s contracts reach 100."
        )
    else:
        text = _(
            "%(period)s: %(score)s points on average, %(change)s less than the period before;"
            " %(on_target)s of %(count)s contracts reach 100."
        )
    return text % facts


def _moved(page: Overview) -> str:
    """Tell the largest fall and the KPI behind it; without a period before, the lowest score."""
    fallen = [row for row in page.ranked if row.change is not None and row.change < 0]
    if fallen:
        row = min(fallen, key=lambda one: one.change or Decimal(0))
        kpi = _culprit(page, row)
        facts = {"contract": row.contract.name, "points": _points(abs(row.change or Decimal(0)))}
        if kpi is None:
            return _("The largest fall: %(contract)s, %(points)s points.") % facts
        facts |= {"kpi": kpi.label, "part": _points(abs(row.moved[0].points))}
        return _("The largest fall: %(contract)s, %(points)s points, of which %(kpi)s makes %(part)s.") % facts
    lowest = page.ranked[-1]
    facts = {"contract": lowest.contract.name, "points": _points(lowest.score or Decimal(0))}
    return _("No contract fell; the lowest is %(contract)s with %(points)s points.") % facts


def _culprit(page: Overview, row: Row) -> Kpi | None:
    return page.kpis[row.moved[0].key] if row.moved and row.moved[0].points < 0 else None


def _disturbed(page: Overview) -> str:
    parts = []
    if page.lifted:
        row, cell = page.lifted[0]
        text = ngettext(
            "%(n)s approved external factor is taken out; it changes %(kpi)s of %(contract)s most, by %(uplift)s.",
            "%(n)s approved external factors are taken out; they change %(kpi)s of %(contract)s most, by %(uplift)s.",
            len(page.factors),
        )
        uplift = _difference(cell.uplift or Decimal(0), cell.unit)
        facts = {"n": len(page.factors), "kpi": cell.kpi.label, "contract": row.contract.name, "uplift": uplift}
        parts.append(text % facts)
    if page.is_open and page.misses:
        text = ngettext(
            "%(n)s figure is heading for a miss by the end of the period.",
            "%(n)s figures are heading for a miss by the end of the period.",
            page.misses,
        )
        parts.append(text % {"n": page.misses})
    return " ".join(parts) or _("No external factor changes these figures.")


def staff_sentences(page: Overview) -> list[str]:
    """Return what all staff may know: the programme as a whole, naming no vendor and no contract."""
    if page.score is None:
        return []
    return [_stands(page), _met(page), _lifted(page)]


def _met(page: Overview) -> str:
    counts = dict(page.tally)
    facts = {"met": counts.get(Status.MET.value, 0), "count": sum(counts.values())}
    return _("%(met)s of %(count)s agreed figures reach their target.") % facts


def _lifted(page: Overview) -> str:
    if not page.factors:
        return _("No external factor changes these figures.")
    text = ngettext(
        "%(n)s approved external factor is taken out.", "%(n)s approved external factors are taken out.",
        len(page.factors),
    )  # fmt: skip
    return text % {"n": len(page.factors)}


def money_facts(page: Overview) -> list[tuple[str, dict[str, Decimal]]]:
    """Return what the month costs by its scorecards, and what waiting relief is worth: names, amounts by currency."""
    found = []
    if page.at_risk:
        name = _("Expected reductions of the month") if page.is_provisional else _("Reductions of the month")
        found.append((name, page.at_risk))
    if any(page.waiting_relief.values()):
        found.append((_("Relief claims that wait for a decision"), dict(page.waiting_relief)))
    return found
