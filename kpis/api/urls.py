"""Paths of version 1 that the kpis app answers."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from kpis.api.blank_forms import BlankFormViewSet
from kpis.api.closings import ClosingViewSet
from kpis.api.completeness import CompletenessViewSet, ExcusedDayViewSet
from kpis.api.daily_metrics import DailyMetricViewSet
from kpis.api.external_factors import ExternalFactorViewSet
from kpis.api.factor_files import FactorFileViewSet
from kpis.api.forecasts import ForecastViewSet
from kpis.api.held_submissions import HeldSubmissionViewSet
from kpis.api.import_profiles import ImportProfileViewSet
from kpis.api.jobs import JobViewSet
from kpis.api.kpis import KpiViewSet
from kpis.api.measures import MeasureViewSet
from kpis.api.reconciliations import ReconciliationViewSet
from kpis.api.results import AttainmentViewSet, KpiValueViewSet
from kpis.api.submissions import SubmissionViewSet
from kpis.api.target_sets import TargetSetViewSet
from kpis.api.targets import TargetViewSet
from vendors.api.viewsets import CODE

app_name = "kpis-api"

router = SimpleRouter()
router.register("closings", ClosingViewSet, basename="closing")
router.register("measures", MeasureViewSet, basename="measure")
router.register("kpis", KpiViewSet, basename="kpi")
router.register("targets", TargetViewSet, basename="target")
router.register("target-sets", TargetSetViewSet, basename="target-set")
router.register("attainments", AttainmentViewSet, basename="attainment")
router.register("excused-days", ExcusedDayViewSet, basename="excused-day")
router.register("external-factors", ExternalFactorViewSet, basename="external-factor")
router.register("factor-files", FactorFileViewSet, basename="factor-file")
router.register("forecasts", ForecastViewSet, basename="forecast")
router.register("held-submissions", HeldSubmissionViewSet, basename="held-submission")
router.register("import-profiles", ImportProfileViewSet, basename="import-profile")
router.register("reconciliations", ReconciliationViewSet, basename="reconciliation")
router.register("submissions", SubmissionViewSet, basename="submission")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    # Of a contract, and with no list of its own.
    re_path(
        rf"^blank-forms/(?P<code>{CODE})/$", BlankFormViewSet.as_view({"get": "retrieve"}), name="blank-form-detail"
    ),
    # A value has no address of its own, so these are no router's.
    path("kpi-values/", KpiValueViewSet.as_view({"get": "list"}), name="kpi-value-list"),
    path("completeness/", CompletenessViewSet.as_view({"get": "list"}), name="completeness-list"),
    path("daily-metrics/", DailyMetricViewSet.as_view({"get": "list"}), name="daily-metric-list"),
    path("jobs/<uuid:pk>/", JobViewSet.as_view({"get": "retrieve"}), name="job-detail"),
    path("jobs/<uuid:pk>/error-report/", JobViewSet.as_view({"get": "error_report"}), name="job-error-report"),
    path("daily-metrics/history/", DailyMetricViewSet.as_view({"get": "history"}), name="daily-metric-history"),
]
