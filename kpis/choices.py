"""Choices of the kpis app: the words of ``calc.facts`` with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kpis.calc import facts
from kpis.calc.relief import Method
from vendors.choices import FactorMethod as FactorMethod

WHOLE_UNITS = frozenset({"count", "persons", "customers", "bucket counts"})
"""Units of measures that come in whole numbers only."""


class RollupChoice(TextChoices):
    ADDITIVE = facts.Rollup.ADDITIVE.value, _("Adds up over days and queues")
    STOCK = facts.Rollup.STOCK.value, _("Stock at the end of the day")
    CALENDAR = facts.Rollup.CALENDAR.value, _("Calendar days")
    HISTOGRAM = facts.Rollup.HISTOGRAM.value, _("Histogram")


class DirectionChoice(TextChoices):
    HIGHER = facts.Direction.HIGHER.value, _("Higher is better")
    LOWER = facts.Direction.LOWER.value, _("Lower is better")
    BAND = facts.Direction.BAND.value, _("Within a band")
    ZERO = facts.Direction.ZERO.value, _("None allowed")
    INFO = facts.Direction.INFO.value, _("For information")


class PeriodChoice(TextChoices):
    WEEK = facts.PeriodKind.WEEK.value, _("Week")
    MONTH = facts.PeriodKind.MONTH.value, _("Month")
    QUARTER = facts.PeriodKind.QUARTER.value, _("Quarter")
    YEAR = facts.PeriodKind.YEAR.value, _("Year")
    DAY = facts.PeriodKind.DAY.value, _("Day")


class ModeChoice(TextChoices):
    RATIO = facts.AttainmentMode.RATIO.value, _("Ratio (actual ÷ target)")
    LINEAR_LOWER = facts.AttainmentMode.LINEAR_LOWER.value, _("Lower is better, linear (2 − actual ÷ target)")
    INVERSE = facts.AttainmentMode.INVERSE.value, _("Lower is better, inverse (target ÷ actual)")
    COMPLEMENT = facts.AttainmentMode.COMPLEMENT.value, _("Complement to 100")
    INTERPOLATE = facts.AttainmentMode.INTERPOLATE.value, _("Interpolated between the levels")
    TIERS = facts.AttainmentMode.TIERS.value, _("Points table")
    BAND = facts.AttainmentMode.BAND.value, _("Within a band")
    ZERO = facts.AttainmentMode.ZERO.value, _("Zero tolerance")


class RoundingChoice(TextChoices):
    HALF_UP = facts.Rounding.HALF_UP.value, _("Half up")
    TRUNCATE = facts.Rounding.TRUNCATE.value, _("Truncate")


class BelowMinimumChoice(TextChoices):
    ZERO = facts.BelowMinimum.ZERO.value, _("No points")
    SLIDE = facts.BelowMinimum.SLIDE.value, _("Slides to zero")


class StatusChoice(TextChoices):
    NO_DATA = facts.Status.NO_DATA.value, _("Not submitted")
    NO_VOLUME = facts.Status.NO_VOLUME.value, _("No volume")
    PROVISIONAL = facts.Status.PROVISIONAL.value, _("Provisional")
    LOW_VOLUME = facts.Status.LOW_VOLUME.value, _("Too few cases")
    BELOW_MINIMUM = facts.Status.BELOW_MINIMUM.value, _("Below minimum")
    BELOW_TARGET = facts.Status.BELOW_TARGET.value, _("Below target")
    MET = facts.Status.MET.value, _("Met")


class SubmissionWay(TextChoices):
    """The door a submission came in by."""

    API = "api", _("API")
    FORM = "form", _("Form")
    PASTE = "paste", _("Pasted from a sheet")
    FILE = "file", _("File")
    COMMAND = "command", _("Command line")
    CORRECTION = "correction", _("Correction request")
    RECONCILIATION = "reconciled", _("Reconciliation")
    DEMONSTRATION = "demo", _("Simulated")


class CorrectionReason(TextChoices):
    """Why a value that stood is replaced (a short list, so that causes can be counted)."""

    LATE_DATA = "late_data", _("Data arrived late")
    SYSTEM_ERROR = "system_error", _("Fault of a system")
    MISCLASSIFICATION = "misclassification", _("Wrongly classified")
    RESTATEMENT = "agreed_restatement", _("Restated by agreement")
    OTHER = "other", _("Other (see the note)")


class ClosingWay(TextChoices):
    """How a month was closed."""

    HAND = "hand", _("By hand")
    SCHEDULE = "schedule", _("By the calendar")


class ExcuseCause(TextChoices):
    """Why an open queue-day is not expected after all."""

    VENDOR = "vendor", _("Not submitted by the vendor")
    CLIENT = "client", _("Reason of the client's systems")
    CLOSED = "closed", _("Closed that day")
    OTHER = "other", _("Other reason")


class ImportStatus(TextChoices):
    """Life of a large file: queued → running → done or failed; set aside where every attempt broke off."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Being read")
    DONE = "done", _("Taken in")
    FAILED = "failed", _("Refused")
    QUARANTINED = "quarantined", _("Set aside")


