"""Serializer fields that take one notation and refuse the rest, each with a code of its own."""

from __future__ import annotations

import datetime
import decimal
import re
from base64 import b64decode
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from vendors.api.filters import iso_date
from vendors.api.texts import PROBLEMS, is_invisible, normalised, suggestion, text_problem
from vendors.models.base import CODE_PATTERN, NAME_PATTERN

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\Z")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_EARLIEST, _LATEST = 1900, 2200


class Text(serializers.CharField):
    """A text people read: NFC, visible, without control characters (line breaks only where ``multiline``)."""

    default_error_messages = {
        **PROBLEMS,
        "invalid": _("This must be a text."),
        "not_a_string": _("This must be a text."),
        "too_long": _("At most {max_length} characters."),
    }

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        self.longest = kwargs.pop("max_length", None)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and data and is_invisible(data) and not self.allow_blank:
            self.fail("blank")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_a_string")
        text = normalised(data.strip() if self.trim_whitespace else data)
        if self.longest is not None and len(text) > self.longest:
            self.fail("too_long", max_length=self.longest)
        code = text_problem(text, multiline=self.multiline)
        if code:
            self.fail(code)
        return "" if self.allow_blank and is_invisible(text) else text


class Base64(serializers.CharField):
    """Bytes in base64, without line breaks."""

    default_error_messages = {
        "not_a_string": _("This must be a text."),
        "base64": _("This must be base64, without line breaks."),
        "max_length": _("At most {max_length} characters."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("not_a_string")
        try:
            return b64decode(data, validate=True)
        except ValueError:
            self.fail("base64")

    def run_validators(self, value: Any) -> None:
        """The length is of the text, and is checked before it is read."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().run_validation(data)


class Code(Text):
    """A code: letters, digits, hyphen, underscore; nothing is trimmed or turned into something else."""

    default_error_messages = {
        "code_format": _("Use letters, digits, hyphen and underscore; begin with a letter or digit."),
        "name_format": _("Use lower-case letters, digits and underscore; begin with a letter."),
    }

    def __init__(self, *, pattern: str = CODE_PATTERN, **kwargs: Any) -> None:
        self.pattern = re.compile(pattern)
        super().__init__(**{"max_length": 64, "trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not self.pattern.match(text):
            key = "name_format" if self.pattern.pattern == NAME_PATTERN else "code_format"
            raise serializers.ValidationError(self.error_messages[key], code="code_format")
        return text


class Date(serializers.DateField):
    """A calendar date as YYYY-MM-DD in ASCII digits."""

    default_error_messages = {
        "bad_date": _("Write the date as YYYY-MM-DD, and one that exists."),
        "date_range": _("The date is too far away; leave the field out for an open end."),
    }

    def to_internal_value(self, value: Any) -> datetime.date:
        try:
            day = iso_date(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None:
            self.fail("bad_date")
        if not _EARLIEST <= day.year <= _LATEST:
            self.fail("date_range")
        return day


class Moment(serializers.DateTimeField):
    """A point in time, always answered in UTC (``…Z``), whatever zone the pages show."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default_timezone": datetime.UTC, **options})


class Decimal(serializers.DecimalField):
    """An exact number: a JSON number or a numeric text in ASCII; by default 12 digits before the point, 6 after."""

    default_error_messages = {
        "not_a_number": _("This must be a number."),
        "non_ascii_number": _("Write the digits 0 to 9 and nothing else."),
        "thousands_separator": _("Write the number without thousands separators."),
        "percent_sign": _("Write the number without a percent sign."),
        "number_too_long": _("The number is too long."),
        "number_range": _("At most {digits} digits before the point."),
        "too_precise": _("At most {digits} digits after the point."),
    }

    def __init__(self, max_digits: int | None = 18, decimal_places: int | None = 6, **kwargs: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **kwargs)

    def to_internal_value(self, data: Any) -> decimal.Decimal:
        if isinstance(data, bool) or not isinstance(data, int | str | decimal.Decimal):
            self.fail("not_a_number")
        return self.check_size(data if isinstance(data, decimal.Decimal) else self.read(str(data)))

    def read(self, text: str) -> decimal.Decimal:
        """Return the number of a text; fail with the code of the first thing that is wrong."""
        if len(text) > 64:
            self.fail("number_too_long")
        if _NUMBER.match(text):
            return decimal.Decimal(text)
        if not text.isascii():
            self.fail("non_ascii_number" if any(character.isdecimal() for character in text) else "not_a_number")
        if text.endswith("%"):
            self.fail("percent_sign")
        self.fail("thousands_separator" if re.match(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?\Z", text) else "not_a_number")
        raise AssertionError

    def check_size(self, number: decimal.Decimal) -> decimal.Decimal:
        """Fail for a number that is not finite or has more digits than are kept; minus zero becomes zero."""
        if not number.is_finite():
            self.fail("not_a_number")
        whole = (self.max_digits or 18) - (self.decimal_places or 0)
        if number and number.adjusted() >= whole:
            self.fail("number_range", digits=whole)
        if number.normalize().as_tuple().exponent < -(self.decimal_places or 0):  # type: ignore[operator]
            self.fail("too_precise", digits=self.decimal_places)
        return self.quantize(number) if number else decimal.Decimal(0)

    def quantize(self, value: decimal.Decimal) -> decimal.Decimal:
        # Never rounds: to_internal_value has refused what is longer than the column keeps.
        return value if self.decimal_places is None else super().quantize(value)


class Whole(serializers.IntegerField):
    """A whole number: a JSON integer or ASCII digits in a text; never true or 1.5."""

    default_error_messages = {"not_integer": _("This must be a whole number.")}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, decimal.Decimal) and data.is_finite() and data == data.to_integral_value():
            data = f"{data:f}".split(".")[0]
        if isinstance(data, bool) or not isinstance(data, int | str) or not _WHOLE.match(str(data)):
            self.fail("not_integer")
        return int(data)


class Bool(serializers.BooleanField):
    """JSON true or false; no "yes", no 1."""

    default_error_messages = {"not_a_boolean": _("This must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("not_a_boolean")
        return data


class Choice(serializers.ChoiceField):
    """One of a list of words; the error names them."""

    default_error_messages = {"invalid_choice": _("“{input}” is none of: {words}.")}

    def to_internal_value(self, data: Any) -> Any:
        if data == "" and self.allow_blank:
            return ""
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            words = ", ".join(str(word) for word in self.choices)
            self.fail("invalid_choice", input=str(data)[:50], words=words)
        return self.choice_strings_to_values[data]


class Reference(serializers.SlugRelatedField):
    """Another object by its code, among those the actor may use here; the rest does not exist.

    ``queryset`` must have ``visible_to``; the error code is ``unknown_<name of the model>``.
    """

    default_error_messages = {
        "unknown": _("There is no {what} “{code}”.{hint}"),
        "not_a_string": _("This must be the code, as a text."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"slug_field": "code", **kwargs})

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        view = self.context.get("view")
        if queryset is None or view is None or getattr(view, "swagger_fake_view", False):
            return queryset
        return queryset.visible_to(view.actor_in_scope)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("not_a_string")
        queryset = self.get_queryset()
        found = queryset.filter(**{self.slug_field: normalised(data)}).first() if len(data) <= 100 else None
        if found is None:
            model = queryset.model._meta
            known = queryset.values_list(self.slug_field, flat=True)[:500]
            detail = self.error_messages["unknown"].format(
                what=model.verbose_name, code=data[:50], hint=suggestion(data, known)
            )
            raise serializers.ValidationError(detail, code=f"unknown_{model.model_name}")
        return found
