"""The forms of import profiles: a sample, what its columns hold, and how the rest is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpo.templatetags.bpo_pages import vendor_label
from bpo.views.forms import Choices, offer
from kpis.imports.opening import Grid
from kpis.imports.sampling import MOST_LINES
from kpis.imports.tables import Record
from vendors.models.base import CODE_PATTERN

MOST_SAMPLE = 1_000_000
_DEFINITION = "definition_"
KINDS: Choices = [
    ("number", _("a number")),
    ("duration", _("a duration (1:02:03, seconds)")),
    ("hours_minutes", _("hours and minutes (1:02)")),
    ("day_fraction", _("a fraction of a day (0.5)")),
    ("percent", _("a percentage (91.2)")),
    ("ratio", _("a share of one (0.912)")),
]
ORDERS: Choices = [
    ("", _("2026-03-02, 2026. 3. 2.(월), 2026년 3월 2일")),
    ("ymd", _("26.3.2 (year first)")),
    ("md", _("3/2 (month and day, without a year)")),
    ("mdy", _("3/2/26 (month first)")),
    ("dmy", _("2/3/26 (day first)")),
    ("dm", _("2/3 (day and month, without a year)")),
    ("excel", _("46083 (a spreadsheet's day number)")),
]


class SampleForm(forms.Form):
    """A file as the vendor's system exports it."""

    required_css_class = "required"
    vendor = forms.ChoiceField(required=False)
    file = forms.FileField(
        label=_("Sample file"), help_text=_("A file of a few days, exactly as your system exports it.")
    )

    def __init__(self, *args: Any, vendors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "vendor", vendors)
        self.fields["vendor"].label = vendor_label()


class ColumnForm(forms.Form):
    """What one column of the file holds."""

    heading = forms.CharField(widget=forms.HiddenInput, max_length=600, strip=False)
    holds = forms.ChoiceField(label=_("Holds"), required=False)
    kind = forms.ChoiceField(label=_("Written as"), choices=KINDS, initial="number")
    of = forms.ChoiceField(label=_("Share or mean of"), required=False)

    def __init__(self, *args: Any, holds: Choices, measures: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "holds", [("", _("– left out")), *holds])
        offer(self, "of", [("", "–"), *measures])


class QueueNameForm(forms.Form):
    """Which queue a name in the file means."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=600, strip=False)
    code = forms.ChoiceField(label=_("Queue"), required=False)

    def __init__(self, *args: Any, queues: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "code", [("", _("– left out")), *queues])


FINER = ("year", "formulas", "skip_when")
"""Fields of a profile that few files need."""


class ProfileForm(forms.Form):
    """The profile itself, and how its files are read beside their columns."""

    required_css_class = "required"
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Such as: daily report of the phone system"))
    code = forms.RegexField(
        CODE_PATTERN,
        label=_("Code"),
        max_length=64,
        help_text=_("Letters, digits, hyphen; for machines. It never changes."),
    )
    queue = forms.ChoiceField(label=_("Queue of every line"), required=False)
    date_format = forms.ChoiceField(label=_("Dates are written as"), choices=ORDERS, required=False)
    year = forms.IntegerField(
        label=_("Year, where the file has none"),
        required=False,
        min_value=1900,
        max_value=2200,
        help_text=_("Better left empty: the newest such day that is not after today is meant then."),
    )
    formulas = forms.CharField(
        label=_("Computed measures"),
        required=False,
        max_length=4_000,
        help_text=_(
            "One a line: a measure by its name or code, then the columns of the file by their headings with + - * / "
            "between them, such as: items inspected for accuracy = completed"
        ),
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
    )
    skip_when = forms.CharField(
        label=_("Not reported where"), required=False, max_length=500, help_text=_("Such as: calls_received = 0")
    )
    note = forms.CharField(label=_("Why it changes"), required=False, max_length=500)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    base = forms.CharField(widget=forms.HiddenInput, max_length=70_000)
    sample = forms.CharField(widget=forms.HiddenInput, max_length=MOST_SAMPLE, required=False)
    vendor = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(
        self, *args: Any, queues: Choices, is_new: bool, asked: dict[str, str], dated: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.dated = {sheet: f"date_format_{place}" for place, sheet in enumerate(dated)}
        """By sheet, the field that says how its days are written, where sheets differ."""
        for sheet, name in self.dated.items():
            label = _("Dates in “%(sheet)s” are written as") % {"sheet": sheet}
            self.fields[name] = forms.ChoiceField(label=label, choices=ORDERS, required=False)
        if self.dated:
            del self.fields["date_format"]
        self.asked = [f"{_DEFINITION}{code}" for code in asked]
        for name, text in zip(self.asked, asked.values(), strict=True):
            self.fields[name] = forms.CharField(label=text, required=False, max_length=200)
        offer(self, "queue", [("", _("– a column names it")), *queues])
        for name in ("note", "is_active") if is_new else ("code",):
            del self.fields[name]

    @property
    def plain(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in FINER]

    @property
    def finer(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name in FINER]

    @property
    def is_finer(self) -> bool:
        """Whether any of the finer fields is used or wrong."""
        return any(field.value() or field.errors for field in self.finer)

    def definitions(self) -> dict[str, str]:
        """Return the answers to what no file says, by the code of the question."""
        given = self.cleaned_data.items()
        return {name.removeprefix(_DEFINITION): text for name, text in given if name.startswith(_DEFINITION) and text}

    def clean_base(self) -> dict[str, Any]:
        return _object(self.cleaned_data["base"])

    def clean_formulas(self) -> dict[str, str]:
        lines = [line for line in self.cleaned_data["formulas"].splitlines() if line.strip()]
        if not all("=" in line for line in lines):
            raise forms.ValidationError(_("Write each line as: measure = formula"))
        return {name.strip(): text.strip() for name, _equals, text in (line.partition("=") for line in lines)}

    def clean_sample(self) -> Grid | None:
        text = self.cleaned_data["sample"]
        return grid_of(text) if text else None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise forms.ValidationError(_("The form is damaged: begin again with the sample."))
    return found


def sample_of(grid: Grid) -> str:
    """Return the first lines of a grid as a hidden field keeps them between two steps."""
    return json.dumps([[record.line, *record.cells] for record in grid.records[:MOST_LINES]], ensure_ascii=False)


def grid_of(text: str) -> Grid:
    """Return the grid of a hidden field; raise ValidationError where it is none."""
    try:
        rows = json.loads(text)
        records = [Record(int(line), [str(cell) for cell in cells]) for line, *cells in rows]
    except (ValueError, TypeError, RecursionError):
        raise forms.ValidationError(_("The form is damaged: begin again with the sample.")) from None
    if not records or len(records) > MOST_LINES:
        raise forms.ValidationError(_("The form is damaged: begin again with the sample."))
    return Grid(records)
