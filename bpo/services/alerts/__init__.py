"""Alerts: raised and ended by the service as their conditions come and go, seen and settled by people."""

from bpo.services.alerts.data import look_at_data, slots, wake
from bpo.services.alerts.evaluating import evaluate
from bpo.services.alerts.owed import owe, pay_owed
from bpo.services.alerts.steps import acknowledge, assign, resolve, snooze
from bpo.services.alerts.usual import look_at_all, look_at_the_usual

__all__ = [
    "acknowledge", "assign", "evaluate", "look_at_all", "look_at_data", "look_at_the_usual", "owe", "pay_owed",
    "resolve", "slots", "snooze", "wake",
]  # fmt: skip
