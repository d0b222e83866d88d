"""Reports that go out by themselves: subscriptions, what was sent to whom, and the links that open it for a while.

:func:`make_due` writes what is due and puts it into the outbox of :mod:`bpo.services.delivery`, which sends it.
"""

from bpo.services.reports.attaching import editions, offer_editions
from bpo.services.reports.composing import compose
from bpo.services.reports.links import open_report, revoke, share
from bpo.services.reports.making import make_due, send_now, send_test
from bpo.services.reports.stopping import begin_again, end, has_ended, report_of_token
from bpo.services.reports.subscribing import change_subscription, subscribe

__all__ = [
    "begin_again", "change_subscription", "compose", "editions", "end", "has_ended", "make_due", "offer_editions",
    "open_report", "report_of_token", "revoke", "send_now", "send_test", "share", "subscribe",
]  # fmt: skip
