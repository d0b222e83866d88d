"""The administration of the bpo app, one class per model."""

from bpo.admin import alerts, corrections, deliveries, departments, jobs, records, reports, scorecards

__all__ = ["alerts", "corrections", "deliveries", "departments", "jobs", "records", "reports", "scorecards"]
