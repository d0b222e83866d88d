"""Who is told of which steps in the life of alerts, and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from bpo.calc.timing import Hours
from bpo.choices import AlertSeverity, InstantFrom
from bpo.models import Alert, AlertEvent, NotificationSettings, Webhook
from vendors.actors import ROLES_THAT_MAY, Capability
from vendors.choices import Role
from vendors.models import Holiday, Membership

NEWS = frozenset({"open", "worsen", "go_on", "wake", "escalate"})
"""Steps that a person may be told of at once."""
ENDINGS = frozenset({"end"})
"""Steps that come with the digest only."""
TOLD_BY_DEFAULT = frozenset({Role.MANAGER, Role.VENDOR_ADMIN})
LEADERS = frozenset({Role.MANAGER, Role.EXECUTIVE})
"""Those above, to whom what nobody took up is told: for all vendors."""
EVERY_VENDOR = None
LONGEST_REST = timedelta(days=30)

_RANK = {AlertSeverity.CAUTION: 0, AlertSeverity.WARNING: 1, AlertSeverity.CRITICAL: 2}
_INSTANT = {InstantFrom.CAUTION: 0, InstantFrom.WARNING: 1, InstantFrom.CRITICAL: 2, InstantFrom.NEVER: 9}


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who may be told: the vendors of their roles (null among them: all), and how they want it."""

    user: User
    roles: Collection[tuple[str, int | None]]
    wishes: NotificationSettings
    chosen: Collection[int]

    @property
    def hours(self) -> Hours:
        return Hours(self.wishes.quiet_from, self.wishes.quiet_until, self.wishes.on_free_days)

    def may_read(self, alert: Alert) -> bool:
        """Say whether a role of theirs reads the alert, and they did not leave its vendor out."""
        reading = any(
            role in ROLES_THAT_MAY[Capability.READ_ALERTS] and vendor in (EVERY_VENDOR, alert.vendor_id)
            for role, vendor in self.roles
        )
        return reading and (not self.chosen or alert.vendor_id in self.chosen)

    @property
    def is_leader(self) -> bool:
        return any(role in LEADERS and vendor is EVERY_VENDOR for role, vendor in self.roles)

    def is_told_at_once(self, event: AlertEvent) -> bool:
        """Say whether a step is theirs to hear at once: grave enough, given to them, or passed up to them."""
        if not self.may_read(event.alert):
            return False
        if event.action == "assign":
            return event.changes.get("assignee") == self.user.get_username()
        if event.action == "escalate" and self.is_leader:
            return True
        return (
            event.action in NEWS
            and _RANK[AlertSeverity(event.alert.severity)] >= _INSTANT[InstantFrom(self.wishes.instant_from)]
        )

    def is_in_digest(self, event: AlertEvent) -> bool:
        """Say whether a step that is not told at once is told with the next digest."""
        return self.wishes.wants_digest and event.action in NEWS | ENDINGS and self.may_read(event.alert)


def readers() -> list[Reader]:
    """Return everybody who is told: active, with a mail address, and told by their role or by their own choice."""
    roles: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for user_id, role, vendor_id in Membership.objects.values_list("user_id", "role", "vendor_id"):
        roles[user_id].append((role, vendor_id))
    found = []
    people = User.objects.filter(is_active=True, pk__in=roles).exclude(email="")
    for user in people.select_related("notifications").prefetch_related("notifications__vendors").order_by("pk"):
        wishes: NotificationSettings | None = getattr(user, "notifications", None)
        if wishes is None and not any(role in TOLD_BY_DEFAULT for role, _vendor in roles[user.pk]):
            wishes = NotificationSettings(user=user, instant_from=InstantFrom.NEVER, wants_digest=False)
        if wishes is None or wishes.wants_mail:
            chosen = [vendor.pk for vendor in wishes.vendors.all()] if wishes and wishes.pk else []
            found.append(Reader(user, roles[user.pk], wishes or NotificationSettings(user=user), chosen))
    return found


def reader_of(user: User) -> Reader:
    """Return one person as they may be told now, with their roles and wishes of this moment."""
    roles = list(Membership.objects.filter(user=user).values_list("role", "vendor_id"))
    wishes = NotificationSettings.objects.filter(user=user).first()
    chosen = list(wishes.vendors.values_list("pk", flat=True)) if wishes else []
    return Reader(user, roles, wishes or NotificationSettings(user=user), chosen)


def webhooks_for(events: Iterable[AlertEvent]) -> Mapping[Webhook, list[AlertEvent]]:
    """Return the steps each active webhook is told of: of its vendor, grave enough, and not internal."""
    found: dict[Webhook, list[AlertEvent]] = {}
    events = list(events)
    for webhook in Webhook.objects.filter(is_active=True).order_by("pk"):
        heard = [event for event in events if _hears(webhook, event)]
        if heard:
            found[webhook] = heard
    return found


def _hears(webhook: Webhook, event: AlertEvent) -> bool:
    alert = event.alert
    is_its = webhook.vendor_id in (EVERY_VENDOR, alert.vendor_id)
    is_grave = _RANK[AlertSeverity(alert.severity)] >= _RANK[AlertSeverity(webhook.from_severity)]
    return is_its and is_grave and not event.is_internal


def home_holidays(around: date) -> frozenset[date]:
    """Return the home country's holidays near a day, the ones that the timing of messages may meet."""
    rows = Holiday.objects.filter(
        country=settings.HOME_COUNTRY, centre__isnull=True, is_open=False,
        date__gte=around - LONGEST_REST, date__lte=around + LONGEST_REST,
    )  # fmt: skip
    return frozenset(rows.values_list("date", flat=True))
