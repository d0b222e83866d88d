"""How the pages write money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from bpo.queries.card_money import CardMoney
from bpo.queries.money_words import REASONS, amounts_text, moved_word, step_words
from bpo.queries.money_words import won as written
from bpo.templatetags.before_after import before_after
from kpis.queries.numbers import plain
from vendors.errors import Text

register = template.Library()


@register.simple_tag
def won(amount: Any, currency: str = "KRW") -> str:
    """Write an amount in whole units of its currency."""
    return written(None if amount is None else Decimal(amount), currency)


@register.simple_tag
def moved(amount: Any, currency: str = "KRW") -> str:
    """Write a reduction or an addition, with its sign."""
    return written(None if amount is None else Decimal(amount), currency, signed=True)


@register.simple_tag
def worths(amounts: Mapping[str, Decimal]) -> str:
    """Write amounts by currency with their signs; a dash where there are none."""
    return amounts_text(amounts) or "–"


@register.simple_tag
def moved_pair(values: Any, currency: str = "KRW") -> SafeString | str:
    """Write a reduction or an addition before and after; once where nothing changes."""
    return before_after([moved(value, currency) for value in values])


@register.filter
def money_reason(code: str) -> Text:
    """Say why nothing can be said of money."""
    return REASONS.get(code, code)


@register.filter
def signed_percent(value: Decimal) -> str:
    """Write a percentage of the fee with its sign."""
    number = plain(value.quantize(Decimal("0.01"), ROUND_HALF_UP)) or "0"
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{number.removeprefix('-')}%"


@register.filter
def money_word(money: CardMoney) -> Text:
    """Name the adjustment of a month."""
    return moved_word(money)


@register.simple_tag
def money_steps(money: CardMoney, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the steps of a month's worth in words."""
    return step_words(money.steps, money.currency, names)
