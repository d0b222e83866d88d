from bpo.models.alerts import Alert, AlertEvent
from bpo.models.corrections import CorrectionRequest
from bpo.models.jobs import JobRun
from bpo.models.scorecards import (
    Dispute,
    FrozenScorecard,
    GateEvent,
    JudgedItem,
    Scorecard,
    ScorecardEvent,
    ScorecardLine,
)

__all__ = [
    "Alert",
    "AlertEvent",
    "CorrectionRequest",
    "Dispute",
    "FrozenScorecard",
    "GateEvent",
    "JobRun",
    "JudgedItem",
    "Scorecard",
    "ScorecardEvent",
    "ScorecardLine",
]
