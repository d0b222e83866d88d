"""Sentences for what the formula engine and the doubling test refuse: what is wrong, and the cure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpis.calc.doubling import LENGTH_DEPENDENT, Multipliers, RollupRefusal
from kpis.calc.formula import FormulaError
from kpis.calc.relations import RelationError
from vendors.errors import Invalid, RowError

CURES = {
    "fewer_characters": gettext_lazy("The formula is longer than %(limit)s characters; shorten it."),
    "fewer_digits": gettext_lazy("A number has at most %(limit)s digits before and after the point."),
    "fewer_levels": gettext_lazy("The formula is nested deeper than %(limit)s levels; group or shorten it."),
    "fewer_brackets": gettext_lazy("More than %(limit)s brackets stand in one another; remove some."),
    "fewer_terms": gettext_lazy("The formula has more than %(limit)s parts; shorten it."),
    "plain_characters": gettext_lazy("“%(found)s” is not an ASCII character; write plain letters, digits and signs."),
    "empty": gettext_lazy("The formula is empty; write for example 100 * answered / offered."),
    "did_you_mean": gettext_lazy("There is no measure “%(name)s”. Did you mean “%(suggestion)s”?"),
    "is_a_kpi": gettext_lazy("“%(name)s” is a KPI; a formula names measures only. Write out its measures."),
    "unknown_name": gettext_lazy("There is no measure “%(name)s”. Create it first, or use one of the list."),
    "no_functions": gettext_lazy("“%(found)s(” looks like a function; a formula knows only + - * / and brackets."),
    "no_text": gettext_lazy("Texts have no place in a formula; name measures without quotation marks."),
    "no_words": gettext_lazy("“%(found)s” is no number; write digits."),
    "no_code": gettext_lazy("“%(found)s” belongs to program code; a formula knows only + - * / and brackets."),
    "empty_brackets": gettext_lazy("There is nothing between the brackets; remove them."),
    "close_bracket": gettext_lazy("This bracket is never closed; add “)”."),
    "only_four_signs": gettext_lazy("“%(found)s” is not allowed; a formula knows only + - * / and brackets."),
    "plain_number": gettext_lazy("“%(found)s” is no plain number; write digits and one point, as in 0.5."),
    "unfinished": gettext_lazy("The formula ends too early; a measure, a number or a bracket must follow."),
    "operand_expected": gettext_lazy("A measure, a number or a bracket must stand here instead of “%(found)s”."),
    "stray_bracket": gettext_lazy("This bracket was never opened; remove it."),
    "no_commas": gettext_lazy("Write numbers without thousands separators and with a decimal point."),
    "no_equals": gettext_lazy("Write only the calculation, without “=”."),
    "sign_expected": gettext_lazy("One of + - * / must stand before “%(found)s”."),
    "not_a_number": gettext_lazy("A value is no number."),
    "overflow": gettext_lazy("The result is too large to be a figure; check the factors."),
    "histogram_in_formula": gettext_lazy("“%(name)s” is a histogram; only a percentile can be read from it."),
    "missing_measure": gettext_lazy("No value is given for “%(name)s”; add it to the measures."),
}


@dataclass(frozen=True, slots=True)
class PlaceError(RowError):
    """An error inside a formula; ``position`` counts characters from 0."""

    position: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "field": self.field,
            "code": self.code,
            "detail": str(self.detail),
            "position": self.position,
        }


def formula_refused(error: FormulaError, kpis: Collection[str] = ()) -> Invalid:
    """Return the refusal of a formula, with its position; ``kpis`` are codes that are no measures but KPIs."""
    cure = error.cure
    if error.code == "unknown_name" and error.params["name"] in kpis:
        cure = "is_a_kpi"
    detail = CURES[cure] % error.params
    place = PlaceError(error.code, detail, "formula", position=error.position)
    return Invalid(error.code, detail, [place], position=error.position)


def rollup_refused(refusal: RollupRefusal) -> Invalid:
    """Return the refusal of the doubling test: what was expected, what was found, what to do."""
    sentences = {
        "no_measure": _no_measure,
        "unknown_aggregation": _unknown_aggregation,
        "histogram_in_formula": _histogram_in_formula,
        "percentile_needs_histogram": _percentile_needs_histogram,
        "no_multiplier": _no_multiplier,
        "wrong_rollup": _wrong_rollup,
    }
    detail = sentences[refusal.code](refusal)
    field = "formula" if refusal.code in ("no_measure", "no_multiplier") else "aggregation"
    return Invalid(refusal.code, detail, [RowError(refusal.code, detail, field)])


def relation_refused(error: RelationError) -> Invalid:
    """Return the refusal of a relation between measures."""
    sentences = {
        "relation_syntax": _(
            "Write a relation as “left <= right” or “left = right”, with “soft ” before it if it only warns."
        ),
        "relation_not_linear": _("A side of a relation is a sum of measures, each with a constant factor at most."),
        "relation_no_measure": _("A relation compares at least one measure with something else."),
    }
    cause = error.cause
    text = CURES[cause.cure] % cause.params if cause else sentences[error.code]
    detail = _("In “%(relation)s”: %(text)s") % {"relation": error.text[:200], "text": text}
    return Invalid(error.code, detail, [RowError(error.code, detail, "relations")])


def _no_measure(refusal: RollupRefusal) -> str:
    return _("The formula names no measure, so it would be the same figure for everybody. Name at least one.")


def _unknown_aggregation(refusal: RollupRefusal) -> str:
    return _("There is no aggregation “%(kind)s”. Use one of: %(kinds)s.") % {
        "kind": refusal.aggregation[:50],
        "kinds": ", ".join(refusal.fitting),
    }


def _histogram_in_formula(refusal: RollupRefusal) -> str:
    return _(
        "“%(names)s” is a histogram: it has no single number to calculate with. Name the histogram alone and use "
        "the aggregation percentile:90 (or another percentile)."
    ) % {"names": ", ".join(refusal.measures)}


def _percentile_needs_histogram(refusal: RollupRefusal) -> str:
    return _("A percentile is read from a histogram: the formula of %(kind)s is the code of one histogram measure.") % {
        "kind": refusal.aggregation
    }


def _no_multiplier(refusal: RollupRefusal) -> str:
    return _(
        "The formula does not add up: with twice the centres or twice the days its figure grows by no fixed factor. "
        "It mixes terms that add up differently, adds a constant to a count, or is always zero or undefined. "
        "Make it a sum of like terms, or a ratio of two sums."
    )


def _wrong_rollup(refusal: RollupRefusal) -> str:
    assert refusal.found is not None
    text = _(
        "The formula does not add up as %(kind)s. Two equal centres must give %(expected_centres)s times the figure "
        "of one, and two equal days %(expected_days)s times; they give %(found_centres)s and %(found_days)s times."
    ) % {
        "kind": refusal.aggregation,
        **_factors("expected", refusal.expected[0]),
        **_factors("found", refusal.found),
    }
    return f"{text} {_advice(refusal)}"


def _advice(refusal: RollupRefusal) -> str:
    if refusal.found == LENGTH_DEPENDENT and refusal.fitting:
        return _(
            "The figure would depend on the length of the period: a count of the whole period over a stock of one day. "
            "Multiply the stock by calendar_days or use a measure that adds up (such as headcount_days); if a "
            "regulator defines it so, say it with the aggregation %(kind)s and compare equal periods only."
        ) % {"kind": refusal.fitting[0]}
    if refusal.fitting:
        return _("The aggregation that fits is %(kinds)s.") % {"kinds": ", ".join(refusal.fitting)}
    return _("No aggregation fits; check the formula and the roll-up of its measures.")


def _factors(prefix: str, found: Multipliers) -> dict[str, str]:
    return {f"{prefix}_centres": str(found[0]), f"{prefix}_days": str(found[1])}
