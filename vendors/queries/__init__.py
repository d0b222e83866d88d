"""Reading across models: the calendar of queues, and the closing calendar of contracts."""

from vendors.queries.calendar import holidays_for, open_days

__all__ = ["holidays_for", "open_days"]
