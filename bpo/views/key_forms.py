"""The forms of the keys' page. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpo.views.forms import offer
from vendors.choices import Scope


class Networks(forms.CharField):
    """Addresses or networks, one a line; a list."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Addresses it is taken from"),
            required=False,
            max_length=3000,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text=_("One a line: 203.0.113.7 or 203.0.113.0/24. Empty: from everywhere."),
        )

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class KeyForm(forms.Form):
    owner = forms.ChoiceField(label=_("Speaks for"), required=False)
    name = forms.CharField(
        label=_("What it is for"), max_length=100, required=False, help_text=_("Such as: nightly job of the ACD.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.INGEST],
        widget=forms.CheckboxSelectMultiple,
    )
    is_sandbox = forms.BooleanField(
        label=_("Sandbox: figures are checked and answered, and never stored"), required=False
    )
    networks = Networks()
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: until it is revoked."),
    )

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", owners)
        if not self.is_bound and owners:
            self.fields["owner"].initial = owners[0][0]


class AddressesForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=100, required=False)
    networks = Networks()


class RotateForm(forms.Form):
    old_ends_on = forms.DateField(
        label=_("Last day of the old key"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then both work. At most 90 days."),
    )
