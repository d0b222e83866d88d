"""Choices of the bpo app, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ScorecardStatus(TextChoices):
    """Life of a scorecard: draft → shared ⇄ disputed → final → acknowledged; superseded by a later version."""

    DRAFT = "draft", _("Draft")
    SHARED = "shared", _("In review")
    DISPUTED = "disputed", _("Disputed")
    FINAL = "final", _("Final")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged by both")
    SUPERSEDED = "superseded", _("Superseded")


OPEN_STATUSES = frozenset({ScorecardStatus.DRAFT, ScorecardStatus.SHARED, ScorecardStatus.DISPUTED})
VENDOR_STATUSES = frozenset(ScorecardStatus.values) - {ScorecardStatus.DRAFT}
EXECUTIVE_STATUSES = frozenset({ScorecardStatus.FINAL, ScorecardStatus.ACKNOWLEDGED, ScorecardStatus.SUPERSEDED})


class LineKind(TextChoices):
    """Where a line's score comes from."""

    KPI = "kpi", _("KPI")
    CARRIED = "carried", _("Carried from last month")
    JUDGED = "judged", _("Judged by people")
    ADJUSTMENT = "adjustment", _("Plus or minus points")


OF_A_KPI = frozenset({LineKind.KPI, LineKind.CARRIED})


