"""The one signal of the product: kpis tells whoever concludes that attainments were stored."""

from django.dispatch import Signal

attainments_computed = Signal()
"""Sent once by a drain, inside its transaction, with ``now`` and ``months``: by contract (null for the programme)
the first days of the months that were looked at, changed or not. ``world`` (:class:`kpis.queries.series.World`) and
``figures`` are what the drain read of these contracts, so that nobody need read it again.
A receiver may return a function without arguments: what it does after the commit, in a transaction of its own. It
raises nothing, and remembers by itself what it still owes."""
