"""How an import profile reads its files, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kpis.models import Measure
from vendors.models import Queue

DEFINITIONS = ("threshold_seconds", "offered", "short_abandons")
"""What no file says and a profile keeps."""


def described(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of a mapping: what is held, and where in the file it stands. Two queries for the names."""
    names = {row.code: row.label for row in Measure.objects.filter(code__in=_measures(mapping))}
    names |= {"date": _("date"), "month": _("month (history)"), "queue": _("queue")}
    return [*_columns(mapping, names), *_queues(mapping), *_rest(mapping)]


def _measures(mapping: Mapping[str, Any]) -> set[str]:
    members = (mapping.get(name, {}) for name in ("columns", "set", "constants"))
    return {code for member in members for code in member}


def _columns(mapping: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for code, given in mapping.get("columns", {}).items():
        column = given if isinstance(given, dict) else {"heading": given}
        of = column.get("of") or ""
        text = _("%(heading)s × %(of)s, derived") if of else "%(heading)s"
        heading = ", ".join([column["heading"], *column.get("also", ())])
        yield names.get(code, code), text % {"heading": heading, "of": names.get(of, of)}
    for code, formula in mapping.get("set", {}).items():
        yield names.get(code, code), f"= {formula}"
    for code, value in mapping.get("constants", {}).items():
        yield names.get(code, code), str(value)


def _queues(mapping: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    written = mapping.get("queues", {})
    codes = {code for code in (mapping.get("queue"), *written.values()) if code}
    labels = {row.code: row.name for row in Queue.objects.filter(code__in=codes)}
    if mapping.get("queue"):
        yield _("Queue of every line"), labels.get(mapping["queue"], mapping["queue"])
    for name, code in written.items():
        yield name, labels.get(code, code) if code else _("– left out")


def _rest(mapping: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels = {
        "skip_when": _("Not reported where"),
        "date_format": _("Dates are written as"),
        "year": _("Year, where the file has none"),
        "header_row": _("Line of the header"),
        "header_rows": _("Lines of the header"),
        "sheet": _("Sheet"),
        "sheets": _("Sheets read together"),
        "shape": _("Shape"),
        "delimiter": _("Separator"),
        "encoding": _("Encoding"),
    }
    for name, label in labels.items():
        value = mapping.get(name)
        if value:
            yield label, ", ".join(value) if isinstance(value, list) else str(value)
    for sheet, order in mapping.get("date_formats", {}).items():
        if order:
            yield _("Dates in “%(sheet)s” are written as") % {"sheet": sheet}, order
    for code, answer in mapping.get("definitions", {}).items():
        yield definition(code), answer


def definition(code: str) -> str:
    """Name what a definition of a profile says."""
    words = {
        "threshold_seconds": _("Seconds of the service level"),
        "offered": _("What counts as offered"),
        "short_abandons": _("Short abandons"),
    }
    return words.get(code, code)
