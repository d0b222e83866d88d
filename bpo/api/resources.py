"""Paths of version 1 that the bpo app answers."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from bpo.api.action_plans import ActionPlanViewSet
from bpo.api.alerts import AlertViewSet
from bpo.api.client_scorecard import ClientScorecardViewSet
from bpo.api.corrections import CorrectionRequestViewSet
from bpo.api.editions import RENDERERS, EditionViewSet
from bpo.api.money_terms import MoneyTermsViewSet
from bpo.api.reports import ReportSubscriptionViewSet, SentReportViewSet
from bpo.api.scorecards import ScorecardViewSet
from bpo.api.webhooks import DeliveryViewSet, WebhookViewSet
from kpis.api.reports import BinaryRenderer
from kpis.media_types import PDF, XLSX
from vendors.api.viewsets import CODE, NUMBER

app_name = "bpo-api"

router = SimpleRouter()
router.register("action-plans", ActionPlanViewSet, basename="action-plan")
router.register("alerts", AlertViewSet, basename="alert")
router.register("scorecards", ScorecardViewSet, basename="scorecard")
router.register("money-terms", MoneyTermsViewSet, basename="money-terms")
router.register("correction-requests", CorrectionRequestViewSet, basename="correction-request")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("report-subscriptions", ReportSubscriptionViewSet, basename="report-subscription")
router.register("sent-reports", SentReportViewSet, basename="sent-report")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    re_path(r"^reports/$", EditionViewSet.as_view({"get": "list"}), name="report-list"),
    re_path(
        rf"^reports/(?P<edition>{CODE})/$",
        EditionViewSet.as_view({"get": "document"}, renderer_classes=RENDERERS),
        name="report-detail",
    ),
    path("client-scorecard/", ClientScorecardViewSet.as_view({"get": "list"}), name="client-scorecard-list"),
    *(
        re_path(
            rf"^scorecards/(?P<pk>{NUMBER})\.{kind}$",
            ScorecardViewSet.as_view({"get": kind}, renderer_classes=[BinaryRenderer.of(kind, media_type)]),
            name=f"scorecard-{kind}",
        )
        for kind, media_type in (("pdf", PDF), ("xlsx", XLSX))
    ),
]
