"""The form of the administration: what it validates it saves, through a service, whose refusals become its errors."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from vendors.errors import DomainError


class ServiceForm(forms.ModelForm):
    """Saved while it is validated, inside the transaction of the page, which is rolled back unless all is well.

    ``admin`` and ``request`` are set by :meth:`vendors.admin.base.ServiceAdmin.get_form`.
    """

    admin: ClassVar[Any] = None
    request: ClassVar[HttpRequest]
    saved: Model | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        if not self.is_new:
            for name in self.admin.only_new:
                self.fields.pop(name, None)
            self.initial = {**self.initial, **self.admin.initial_of(self.instance)}
        for name in self.admin.optional:
            if name in self.fields:
                self.fields[name].required = False

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            self._save_through_service()

    def data_for_service(self) -> dict[str, Any]:
        """Return what was typed: all of it for a new row, what differs for one that is there."""
        names = list(self.cleaned_data) if self.is_new else self.changed_data
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    def _save_through_service(self) -> None:
        # The instance carries the new values already; the service compares with the row as it is stored.
        row = None if self.is_new else type(self.instance)._default_manager.get(pk=self.instance.pk)
        try:
            with transaction.atomic():
                self.saved = self.admin.save_row(self.request, row, self.data_for_service())
        except DomainError as error:
            add_refusal(self, error)
        except IntegrityError:
            text = _("Somebody changed this at the same moment. Look at it again and repeat your change.")
            self.add_error(None, ValidationError(text, "conflict"))
        else:
            self.instance = self.saved


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Put the service's refusal on the fields it names, and above the form what names none."""
    for fault in error.errors:
        named = fault.field or ""
        place = next((name for name in (named, named.split(".")[0]) if name in form.fields), None)
        where = " ".join([*([f"[{fault.row + 1}]"] if fault.row is not None else []), "" if place == named else named])
        text = f"{where.strip()}: {fault.detail}" if where.strip() else str(fault.detail)
        form.add_error(place, ValidationError(text, fault.code))
    if not error.errors:
        form.add_error(None, ValidationError(str(error.detail), error.code))


def words_of(error: DomainError) -> str:
    """Return the refusal in one line, with every fault it names."""
    return " ".join(dict.fromkeys([str(error.detail), *(str(fault.detail) for fault in error.errors)]))


class ExactDecoder(json.JSONDecoder):
    """Reads numbers as decimals, never as floats; refuses NaN and Infinity."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal, "parse_constant": _refuse_constant})


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError("not a number", name, 0)


class ExactJSONField(forms.JSONField):
    """A document, shown indented and in its own characters, numbers exact."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "decoder": ExactDecoder, "encoder": DjangoJSONEncoder})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, forms.fields.InvalidJSONInput) or value is None:
            return value
        return json.dumps(value, ensure_ascii=False, indent=2, cls=self.encoder)
