"""Single sign-on: where it begins, and where the provider sends people back to."""

from django.urls import path

from vendors import sso

urlpatterns = [
    path("", sso.begin, name="sso"),
    path("callback/", sso.callback, name="sso-callback"),
]
