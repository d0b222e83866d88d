"""The form of a contract's terms of money: plain fields, read into what the service checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bpo.calc.grades import GradeTable
from bpo.queries.money_page import Judged
from bpo.services.money.checking import MOST_FEES
from bpo.views.dates import day_of
from vendors.errors import DomainError

FEES, SPARE_FEES = 4, 2
"""Fee lines a form has at least, and those that are left free beyond what is filled in."""
FEE_KINDS = [
    ("", "–"),
    ("fixed", gettext_lazy("fixed amount")),
    ("head", gettext_lazy("per head")),
    ("unit", gettext_lazy("per unit of a measure")),
]
SCHEMES = [
    ("grade", gettext_lazy("by grade: per cent of the fee")),
    ("kpi", gettext_lazy("by KPI: what is at risk is allocated")),
    ("none", pgettext_lazy("a scheme of money", "none: the fee alone")),
]
BETWEEN = [
    ("step", gettext_lazy("in steps: the grade alone counts")),
    ("linear", gettext_lazy("linear between the edges: no cliff")),
]
SEVERITIES = [("step", gettext_lazy("all of it")), ("slide", gettext_lazy("sliding to the floor"))]
FEE_NUMBERS = ("price", "heads", "agreed_volume", "minimum_share")
NUMBERS: Mapping[str, Any] = {
    "at_risk": gettext_lazy("At risk, % of the fee"),
    "pool": gettext_lazy("Pool of all allocations, %"),
    "most_share": gettext_lazy("A KPI at most, %"),
    "repeat_multiplier": gettext_lazy("Multiplier of a repeat"),
    "bonus": gettext_lazy("Bonus, % of the fee"),
    "bonus_from": gettext_lazy("Bonus from this total score on"),
    "vat": gettext_lazy("VAT, %"),
}


class MonthField(forms.Field):
    """A month as YYYY-MM; its first day."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput({"type": "month", "placeholder": "2026-11", "maxlength": 7})
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        try:
            return day_of(f"{value}-01")
        except ValueError:
            raise ValidationError(_("Write the month as YYYY-MM."), code="bad_month") from None

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value


def _number(label: Any, **options: Any) -> forms.DecimalField:
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 12})
    return forms.DecimalField(
        label=label, required=False, max_digits=18, decimal_places=4, localize=False, widget=widget, **options
    )


