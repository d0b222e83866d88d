from vendors.models.access import ApiKey, Membership, UsageCounter
from vendors.models.audit import AuditEntry
from vendors.models.contracts import Contract, ContractQueue, ContractTerms, MeasureProvision
from vendors.models.parties import Centre, Department, Vendor
from vendors.models.queues import Holiday, Queue

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Centre",
    "Contract",
    "ContractQueue",
    "ContractTerms",
    "Department",
    "Holiday",
    "MeasureProvision",
    "Membership",
    "Queue",
    "UsageCounter",
    "Vendor",
]
