"""Correction requests: filed by one side, decided by another person, applied as an ordinary submission."""

from bpo.services.corrections.deciding import accept, effect_now, refuse, withdraw
from bpo.services.corrections.filing import Preview, file, preview

__all__ = ["Preview", "accept", "effect_now", "file", "preview", "refuse", "withdraw"]
