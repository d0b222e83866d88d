"""The documents that a report's mail may carry, as the module of editions offers them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from bpo.services.reports.attaching import Edition

EDITIONS = "bpo.reports.editions"


def found_editions() -> Mapping[str, Edition]:
    """Return the editions there are, by their key; none where the module is not installed.

    It is read when editions are first needed: typesetting is a large import, and most processes print nothing.
    """
    if find_spec(EDITIONS) is None:
        return {}
    editions: Mapping[str, Edition] = import_module(EDITIONS).EDITIONS
    return editions
