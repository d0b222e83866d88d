"""How the pages write figures, dates and states."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext

from bpo.choices import DisputeStatus, ScorecardStatus
from bpo.queries.alert_words import action_word
from bpo.queries.money import money_text
from bpo.queries.words import LINE_WORDS, share_of_target
from kpis.calc.attainment import BEYOND
from kpis.queries.unit_words import difference_unit, measure_unit, unit_word
from vendors import choices, clock
from vendors.actors import Actor
from vendors.choices import Role

register = template.Library()
register.filter(share_of_target)
register.filter(difference_unit)
register.filter(unit_word)
register.filter(measure_unit)

NOTHING = "–"
RECEIPT_WORDS = {
    "received": gettext_lazy("Received"),
    "partly_received": gettext_lazy("Partly received"),
    "held": gettext_lazy("Waiting for confirmation"),
    "returned": gettext_lazy("Returned"),
}
WORDS = {**dict(ScorecardStatus.choices), **dict(DisputeStatus.choices), **LINE_WORDS, **RECEIPT_WORDS}
SERVICE = {"system": gettext_lazy("System"), "demonstration": gettext_lazy("Simulated")}
BAR_WIDTH, BAR_FULL = 60, Decimal(120)


STEPS_OF_A_FACTOR = {
    "register": gettext_lazy("Registered"),
    "change": gettext_lazy("Changed"),
    "file": gettext_lazy("File added"),
    "claim": gettext_lazy("Relief claimed"),
    "confirmed": gettext_lazy("Confirmed by the department"),
    "denied": gettext_lazy("Denied by the department"),
    "ask": gettext_lazy("Evidence asked for"),
    "approve": gettext_lazy("Approved"),
    "reject": gettext_lazy("Rejected"),
    "withdraw": gettext_lazy("Withdrawn"),
    "expire": gettext_lazy("Expired"),
    "knowledge": gettext_lazy("Scripts and FAQ ready"),
}


@register.filter
def factor_step(action: str) -> str:
    """Say in words what was done to an external factor."""
    return str(STEPS_OF_A_FACTOR.get(action, action))


@register.filter
def service_label(code: str) -> str:
    """Write what people call a service."""
    return choices.service_label(code)


def _decimal(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def written(value: Any, decimals: int) -> str:
    """Write ``value`` with thousands separators and at least ``decimals`` places; further digits are kept."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    places = max(decimals, -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{places}f}"


@register.filter
def points(value: Any, decimals: int = 2) -> str:
    """Write a score or points rounded half up to ``decimals`` places; the exact figure stands in the explanation."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    return f"{number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"


@register.filter
def exact(value: Any, decimals: int = 0) -> str:
    """Write every digit of a figure, and at least ``decimals`` places."""
    return written(value, int(decimals or 0))


@register.filter
def count(value: Any) -> str:
    """Write a reported value: with thousands separators; bucket counts one after the other."""
    return ", ".join(str(one) for one in value) if isinstance(value, list) else written(value, 0)


@register.filter
def shortened(value: Any, places: int = 10) -> str:
    """Write a long quotient to ten places with an ellipsis; the whole of it stands in the JSON."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    cut = number.quantize(Decimal(1).scaleb(-places), ROUND_DOWN)
    return written(number, 0) if cut == number else f"{cut:,f}…"


@register.filter
def signed(value: Any) -> str:
    """Write plus or minus points with their sign."""
    number = _decimal(value)
    return NOTHING if number is None else f"{number.quantize(Decimal('0.01'), ROUND_HALF_UP):+,f}".replace("-", "−")


@register.filter
def more(value: Any) -> str:
    """Write a difference with its sign and no needless places: +4,120, −0.5."""
    number = _decimal(value)
    return NOTHING if number is None else ("+" if number > 0 else "") + written(number, 0).replace("-", "−")


@register.simple_tag
def figure(value: Any, decimals: int | None = 2, unit: str = "", flags: Collection[str] = ()) -> SafeString | str:
    """Write a KPI's value with its unit: ``81.13 %``, ``31.4 s``, never rounding what was compared.

    A percentile beyond its last edge, as its ``flags`` say, reads ``> 336 h``.
    """
    text, unit_text = _figure(value, decimals, unit, flags)
    return format_html('{}<span class="unit">{}</span>', text, unit_text) if unit_text else text