class MoneyForm(forms.Form):
    """The fields are named as the service names their places, so that what it refuses stands on them."""

    valid_from = MonthField(label=gettext_lazy("Holds from the month"))
    signed_on = forms.DateField(
        label=gettext_lazy("Signed on"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("It may be another day than that from which they hold."),
    )  # fmt: skip
    scheme = forms.ChoiceField(label=gettext_lazy("What moves the fee"), choices=SCHEMES)
    between = forms.ChoiceField(label=gettext_lazy("Between two edges"), choices=BETWEEN, required=False)
    repeat_from = forms.IntegerField(
        label=gettext_lazy("Repeat from the month in a row"), required=False, min_value=2, max_value=12
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2, "cols": 40})
    )

    def __init__(
        self,
        *args: Any,
        grades: GradeTable,
        measures: Sequence[tuple[str, str]],
        judged: Sequence[Judged],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.grades = [row.grade for row in grades]
        self.judged = self._arranged(judged)
        self.fees = range(min(MOST_FEES, max(FEES, self._fees_filled() + SPARE_FEES)))
        for name, label in NUMBERS.items():
            self.fields[name] = _number(label)
        for number in self.fees:
            self._add_fee(f"fees.{number}", measures)
        for grade in self.grades:
            self.fields[f"percents.{grade}"] = _number(_("%(grade)s, %%") % {"grade": grade})
        for number, one in enumerate(self.judged):
            self._add_allocation(f"allocations.{number}", one.label)

    def _fees_filled(self) -> int:
        """Return the number of the last fee line, from 1, that is stored or was posted with a kind."""
        kinds = {n: f"fees.{n}.kind" for n in range(MOST_FEES)}
        return max((n + 1 for n, kind in kinds.items() if self.initial.get(kind) or self.data.get(kind)), default=0)

    def _arranged(self, judged: Sequence[Judged]) -> list[Judged]:
        """Return the rows of the allocation, in the order of the page that was posted: targets may have changed since.

        A KPI that is judged no more keeps its row, so that nothing typed is lost and the service says what is wrong.
        """
        known = {one.key: one for one in judged}
        posted: list[Judged] = []
        while key := self.data.get(f"allocations.{len(posted)}.of"):
            kpi, _bar, queue = key.partition("|")
            posted.append(known.pop(key) if key in known else Judged(kpi, queue or None, kpi))
        return [*posted, *known.values()]

    def _add_fee(self, place: str, measures: Sequence[tuple[str, str]]) -> None:
        labels = {
            "price": _("Amount or price"),
            "heads": _("Heads"),
            "agreed_volume": _("Agreed volume a month"),
            "minimum_share": _("Billed at least, %"),
        }
        self.fields[f"{place}.kind"] = forms.ChoiceField(label=_("Kind of fee"), choices=FEE_KINDS, required=False)
        self.fields[f"{place}.label"] = forms.CharField(
            label=_("Name on the statement"), required=False, max_length=100
        )
        self.fields[f"{place}.measure"] = forms.ChoiceField(
            label=_("Measure"), choices=[("", "–"), *measures], required=False
        )
        for name, label in labels.items():
            self.fields[f"{place}.{name}"] = _number(label)

    def _add_allocation(self, place: str, label: str) -> None:
        self.fields[f"{place}.share"] = _number(_("%(kpi)s: share, %%") % {"kpi": label})
        self.fields[f"{place}.severity"] = forms.ChoiceField(
            label=_("%(kpi)s: how much of it") % {"kpi": label}, choices=SEVERITIES, required=False
        )
        self.fields[f"{place}.floor"] = _number(_("%(kpi)s: floor") % {"kpi": label})
        self.fields[f"{place}.is_critical"] = forms.BooleanField(
            label=_("%(kpi)s: critical") % {"kpi": label}, required=False
        )

    def row(self, place: str, *names: str) -> list[Any]:
        return [self[f"{place}.{name}"] for name in names]

    @property
    def fee_rows(self) -> list[list[Any]]:
        names = ("kind", "label", "price", "heads", "measure", "agreed_volume", "minimum_share")
        return [self.row(f"fees.{number}", *names) for number in self.fees]

    @property
    def percent_fields(self) -> list[Any]:
        return [self[f"percents.{grade}"] for grade in self.grades]

    @property
    def pool_rows(self) -> list[tuple[Judged, list[Any]]]:
        names = ("share", "severity", "floor", "is_critical")
        return [(one, self.row(f"allocations.{n}", *names)) for n, one in enumerate(self.judged)]

    @property
    def pool_fields(self) -> list[Any]:
        names = ("at_risk", "pool", "most_share", "repeat_from", "repeat_multiplier", "bonus", "bonus_from")
        return [self[name] for name in names]

    def data_for_service(self) -> dict[str, Any]:
        """Return what was typed as :func:`bpo.services.money.set_terms` takes it."""
        given = self.cleaned_data
        data = {name: given[name] for name in ("valid_from", "signed_on", "note", "scheme", "repeat_from", *NUMBERS)}
        data["between"] = given["between"] or "step"
        data["percents"] = {grade: value for grade in self.grades if (value := given[f"percents.{grade}"]) is not None}
        data["fees"] = [self._fee(f"fees.{number}") for number in self._chosen_fees]
        data["allocations"] = [self._allocation(number) for number in self._chosen_kpis]
        return data

    @property
    def _chosen_fees(self) -> list[int]:
        return [number for number in self.fees if self.cleaned_data[f"fees.{number}.kind"]]

    @property
    def _chosen_kpis(self) -> list[int]:
        return [n for n in range(len(self.judged)) if self.cleaned_data[f"allocations.{n}.share"] is not None]

    def _fee(self, place: str) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: given[f"{place}.{name}"] for name in ("kind", "label", "measure", *FEE_NUMBERS)}

    def _allocation(self, number: int) -> dict[str, Any]:
        given, one = self.cleaned_data, self.judged[number]
        row = {name: given[f"allocations.{number}.{name}"] for name in ("share", "floor", "is_critical")}
        severity = given[f"allocations.{number}.severity"] or "step"
        return row | {"kpi": one.kpi, "queue": one.queue, "severity": severity}

    def refuse(self, error: DomainError) -> None:
        """Put what the service refused on the fields it names."""
        # An error takes its field out of what was typed, by which the rows are told apart: places first.
        placed = [(self._place(fault.field or ""), fault) for fault in error.errors]
        for place, fault in placed:
            self.add_error(place if place in self.fields else None, ValidationError(str(fault.detail), fault.code))
        if not error.errors:
            self.add_error(None, ValidationError(str(error.detail), error.code))

    def _place(self, place: str) -> str:
        """Return the field of a place: the service counts only the rows that were filled in."""
        head, _dot, rest = place.partition(".")
        number, _dot, name = rest.partition(".")
        chosen = {"fees": self._chosen_fees, "allocations": self._chosen_kpis}.get(head)
        if chosen is None or not number.isdigit():
            return place
        return f"{head}.{chosen[int(number)]}.{'share' if name in ('kpi', 'queue') else name}"


def initial_of(rules: Mapping[str, Any], judged: Sequence[Judged]) -> dict[str, Any]:
    """Return stored terms, which can be read, as the values of the form."""
    plain = {name: rules[name] for name in ("scheme", "between", "repeat_from", *NUMBERS) if name in rules}
    rows = enumerate(rules.get("fees", ()))
    fees = {f"fees.{number}.{name}": value for number, row in rows for name, value in row.items()}
    percents = {f"percents.{grade}": value for grade, value in rules.get("percents", {}).items()}
    places = {(one.kpi, one.queue): number for number, one in enumerate(judged)}
    allocations = {
        f"allocations.{places[row['kpi'], row.get('queue')]}.{name}": row[name]
        for row in rules.get("allocations", ())
        for name in ("share", "severity", "floor", "is_critical")
        if name in row
    }
    return plain | fees | percents | allocations


def usual(grades: GradeTable) -> dict[str, Any]:
    """Return the proposal for a contract without terms: the table many Korean contracts have."""
    percents = {"S": "3", "A": "1.5", "B": "0", "C": "-3", "D": "-7"}
    known = {f"percents.{row.grade}": percents[row.grade] for row in grades if row.grade in percents}
    return {"scheme": "grade", "between": "step", "vat": Decimal(10), "fees.0.kind": "fixed", **known}