class DisputeStatus(TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


class CorrectionStatus(TextChoices):
    """Life of a correction request: open → accepted, refused or withdrawn."""

    OPEN = "open", _("Waiting for a decision")
    ACCEPTED = "accepted", pgettext_lazy("correction request", "Accepted")
    REFUSED = "refused", pgettext_lazy("correction request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("correction request", "Withdrawn")


class JobStatus(TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class AlertKind(TextChoices):
    """What an alert is about."""

    BELOW_MINIMUM = "below_minimum", _("Below the minimum")
    BELOW_TARGET = "below_target", _("Below the target")
    PROJECTED_TO_MISS = "projected_to_miss", _("Heading for a miss")
    WORSE_THAN_USUAL = "worse_than_usual", _("Worse than usual")
    BETTER_THAN_USUAL = "better_than_usual", _("Better than usual")
    FEED_MISSING = "feed_missing", _("Figures not sent in time")
    INCOMPLETE = "incomplete", _("Too many days missing")
    CORRECTED_LATE = "corrected_late", _("Corrected after the cut-off")
    RECONCILIATION = "reconciliation", _("Two sources differ")
    FACTOR_WAITING = "factor_waiting", _("Relief claims to decide")
    TARGET_EXPIRING = "target_expiring", _("Target about to expire")
    KEY_EXPIRING = "key_expiring", _("API key about to expire")


OF_THE_LEVELS = frozenset({AlertKind.BELOW_MINIMUM, AlertKind.BELOW_TARGET, AlertKind.PROJECTED_TO_MISS})
"""Held against what was agreed."""
STATISTICAL = frozenset({AlertKind.WORSE_THAN_USUAL, AlertKind.BETTER_THAN_USUAL})
"""Held against what is usual."""
OF_A_FIGURE = OF_THE_LEVELS | STATISTICAL
"""Raised by figures, after a drain."""
OF_THE_FEED = frozenset({AlertKind.FEED_MISSING, AlertKind.INCOMPLETE, AlertKind.CORRECTED_LATE})


class AlertSeverity(TextChoices):
    CAUTION = "caution", _("Caution")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class AlertStatus(TextChoices):
    """Life of an alert: open → acknowledged or assigned or snoozed → resolved, by a person or by the service."""

    OPEN = "open", pgettext_lazy("alert", "Open")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "Seen")
    ASSIGNED = "assigned", _("Assigned")
    SNOOZED = "snoozed", _("Snoozed")
    RESOLVED = "resolved", _("Resolved")


UNRESOLVED = frozenset(AlertStatus.values) - {AlertStatus.RESOLVED}


class InstantFrom(TextChoices):
    """From which severity on a person is told at once; what is below comes with the digest."""

    NEVER = "never", _("Never at once")
    CRITICAL = "critical", _("Critical only")
    WARNING = "warning", _("Warning and critical")
    CAUTION = "caution", _("Everything")


class WebhookPreset(TextChoices):
    """The form in which a messenger takes a message."""

    GENERIC = "generic", _("Signed JSON")
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    JANDI = "jandi", "JANDI"
    NAVER_WORKS = "naver_works", _("Naver Works")
    KAKAO_WORK = "kakao_work", _("Kakao Work")


class DeliveryKind(TextChoices):
    INSTANT = "instant", _("At once")
    DIGEST = "digest", _("Daily digest")
    TEST = "test", _("Test")
    REPORT = "report", _("Report")


class DeliveryStatus(TextChoices):
    """Life of a message: waiting → sent or given up; what nobody wants any more is dropped."""

    WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
    SENT = "sent", pgettext_lazy("delivery", "Sent")
    GIVEN_UP = "given_up", pgettext_lazy("delivery", "Given up")
    DROPPED = "dropped", pgettext_lazy("delivery", "Not wanted any more")


class WeekAnswer(TextChoices):
    """What a department says of a week it was asked about."""

    NONE = "none", _("Nothing planned")
    REGISTERED = "registered", _("Registered")


class PlanKind(TextChoices):
    """What an action plan is for."""

    CORRECTIVE = "corrective", _("Corrective")
    PREVENTION = "prevention", _("Recurrence prevention")
    IMPROVEMENT = "improvement", pgettext_lazy("action plan", "Improvement")


class PlanStatus(TextChoices):
    """Life of an action plan: open → in progress → done → checked; cancelled before it is done."""

    OPEN = "open", pgettext_lazy("action plan", "To begin")
    IN_PROGRESS = "in_progress", pgettext_lazy("action plan", "In progress")
    DONE = "done", pgettext_lazy("action plan", "Done, to be checked")
    CHECKED = "checked", pgettext_lazy("action plan", "Checked")
    CANCELLED = "cancelled", pgettext_lazy("action plan", "Cancelled")


UNFINISHED_PLANS = frozenset({PlanStatus.OPEN, PlanStatus.IN_PROGRESS})


class PlanOutcome(TextChoices):
    """What the check of an action plan found."""

    NONE = "", _("Not checked yet")
    EFFECTIVE = "effective", _("Effective")
    NOT_EFFECTIVE = "not_effective", _("Not effective")


OUTCOMES = [choice for choice in PlanOutcome.choices if choice[0]]
"""What a check may find: anything but nothing."""


class Cause(TextChoices):
    """Why a figure was missed, in a short list so that causes can be counted: circumstances, never persons."""

    VOLUME = "volume", _("More contacts than forecast")
    CAPACITY = "capacity", _("Capacity short of what came")
    SYSTEM = "system", _("System or line")
    PROCESS = "process", _("Process or guideline")
    KNOWLEDGE = "knowledge", _("Knowledge or information")
    CLIENT = "client", _("Reason of the client")
    OTHER = "other", pgettext_lazy("cause", "Other")


class ReportPeriod(TextChoices):
    """How often a report goes out: what it is about is the week, month or year that has just ended."""

    WEEK = "week", pgettext_lazy("report", "Weekly")
    MONTH = "month", pgettext_lazy("report", "Monthly")
    YEAR = "year", pgettext_lazy("report", "Annual")


class ReportKind(TextChoices):
    """What the mail says: everything an executive reads, or the programme as a whole without vendors."""

    EXECUTIVE = "executive", _("Executive's mail")
    ALL_STAFF = "all_staff", _("All staff: the programme without vendors")


class ReportCause(TextChoices):
    """Why a report went out."""

    SCHEDULE = "schedule", _("On its day")
    ASKED = "asked", _("Sent by hand")
    TEST = "test", _("Test")
