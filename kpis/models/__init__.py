from kpis.models.attainment import Attainment, RecalculationMark
from kpis.models.closing import MonthClose
from kpis.models.completeness import ExcusedDay, RefusedDay, RefusedFeed
from kpis.models.daily_values import DailyValue
from kpis.models.definitions import BucketEdges, Kpi, KpiVersion, Measure
from kpis.models.drafts import SubmissionDraft
from kpis.models.factors import ExternalFactor, FactorEvent, FactorFile, FactorQueue, FactorSlice
from kpis.models.feeds import DailyMetric, IdempotencyKey, MetricRevision, ReceiptCounter, Submission
from kpis.models.forecasts import Forecast
from kpis.models.imports import ImportJob
from kpis.models.profiles import ImportProfile, ImportProfileVersion
from kpis.models.reconciliation import Reconciliation, SourceFigure
from kpis.models.target_changes import TargetChange
from kpis.models.targets import Target, TargetSeries, TargetSet, TargetSetApplication, TargetSetVersion

__all__ = [
    "Attainment",
    "BucketEdges",
    "DailyMetric",
    "DailyValue",
    "ExcusedDay",
    "ExternalFactor",
    "FactorEvent",
    "FactorFile",
    "FactorQueue",
    "FactorSlice",
    "Forecast",
    "IdempotencyKey",
    "ImportJob",
    "ImportProfile",
    "ImportProfileVersion",
    "Kpi",
    "KpiVersion",
    "Measure",
    "MetricRevision",
    "MonthClose",
    "RecalculationMark",
    "ReceiptCounter",
    "Reconciliation",
    "RefusedDay",
    "RefusedFeed",
    "SourceFigure",
    "Submission",
    "SubmissionDraft",
    "Target",
    "TargetChange",
    "TargetSeries",
    "TargetSet",
    "TargetSetApplication",
    "TargetSetVersion",
]
