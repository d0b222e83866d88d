"""Every address of the product: pages, admin, REST API, health."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from bpo import health

handler400 = "vendors.api.handlers.bad_request"
handler403 = "vendors.api.handlers.permission_denied"
handler404 = "vendors.api.handlers.page_not_found"
handler500 = "vendors.api.handlers.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("bpo.api.urls")),
    path("", include("bpo.urls")),
]

if settings.SSO_ISSUER:
    urlpatterns += [path("sso/", include("vendors.sso_urls"))]
if settings.SECOND_STEP:
    urlpatterns += [path("second-step/", include("bpo.second_step_urls"))]