@register.simple_tag
def level(low: Any, high: Any, unit: str = "") -> SafeString | str:
    """Write an agreed level with its unit; one that is a range with both its ends: ``240–330 s``."""
    if _decimal(low) is None or _decimal(high) is None:
        return figure(low, 0, unit)
    return format_html("{}–{}", written(low, 0), figure(high, 0, unit))


def level_text(low: Any, high: Any, unit: str = "") -> str:
    """Write an agreed level as :func:`level` does, without markup."""
    upper = figure_text(high, 0, unit)
    return f"{written(low, 0)}–{upper}" if _decimal(low) is not None and upper != NOTHING else figure_text(low, 0, unit)


def figure_text(value: Any, decimals: int | None = 2, unit: str = "", flags: Collection[str] = ()) -> str:
    """Write a KPI's value with its unit as :func:`figure` does, without markup."""
    return "".join(_figure(value, decimals, unit, flags))


def _figure(value: Any, decimals: int | None, unit: str, flags: Collection[str]) -> tuple[str, str]:
    if _decimal(value) is None:
        return NOTHING, ""
    text = f"> {written(value, 0)}" if BEYOND in flags else written(value, 2 if decimals is None else decimals)
    space = "" if unit == "%" or is_korean() else "\u00a0"
    return money_text(text, unit), f"{space}{unit_word(unit)}" if unit else ""


def _date(value: date | str) -> date:
    return (parse_date(value[:10]) or date.min) if isinstance(value, str) else value


@register.filter
def month(value: date | str) -> str:
    """Write a month: 2026년 10월, October 2026."""
    return date_format(_date(value), "YEAR_MONTH_FORMAT")


@register.filter
def has_begun(first: date) -> bool:
    """Say whether a period's first day is today or past: pages lead to none that nothing can be known of."""
    return first <= clock.local_date(clock.now(), settings.TIME_ZONE)


