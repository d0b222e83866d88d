"""Which contracts queues belonged to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from kpis.services.feed.facts import Link
from vendors.models import ContractQueue
from vendors.querysets import one_of

Links = Mapping[int, Sequence[Link]]
"""By queue id, in the order of their dates; a queue of no contract is missing."""


def load_links(queues: Collection[int]) -> Links:
    """Read the links of these queues, in one query."""
    links: dict[int, list[Link]] = defaultdict(list)
    rows = ContractQueue.objects.filter(queue_id__in=one_of(queues)).order_by("valid_from")
    for queue, contract, first, end in rows.values_list("queue_id", "contract_id", "valid_from", "valid_until"):
        links[queue].append((contract, first, end))
    return dict(links)
