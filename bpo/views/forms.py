"""The forms of a scorecard's steps, and what forms share. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bpo.views.dates import FIRST_YEAR, LAST_YEAR

Choices = list[tuple[Any, Any]]


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Give a field its choices, where they are known only when the form is made."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _text(label: Any, *, required: bool = True, help_text: Any = "", rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "cols": 40})
    return forms.CharField(label=label, required=required, max_length=2000, help_text=help_text, widget=widget)


class MomentField(forms.DateTimeField):
    """A moment to the minute, in the years that pages show."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class StepForm(forms.Form):
    """A step that asks for nothing but the click."""

    required_css_class = "required"


class DisputeForm(StepForm):
    line = forms.TypedChoiceField(label=_("Line"), coerce=int)
    reason = _text(_("Reason"), help_text=_("Say what differs and by how much; the BPO side answers this text."))
    evidence = _text(_("Evidence"), required=False, rows=2, help_text=_("Where it can be checked: a report, a number."))

    def __init__(self, *args: Any, lines: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No line beforehand: a dispute of the wrong one holds up the card and cannot be taken back.
        offer(self, "line", [("", _("Choose")), *lines])


class ResolveForm(StepForm):
    dispute = forms.IntegerField(widget=forms.HiddenInput)
    accepted = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Accepted: the vendor is right")), ("no", _("Rejected: the figure stands"))],
        coerce=lambda value: value == "yes",
    )
    resolution = _text(_("Answer"), help_text=_("The vendor reads this text."))


class FinaliseForm(StepForm):
    accept_missing = _text(
        _("Why missing figures are accepted"),
        required=False,
        rows=2,
        help_text=_("Only where days are missing and both sides agree to finalise all the same."),
    )


class JudgeForm(StepForm):
    line = forms.TypedChoiceField(label=_("Line"), coerce=int)
    figure = forms.DecimalField(
        label=_("Score or points"),
        max_digits=14,
        decimal_places=4,
        localize=False,
        help_text=_("A score from 0 to 100, or plus and minus points within the line's limit."),
    )
    evidence = _text(_("Evidence"), rows=2)
    comment = _text(_("Comment"), required=False, rows=2)

    def __init__(self, *args: Any, lines: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "line", lines)
