from bpo.models.action_plans import ActionPlan, ActionPlanEvent
from bpo.models.alerts import Alert, AlertEvent, AlertMark
from bpo.models.baselines import SeriesBaseline
from bpo.models.corrections import CorrectionRequest
from bpo.models.delivery import Delivery, DeliveryAttempt, NotificationSettings, Webhook
from bpo.models.departments import DepartmentQuestion
from bpo.models.jobs import JobRun
from bpo.models.money import MoneyTerms
from bpo.models.reports import ReportFile, ReportLink, ReportOptOut, ReportSubscription, SentReport
from bpo.models.scorecards import (
    Dispute,
    FrozenScorecard,
    GateEvent,
    JudgedItem,
    Scorecard,
    ScorecardEvent,
    ScorecardLine,
)
from bpo.models.set_ups import SetUp, SetUpSheet

__all__ = [
    "ActionPlan",
    "ActionPlanEvent",
    "Alert",
    "AlertEvent",
    "AlertMark",
    "CorrectionRequest",
    "Delivery",
    "DeliveryAttempt",
    "DepartmentQuestion",
    "Dispute",
    "FrozenScorecard",
    "GateEvent",
    "JobRun",
    "JudgedItem",
    "MoneyTerms",
    "NotificationSettings",
    "ReportFile",
    "ReportLink",
    "ReportOptOut",
    "ReportSubscription",
    "Scorecard",
    "ScorecardEvent",
    "ScorecardLine",
    "SentReport",
    "SeriesBaseline",
    "SetUp",
    "SetUpSheet",
    "Webhook",
]
