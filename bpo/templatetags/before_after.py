"""How the pages write figures, scores and words before and after a change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from bpo.templatetags.bpo_pages import NOTHING, points

register = template.Library()


@register.simple_tag
def pair(values: Any) -> SafeString | str:
    """Write a figure before and after a change, with the places it has; once where it stays."""
    return before_after([NOTHING if value is None else f"{Decimal(value):,f}" for value in values])


@register.filter
def method_figure(value: str | None, kind: str) -> str:
    """Write a figure of the table of methods: a score as scores are written, a grade as it is."""
    return points(value) if kind == "score" else value or NOTHING


@register.simple_tag
def points_pair(values: Any) -> SafeString | str:
    """Write a score or points before and after, to two places; with all they have where two would hide the change."""
    before, after = (points(value) for value in values)
    return pair(values) if before == after and values[0] != values[1] else before_after([before, after])


@register.simple_tag
def words_pair(values: Any) -> SafeString | str:
    """Write a word before and after a change; once where it stays."""
    return before_after([str(value or NOTHING) for value in values])


def before_after(texts: list[str]) -> SafeString | str:
    """Write two texts as what was and what is, which a screen reader says in words; once where they are alike."""
    before, after = texts
    if before == after:
        return before
    return format_html(
        '{} <span aria-hidden="true">→</span><span class="unseen">{}</span> <strong>{}</strong>',
        before,
        gettext("becomes"),
        after,
    )