@register.filter
def quarter(value: date) -> str:
    """Name the quarter that begins on a day: 2026년 4분기, quarter 4 of 2026."""
    name = pgettext("period", "quarter %(number)s of %(year)s")
    return name % {"number": (value.month + 2) // 3, "year": value.year}


@register.filter
def day(value: date | str) -> str:
    """Write a day: 2026년 10월 3일, 3 October 2026."""
    # Translators: Django's date format of a day; Korean: Y년 n월 j일
    return date_format(_date(value), pgettext("date format", "j F Y"))


@register.filter
def short_day(value: date | str) -> str:
    """Write a day without its year: 10월 3일, 3 Oct."""
    # Translators: Django's date format of a day without its year; Korean: n월 j일
    return date_format(_date(value), pgettext("date format", "j M"))


@register.filter
def clock_time(value: datetime) -> str:
    """Write the time of day in the time zone of the pages: 09:12."""
    return f"{timezone.localtime(value):%H:%M}"


@register.filter
def reported(value: Any) -> str:
    """Write a reported value as it is stored; nothing was reported where it is null."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return gettext("not reported") if value is None else written(value, 0)


@register.filter
def closing_day(value: date) -> str:
    """Write a day with its weekday, as calendars do: 12월 2일(수), Wed 2 Dec."""
    return f"{value.month}월 {value.day}일({weekday(value)})" if is_korean() else date_format(value, "D j M")


@register.filter
def weekday(value: date) -> str:
    """Name the weekday in short: 수, Wed."""
    # Django's Korean has no short weekdays: they are the first syllable of the long ones.
    return date_format(value, "l")[0] if is_korean() else date_format(value, "D")


@register.filter
def moment(value: datetime | str | None) -> str:
    """Write a moment in the time zone of the pages: 2026년 11월 3일 09:12."""
    at = parse_datetime(value) if isinstance(value, str) else value
    if at is None:
        return NOTHING
    # Translators: Django's date format of a moment; Korean: Y년 n월 j일 H:i
    return date_format(timezone.localtime(at), pgettext("date format", "j F Y, H:i"))


@register.filter
def iso(value: datetime | str | None) -> str:
    """Write a moment for machines, as the ``datetime`` attribute wants it."""
    return value.isoformat() if isinstance(value, datetime) else (value or "")


def is_korean() -> bool:
    return (get_language() or "ko").startswith("ko")


@register.simple_tag
def vendor_label() -> str:
    """Return the word for a vendor; in Korean it differs by trade and is a setting."""
    return settings.VENDOR_LABEL_KO if is_korean() else gettext("Vendor")


@register.filter
def named(row: Mapping[str, Any], prefix: str = "") -> str:
    """Return ``name`` or ``name_ko`` of a presented row, by the reader's language."""
    english, korean = row.get(f"{prefix}name") or "", row.get(f"{prefix}name_ko") or ""
    return (korean or english) if is_korean() else (english or korean)


@register.filter
def alert_action(action: str) -> str:
    """Name a step in the life of an alert."""
    return action_word(action)


@register.filter
def person(user: Any) -> str:
    """Name a user as people do: 김민아, Mina Kim; the log-in name where no name is known."""
    if is_korean() and user.last_name and not user.last_name.isascii():
        return f"{user.last_name}{user.first_name}"
    name: str = user.get_full_name() or user.get_username()
    return name


@register.simple_tag
def roles(actor: Actor) -> str:
    """Name the roles the reader holds."""
    if actor.is_superuser:
        return gettext("Administrator")
    names = dict(Role.choices)
    return ", ".join(dict.fromkeys(str(names.get(grant.role, grant.role)) for grant in actor.grants))


@register.filter
def who(label: str) -> str:
    """Name who did it: the user, the API key, or the service itself."""
    kind, _, name = label.partition(":")
    if not name:
        return str(SERVICE.get(label, label))
    if kind == "department":
        return gettext("department %(name)s") % {"name": name}
    return gettext("API key %(name)s") % {"name": name} if kind == "key" else name


@register.inclusion_tag("bpo/_mark.html")
def mark(name: str, word: Any = "") -> dict[str, Any]:
    """Show a state as a shape and a word: its own, or ``word`` where it is called otherwise here."""
    return {"name": name, "word": word or WORDS.get(name, name)}


@register.inclusion_tag("bpo/_icon.html")
def icon(name: str, size: int = 16) -> dict[str, Any]:
    """Draw the shape of a state; always beside its word."""
    return {"name": name, "size": size}


@register.simple_tag
def score_bar(score: Any) -> SafeString | str:
    """Draw a score on the way from 0 to 120, with a tick at 100; decoration beside the written figure."""
    number = _decimal(score)
    if number is None:
        return ""
    filled = int(min(max(number, Decimal(0)), BAR_FULL) / BAR_FULL * BAR_WIDTH)
    return format_html(
        '<svg class="bar" width="{0}" height="8" viewBox="0 0 {0} 8" aria-hidden="true"><rect class="track" y="2"'
        ' width="{0}" height="4" rx="2"/><rect class="fill" y="2" width="{1}" height="4" rx="2"/>'
        '<rect class="goal" x="49.5" width="1" height="8"/></svg>',
        BAR_WIDTH,
        filled,
    )


@register.simple_tag
def change(value: Any) -> SafeString:
    """Write a change of score with its direction as a sign and a word for screen readers."""
    number = _decimal(value)
    if number is None:
        return format_html('<span class="same">{}</span>', NOTHING)
    if not number:
        return format_html('<span class="same">{}</span>', gettext("unchanged"))
    kind, sign, word = ("rise", "▲", gettext("up")) if number > 0 else ("fall", "▼", gettext("down"))
    return format_html(
        '<span class="{}"><span aria-hidden="true">{}</span><span class="unseen">{}</span> {}</span>',
        kind,
        sign,
        word,
        points(abs(number)),
    )


@register.filter
def parameters(values: Mapping[str, Any] | None) -> str:
    """Write a target's parameters as they belong beside the figure: 20초 내 응대호."""
    return ", ".join(_parameter(name, value) for name, value in (values or {}).items())


def _parameter(name: str, value: Any) -> str:
    if name == "threshold_seconds":
        return gettext("answered within %(seconds)s s") % {"seconds": value}
    if name == "threshold_hours":
        return gettext("done within %(hours)s h") % {"hours": value}
    return f"{name.replace('_', ' ')}: {value}"
