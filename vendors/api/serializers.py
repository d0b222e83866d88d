"""Bases of every serializer: a field that is not known, or not writable, is refused instead of ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from vendors.api import fields
from vendors.api.texts import suggestion

MOST_UNKNOWN = 20


class _Strict:
    """Mixin: check the names of the fields before their values."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": [_not_object()]})
        refused = self.refused_names(data)
        if refused:
            raise serializers.ValidationError(refused)
        return super().to_internal_value(data)  # type: ignore[misc]

    def refused_names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the errors of names that are not fields, or fields that are only read."""
        known = self.fields  # type: ignore[attr-defined]
        writable = [name for name, field in known.items() if not field.read_only]
        refused: dict[str, Any] = {}
        for name in data:
            if name in known and known[name].read_only:
                refused[name] = serializers.ErrorDetail(_("This field is only read."), "read_only_field")
            elif name not in known:
                text = _("There is no field “%(name)s”.") % {"name": name[:50]}
                refused[name[:50]] = serializers.ErrorDetail(text + suggestion(name, writable), "unknown_field")
            if len(refused) >= MOST_UNKNOWN:
                break
        return refused


def _not_object() -> Any:
    return serializers.ErrorDetail(_("This must be a JSON object: {…}."), "not_object")


def unique_code(model: type[models.Model]) -> UniqueValidator:
    """Return the validator of a code that no other row of ``model`` has."""
    return UniqueValidator(model._default_manager.all(), message=gettext_lazy("This code is taken."))


class StrictSerializer(_Strict, serializers.Serializer[Any]):
    """A plain serializer that refuses unknown and read-only fields."""


class StrictModelSerializer(_Strict, serializers.ModelSerializer[Any]):
    """A model serializer with strict fields that refuses unknown and read-only ones.

    ``immutable`` names fields that may be given on creation and never change afterwards.
    """

    immutable: tuple[str, ...] = ("code",)

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: fields.Text,
        models.TextField: fields.Text,
        models.DateField: fields.Date,
        models.DateTimeField: fields.Moment,
        models.DecimalField: fields.Decimal,
        models.BooleanField: fields.Bool,
        models.IntegerField: fields.Whole,
        models.PositiveIntegerField: fields.Whole,
        models.PositiveSmallIntegerField: fields.Whole,
        models.SmallIntegerField: fields.Whole,
    }
    serializer_choice_field = fields.Choice

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            changed = {
                name: [serializers.ErrorDetail(_("This never changes after creation."), "immutable")]
                for name in self.immutable
                if name in attrs and attrs[name] != getattr(self.instance, name)
            }
            if changed:
                raise serializers.ValidationError(changed)
        return attrs
