"""Filters of the lists that show only what exists for the reader."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from vendors.admin.access import acting, rows_for


class VisibleRelated(admin.RelatedFieldListFilter):
    """A filter by a related row that lists no other vendor's rows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = field.remote_field.model._default_manager.all()
        visible = rows_for(acting(request), rows, model_admin.reads)
        ordering = self.field_admin_ordering(field, request, model_admin)
        choices: list[tuple[str, str]] = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": visible.values("pk")}
        )
        return choices
