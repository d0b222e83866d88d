"""Paths of version 1 that the vendors app answers."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from vendors.api import schema  # noqa: F401  # registers how one signs in
from vendors.api.resources.contracts import ContractViewSet
from vendors.api.resources.holidays import HolidayViewSet
from vendors.api.resources.keys import ApiKeyViewSet
from vendors.api.resources.me import MeView
from vendors.api.resources.parties import CentreViewSet, DepartmentViewSet, VendorViewSet
from vendors.api.resources.queues import QueueViewSet

app_name = "vendors-api"

router = SimpleRouter()
router.register("vendors", VendorViewSet, "vendor")
router.register("centres", CentreViewSet, "centre")
router.register("departments", DepartmentViewSet, "department")
router.register("contracts", ContractViewSet, "contract")
router.register("queues", QueueViewSet, "queue")
router.register("holidays", HolidayViewSet, "holiday")
router.register("api-keys", ApiKeyViewSet, "api-key")

urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]
