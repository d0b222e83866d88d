"""The administration of the bpo app, one class per model."""

from bpo.admin import (
    action_plans,
    alerts,
    corrections,
    deliveries,
    departments,
    jobs,
    money,
    records,
    reports,
    scorecards,
)

__all__ = [
    "action_plans",
    "alerts",
    "corrections",
    "deliveries",
    "departments",
    "jobs",
    "money",
    "records",
    "reports",
    "scorecards",
]
