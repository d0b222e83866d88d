"""Telling the layers above that the setup changed what past figures come to.

The apps above register a callback once (in their ``AppConfig.ready``); services here call it inside their own
transaction, so that what has to be recalculated is stored together with what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol


class SetupChanged(Protocol):
    """Called with the contracts whose figures changed from ``first_on`` until ``last_on`` (None: no end)."""

    def __call__(self, contract_ids: frozenset[int], first_on: date, last_on: date | None) -> None: ...


_callbacks: list[SetupChanged] = []


def on_setup_change(callback: SetupChanged) -> Callable[[], None]:
    """Register ``callback``; return a function that takes it back (for tests)."""
    if callback not in _callbacks:
        _callbacks.append(callback)
    return lambda: _callbacks.remove(callback)


def setup_changed(contract_ids: Iterable[int], first_on: date, last_on: date | None = None) -> None:
    """Tell everybody who registered. Call it inside the transaction of the change."""
    contracts = frozenset(contract_ids)
    if contracts:
        for callback in tuple(_callbacks):
            callback(contracts, first_on, last_on)
