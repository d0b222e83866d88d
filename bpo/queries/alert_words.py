"""What an alert says, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from bpo.choices import AlertKind
from bpo.models import Alert
from bpo.queries.money import money_text
from kpis.calc.facts import Direction, PeriodKind
from kpis.calc.run_rate import Outcome
from kpis.calc.surveillance import Rule, Shape
from kpis.queries.unit_words import unit_word
from vendors.errors import Text

MESSAGES: Mapping[str, Text] = {
    AlertKind.BELOW_MINIMUM: _("%(kpi)s came to %(value)s in %(period)s; the minimum level is %(minimum)s."),
    AlertKind.BELOW_TARGET: _("%(kpi)s came to %(value)s in %(period)s; the target is %(target)s."),
    AlertKind.PROJECTED_TO_MISS: _(
        "%(kpi)s is heading for %(projected)s in %(period)s; the target is %(target)s. The rest needs %(needed)s."
    ),
    AlertKind.WORSE_THAN_USUAL: _(
        "%(kpi)s came to %(came)s on %(worst_day)s; its weekday usually gives about %(usual)s."
    ),
    AlertKind.BETTER_THAN_USUAL: _(
        "%(kpi)s came to %(came)s on %(worst_day)s, better than the usual %(usual)s: worth knowing why."
    ),
    AlertKind.FEED_MISSING: _("Queue-days not sent in time: %(count)s (the oldest: %(day)s)."),
    AlertKind.INCOMPLETE: _(
        "%(kpi)s: %(reported)s of %(expected)s queue-days of %(period)s are complete (%(percent)s %%); the contract"
        " asks %(bar)s %%."
    ),
    AlertKind.CORRECTED_LATE: _("Queue-days corrected after the cut-off in a week: %(count)s (the latest: %(day)s)."),
    AlertKind.RECONCILIATION: _("Differences between two sources to settle: %(count)s (the oldest: %(day)s)."),
    AlertKind.FACTOR_WAITING: _("Relief claims that wait for a decision: %(count)s (the oldest: %(day)s)."),
    AlertKind.TARGET_EXPIRING: _("The target of %(kpi)s ends on %(day)s and no other follows it."),
    AlertKind.KEY_EXPIRING: _("The API key %(key)s expires on %(day)s."),
}
LOST = _("%(kpi)s cannot reach its target of %(target)s in %(period)s any more: at best it ends at %(best)s.")
DRIFTED = _(
    "%(kpi)s has drifted since %(period)s: %(came)s on %(worst_day)s; its weekday usually gives about %(usual)s."
)
COUNTED = _("%(kpi)s: %(came)s in the four weeks to %(worst_day)s; usually about %(usual)s.")
LEARNING = _("(The usual level is still being learnt.)")
SETTLING = _("%(kpi)s stands at %(projected)s for %(period)s and only settles; the target is %(target)s.")

NO_BREAK = "\u00a0"

ACTIONS: Mapping[str, Text] = {
    "open": _("Raised"),
    "worsen": _("Got worse"),
    "go_on": _("Another period has it too"),
    "end": _("Over: the condition ended"),
    "escalate": _("Told to those above: nobody took it up"),
    "wake": _("The time it was snoozed for is over"),
    "acknowledge": _("Acknowledged"),
    "assign": _("Assigned"),
    "snooze": _("Snoozed"),
    "resolve": _("Resolved"),
    "note": _("Note added"),
}


def message_of(alert: Alert) -> str:
    """Say what is the matter, with its figures; the alert's KPI is read with it."""
    said = str(_template(alert)) % _Words(alert)
    return f"{said} {LEARNING}" if alert.facts.get("learning") else said


def _template(alert: Alert) -> Text:
    if alert.kind == AlertKind.PROJECTED_TO_MISS:
        if alert.facts.get("outcome") == Outcome.OUT_OF_REACH:
            return LOST
        if alert.facts.get("needed") is None:
            return SETTLING
    if alert.facts.get("shape") == Shape.COUNT:
        return COUNTED
    if alert.kind == AlertKind.WORSE_THAN_USUAL and alert.facts.get("rule") == Rule.DRIFT:
        return DRIFTED
    return MESSAGES[alert.kind]


class _Words(dict[str, str]):
    """The words of a message: figures with their unit, days and periods as people write them."""

    def __init__(self, alert: Alert) -> None:
        super().__init__()
        self.alert = alert

    def __missing__(self, name: str) -> str:
        facts = self.alert.facts
        if name == "kpi":
            return self.alert.kpi.label if self.alert.kpi else ""
        if name == "period":
            return period_words(self.alert.period, self.alert.start)
        if name == "best":
            name = "lowest" if facts.get("direction") == Direction.LOWER else "highest"
        value = facts.get(name)
        if name in ("day", "worst_day"):
            return day_words(value)
        return figure_words(value, facts.get("unit", "")) if name in FIGURES else str(value)


FIGURES = frozenset({"came", "usual", "value", "target", "minimum", "projected", "needed", "lowest", "highest"})


def figure_words(value: str | None, unit: str) -> str:
    """Write a figure with its unit, as the pages do: 84.00%, 252초; a dash where there is none."""
    if value is None:
        return "–"
    is_close = unit in ("", "%") or (get_language() or "ko").startswith("ko")
    return f"{money_text(grouped(value), unit)}{'' if is_close else NO_BREAK}{unit_word(unit)}"


def grouped(value: str) -> str:
    """Write the text of a number with thousands separators and as many decimals as it has."""
    whole, point, decimals = value.partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole.isdecimal() else value


def day_words(value: str | date | None) -> str:
    """Write a day as the pages do: 2026년 10월 3일, 3 October 2026."""
    day = parse_date(value) if isinstance(value, str) else value
    return date_format(day, pgettext("date format", "j F Y")) if day else "–"


def period_words(kind: str, start: date | None) -> str:
    """Name a period: October 2026, the third quarter of 2026, the week from 5 October 2026."""
    if start is None:
        return ""
    if kind == PeriodKind.MONTH:
        return date_format(start, "YEAR_MONTH_FORMAT")
    if kind == PeriodKind.YEAR:
        return pgettext("period", "%(year)s") % {"year": start.year}
    if kind == PeriodKind.QUARTER:
        return pgettext("period", "quarter %(number)s of %(year)s") % {
            "number": (start.month + 2) // 3,
            "year": start.year,
        }
    if kind == PeriodKind.WEEK:
        return pgettext("period", "the week from %(day)s") % {"day": day_words(start)}
    return day_words(start)


def action_word(action: str) -> str:
    """Name a step in the life of an alert."""
    return str(ACTIONS.get(action, action))
