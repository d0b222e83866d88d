"""How the pages of import profiles write reasons, names and documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext_lazy

register = template.Library()

SKIPPED = {
    "total": gettext_lazy("totals left out:"),
    "rest": gettext_lazy("days of rest left out:"),
    "note": gettext_lazy("notes left out:"),
    "blank": gettext_lazy("lines without figures:"),
    "condition": gettext_lazy("not reported:"),
    "queue": gettext_lazy("lines of other queues:"),
}


@register.filter
def skip_reason(code: str) -> str:
    """Say why lines of a file were left out."""
    return str(SKIPPED.get(code, code))


@register.filter
def at(names: Mapping[str, str], code: str) -> str:
    """Return the name of a code, the code itself where it has none."""
    return names.get(code, code)


@register.filter
def pretty(document: Any) -> str:
    """Write a document as JSON for people."""
    return json.dumps(document, ensure_ascii=False, indent=2)
