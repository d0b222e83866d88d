"""The administration of the kpis app, one class per model. What is saved in any admin wakes the workers."""

from kpis.admin import (
    closing,
    completeness,
    definitions,
    factors,
    figures,
    imports,
    profiles,
    recalculation,
    reconciliation,
    target_sets,
    targets,
)
from kpis.tasks import wake_up
from vendors.admin.base import after_saving

__all__ = [
    "closing",
    "completeness",
    "definitions",
    "factors",
    "figures",
    "imports",
    "profiles",
    "recalculation",
    "reconciliation",
    "target_sets",
    "targets",
]

after_saving(wake_up)
