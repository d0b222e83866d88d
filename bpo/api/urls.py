"""Everything under ``/api/``: version 1 of all three apps, its schema and its page."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from vendors.api.handlers import api_not_found

urlpatterns = [
    path("v1/", include("vendors.api.urls")),
    path("v1/", include("kpis.api.urls")),
    path("v1/", include("bpo.api.resources")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="bpo/api_docs.html"),
        name="api-docs",
    ),
    re_path(r"", api_not_found),
]