class FactorKind(TextChoices):
    """What happened outside of the centre."""

    OUTAGE = "outage", _("Outage")
    CAMPAIGN = "campaign", _("Campaign or broadcast")
    POLICY = "policy_change", _("Change of policy or price")
    RECALL = "recall", _("Recall")
    WEATHER = "weather", _("Weather or disaster")
    HOLIDAY = "holiday", _("Holiday")
    FORECAST = "forecast_error", _("Forecast error")
    DATA_GAP = "data_gap", _("Data missing on the client's side")
    IMPROVEMENT = "improvement", _("Improvement (a release, a new FAQ)")
    OTHER = "other", _("Other")


KNOWLEDGE_KINDS = frozenset({FactorKind.CAMPAIGN, FactorKind.POLICY, FactorKind.RECALL})
"""Kinds that change what agents must know before they begin."""


class FactorStatus(TextChoices):
    """Where an external factor stands; only an approved one changes figures."""

    DRAFT = "draft", _("Registered")
    CLAIMED = "claimed", _("Relief claimed")
    EVIDENCE_ASKED = "evidence_asked", _("Evidence asked for")
    APPROVED = "approved", _("Approved")
    PARTLY_APPROVED = "partly_approved", _("Partly approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


APPROVED_FACTORS = frozenset({FactorStatus.APPROVED, FactorStatus.PARTLY_APPROVED})
WAITING_FACTORS = frozenset({FactorStatus.CLAIMED, FactorStatus.EVIDENCE_ASKED})
OVER_FACTORS = frozenset({FactorStatus.REJECTED, FactorStatus.EXPIRED, FactorStatus.WITHDRAWN})
"""Those that explain nothing and take nothing out, and never will."""


class ReplaceBy(TextChoices):
    """What a slice is replaced by; its volume stays."""

    TARGET = "target", _("The target")
    AVERAGE = "average", _("The average of the 28 days before")


class ForecastGrain(TextChoices):
    """What one forecast is about."""

    DAY = facts.PeriodKind.DAY.value, _("Day")
    WEEK = facts.PeriodKind.WEEK.value, _("Week")
    MONTH = facts.PeriodKind.MONTH.value, _("Month")


class Forecaster(TextChoices):
    """Whose forecast it is: a vendor has no relief from its own."""

    CLIENT = "client", _("Client")
    VENDOR = "vendor", _("Vendor")


class SliceMethod(TextChoices):
    """What happens to the affected part of a queue-day."""

    EXCLUDE = Method.EXCLUDE.value, _("Taken out")
    CAP = Method.CAP.value, _("Capped")
    REPLACE = Method.REPLACE.value, _("Replaced")


class DepartmentAnswer(TextChoices):
    """What the department in charge says of a claim."""

    NONE = "", _("No answer from the department")
    CONFIRMED = "confirmed", _("Confirmed by the department")
    DENIED = "denied", _("Denied by the department")


ANSWERS = [choice for choice in DepartmentAnswer.choices if choice[0]]
"""What a department may answer: anything but nothing."""


class DraftStatus(TextChoices):
    """Where figures stand before they count."""

    OPEN = "open", _("Being written")
    HELD = "held", _("Waiting for confirmation")
    RETURNED = "returned", _("Returned")
    SUBMITTED = "submitted", _("Submitted")


class ReconciliationStatus(TextChoices):
    """How a difference between two sources stands."""

    OPEN = "open", _("To be settled")
    SETTLED = "settled", _("Settled")
    AGREED = "agreed", _("The sources agree now")
    WITHDRAWN = "withdrawn", _("A source withdrew its figure")


class ReconciliationDecision(TextChoices):
    """Which figure counts after a difference was settled."""

    FIRST = "first", _("The first source's")
    SECOND = "second", _("The second source's")
    AGREED = "agreed", _("Another value both sides agreed on")


class TargetChangeStatus(TextChoices):
    """Where a change of targets stands. What needs no second person is stored at once."""

    WAITING = "waiting", _("Waiting for approval")
    STORED = "stored", _("Stored")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    WITHDRAWN = "withdrawn", _("Withdrawn")
