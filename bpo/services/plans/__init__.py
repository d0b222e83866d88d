"""Action plans: agreed on or proposed, shared, taken step by step, and checked against the KPI afterwards."""

from bpo.services.plans.making import change, make
from bpo.services.plans.steps import cancel, check, finish, note, share, start

__all__ = ["cancel", "change", "check", "finish", "make", "note", "share", "start"]
