"""Reading across models: one function gives one page's, one answer's or one calculation's data."""

from bpo.queries.blockers import Blocker, blockers
from bpo.queries.card_differences import differences
from bpo.queries.cards import cards_for, presented, with_parts
from bpo.queries.explanations import explained

__all__ = [
    "Blocker",
    "blockers",
    "cards_for",
    "differences",
    "explained",
    "presented",
    "with_parts",
]
