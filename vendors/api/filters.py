"""Query parameters, strictly: an unknown, repeated or malformed one is refused instead of ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from vendors.api.texts import suggestion
from vendors.errors import Invalid, RowError

PAGING = ("page", "page_size", "format")
_BAD = re.compile("[\x00-\x1f\x7f\ufffd\ud800-\udfff]")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def bad_query(field: str | None, detail: Any) -> Invalid:
    """Return the error of one wrong query parameter."""
    return Invalid("bad_query", detail, [RowError("bad_query", detail, field)])


def check_query(request: Request, allowed: Iterable[str]) -> None:
    """Refuse query parameters that are not ``allowed``, stand twice or hold unprintable characters."""
    allowed = set(allowed)
    for name, values in request.query_params.lists():
        shown = name[:50]
        if name not in allowed:
            hint = suggestion(name, allowed)
            raise bad_query(shown, _("There is no query parameter “%(name)s”.%(hint)s") % {"name": shown, "hint": hint})
        if len(values) > 1:
            raise bad_query(shown, _("The query parameter “%(name)s” stands twice.") % {"name": shown})
        if _BAD.search(values[0]):
            raise bad_query(shown, _("The query parameter “%(name)s” holds a bad character.") % {"name": shown})


class NumberFilter(django_filters.Filter):
    """The number of an object; one that does not exist matches nothing."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 1, "max_value": 10**18 - 1, **kwargs})


class StrictFilterBackend(DjangoFilterBackend):
    """Apply a list's ``filterset_class``; a bad value is 400 ``bad_query``.

    Views built on ScopedViewSet have had their names checked already; others are checked here.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        if getattr(view, "action", "list") != "list":
            return queryset
        check_query(request, allowed_query(view, filterset_class))
        if filterset_class is None:
            return queryset
        filterset = filterset_class(**self.get_filterset_kwargs(request, queryset, view))
        if not filterset.is_valid():
            errors = [
                RowError("bad_query", message, field)
                for field, messages in filterset.errors.items()
                for message in messages
            ]
            raise Invalid("bad_query", errors[0].detail, errors)
        return filterset.qs


def allowed_query(view: Any, filterset_class: Any = None) -> set[str]:
    """Return the names of the query parameters the action of ``view`` takes.

    ``query_params`` of a view is a tuple for its list, or a mapping from action to tuple.
    """
    declared = getattr(view, "query_params", ())
    action = getattr(view, "action", "list")
    names = set(declared.get(action, ()) if isinstance(declared, dict) else declared if action == "list" else ())
    names.add("format")
    if action == "list":
        names.update(PAGING)
        filterset_class = filterset_class or getattr(view, "filterset_class", None)
        names.update(filterset_class.base_filters if filterset_class else ())
    return names


def iso_date(text: str) -> date:
    """Return the date of ``YYYY-MM-DD``; raise ValueError for every other notation."""
    if not _ISO_DATE.match(text):
        raise ValueError(text)
    return date.fromisoformat(text)


class _IsoDateField(forms.DateField):
    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        try:
            return iso_date(str(value))
        except ValueError:
            raise ValidationError(_("Write the date as YYYY-MM-DD."), code="bad_date") from None


class DateFilter(django_filters.Filter):
    """A date as YYYY-MM-DD and in no other notation."""

    field_class = _IsoDateField


class _BoolField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value not in ("true", "false"):
            raise ValidationError(_("Write true or false."), code="not_a_boolean")
        return value == "true"


class BoolFilter(django_filters.Filter):
    """``true`` or ``false`` and nothing else."""

    field_class = _BoolField


class CodeFilter(django_filters.CharFilter):
    """The code of an object; one that does not exist, or is another vendor's, matches nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"strip": False, "max_length": 100, **kwargs})
