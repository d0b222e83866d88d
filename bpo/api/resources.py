"""Paths of version 1 that the bpo app answers."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from bpo.api.alerts import AlertViewSet
from bpo.api.client_scorecard import ClientScorecardViewSet
from bpo.api.corrections import CorrectionRequestViewSet
from bpo.api.scorecards import ScorecardViewSet
from bpo.api.webhooks import DeliveryViewSet, WebhookViewSet
from kpis.api.reports import BinaryRenderer
from kpis.media_types import PDF, XLSX
from vendors.api.viewsets import NUMBER

app_name = "bpo-api"

router = SimpleRouter()
router.register("alerts", AlertViewSet, basename="alert")
router.register("scorecards", ScorecardViewSet, basename="scorecard")
router.register("correction-requests", CorrectionRequestViewSet, basename="correction-request")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("deliveries", DeliveryViewSet, basename="delivery")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
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
