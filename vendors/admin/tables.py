"""A small table inside a document (grades, gates), typed row by row instead of as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vendors.admin.base import widgets
from vendors.errors import Text

SPARE = 2
"""Empty rows below those that are there."""
Rows = list[dict[str, str]]


class Column(NamedTuple):
    """One column: the name of its member in the document, its heading, and its choices where it has a few."""

    name: str
    label: Text
    choices: Sequence[tuple[str, Text]] = ()

    @property
    def widget(self) -> Any:
        return widgets.Select(choices=[("", "–"), *self.choices]) if self.choices else widgets.Text()


class TableWidget(forms.Widget):
    """Inputs in rows; a row all of whose inputs are empty is not there."""

    def __init__(self, columns: Sequence[Column], most: int) -> None:
        super().__init__()
        self.columns, self.most = columns, most

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows: list[Mapping[str, Any]] = value if isinstance(value, list) else []
        rows = [*rows, *({} for _spare in range(SPARE))][: max(self.most, len(rows))]
        head = format_html_join(
            "", '<th scope="col" class="px-1 text-left">{}</th>', ((c.label,) for c in self.columns)
        )
        body = format_html_join("", "<tr>{}</tr>", ((self._row(f"{name}-{n}", row),) for n, row in enumerate(rows)))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)

    def _row(self, name: str, row: Mapping[str, Any]) -> SafeString:
        cells = (
            (column.widget.render(f"{name}-{column.name}", row.get(column.name), {"aria-label": str(column.label)}),)
            for column in self.columns
        )
        return format_html_join("", '<td class="p-1">{}</td>', cells)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Rows:
        rows = ({c.name: data.get(f"{name}-{n}-{c.name}", "").strip() for c in self.columns} for n in range(self.most))
        filled = ({key: value for key, value in row.items() if value} for row in rows)
        return [row for row in filled if row]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-{self.columns[0].name}" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class TableField(forms.Field):
    """Rows of a document, as texts; what they may be is the service's to say."""

    def __init__(self, columns: Sequence[Column], *, most: int, **options: Any) -> None:
        options.setdefault("help_text", _("Empty a row to take it out."))
        super().__init__(widget=TableWidget(columns, most), required=False, **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [_texts(row) for row in initial or []] != data


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a stored row as it is typed: what is empty is not there."""
    return {key: str(value) for key, value in row.items() if value not in (None, "")}
