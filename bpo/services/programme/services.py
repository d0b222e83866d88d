"""The services that a set-up offers, and the days on which they may be open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from kpis.imports.synonyms import service_words
from kpis.imports.words import plain
from vendors.choices import Channel

VOICE = "voice"
"""Stands for the set that is chosen for telephone services."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that can be ticked, with the channel it comes by and the target set that judges it."""

    key: str
    label: Promise
    service: str
    channel: Channel
    set_code: str
    days: str = "every"

    def is_called(self, name: str) -> bool:
        """Say whether a cell of somebody's sheet means this service."""
        words = service_words(self.service, self.channel)
        return plain(name) in {plain(word) for word in (self.key, str(self.label), *words)}


SERVICES = (
    Service("order", gettext_lazy("Orders by telephone"), "order", Channel.VOICE, VOICE),
    Service("care", gettext_lazy("Customer service by telephone"), "care", Channel.VOICE, VOICE),
    Service("delivery", gettext_lazy("Delivery by telephone"), "delivery", Channel.VOICE, VOICE),
    Service("returns", gettext_lazy("Cancellations and returns by telephone"), "returns", Channel.VOICE, VOICE),
    Service("chat", gettext_lazy("Chat service"), "care", Channel.CHAT, "chat"),
    Service("outbound", gettext_lazy("Outbound calls"), "outbound", Channel.OUTBOUND, "outbound", "five"),
    Service("backoffice", gettext_lazy("Back office work"), "backoffice", Channel.BACKOFFICE, "backoffice", "five"),
)
DAYS: Mapping[str, tuple[Promise, tuple[int, ...], bool]] = {
    "every": (gettext_lazy("every day of the year"), (1, 2, 3, 4, 5, 6, 7), False),
    "every_off": (gettext_lazy("every day, not on holidays"), (1, 2, 3, 4, 5, 6, 7), True),
    "six_open": (gettext_lazy("Monday to Saturday, holidays too"), (1, 2, 3, 4, 5, 6), False),
    "six": (gettext_lazy("Monday to Saturday, not on holidays"), (1, 2, 3, 4, 5, 6), True),
    "five_open": (gettext_lazy("Monday to Friday, holidays too"), (1, 2, 3, 4, 5), False),
    "five": (gettext_lazy("Monday to Friday, not on holidays"), (1, 2, 3, 4, 5), True),
}
