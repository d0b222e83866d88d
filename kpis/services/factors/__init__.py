"""External factors: registered, claimed, decided by another person, and taken out of the figures."""

from kpis.services.factors.deciding import approve, ask, confirm, expire, reject
from kpis.services.factors.evidence import add_file
from kpis.services.factors.filing import change, claim, register, withdraw
from kpis.services.factors.incidents import report_incident
from kpis.services.factors.planning import register_plan
from kpis.services.factors.what_if import alternatives, caps, hidden_surges, what_if

__all__ = [
    "add_file",
    "alternatives",
    "approve",
    "ask",
    "caps",
    "change",
    "claim",
    "confirm",
    "expire",
    "hidden_surges",
    "register",
    "register_plan",
    "reject",
    "report_incident",
    "what_if",
    "withdraw",
]
