"""Monthly scorecards: drafted from stored attainments, agreed step by step, frozen for ever once final."""

from bpo.services.scorecards.entries import approve_gate, judge, withdraw_gate
from bpo.services.scorecards.finalising import finalise
from bpo.services.scorecards.freezing import BrokenLink, ChainReport, verify_chains
from bpo.services.scorecards.refreshing import make, refresh, refresh_many
from bpo.services.scorecards.steps import acknowledge, dispute, resolve, share

__all__ = [
    "BrokenLink",
    "ChainReport",
    "acknowledge",
    "approve_gate",
    "dispute",
    "finalise",
    "judge",
    "make",
    "refresh",
    "refresh_many",
    "resolve",
    "share",
    "verify_chains",
    "withdraw_gate",
]
