"""The second step of a password; these addresses exist only where the installation offers it."""

from django.urls import path

from bpo.views import second_step

urlpatterns = [
    path("", second_step.code, name="second-step"),
    path("settings/", second_step.own_settings, name="second-step-settings"),
]
