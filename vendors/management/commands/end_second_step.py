"""``manage.py end_second_step``: let a person whose device is lost sign in by the password alone."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from vendors import clock
from vendors.actors import SYSTEM
from vendors.services.audit import record


class Command(BaseCommand):
    help = "End the second step of a person who lost the device and the recovery codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        if not apps.is_installed("allauth.mfa"):
            raise CommandError("This installation has no second step: SECOND_STEP is off.")
        devices: Any = apps.get_app_config("mfa").get_model("Authenticator")
        user = User.objects.filter(username=options["username"]).first()
        if user is None or not devices.objects.filter(user=user).delete()[0]:
            raise CommandError(f"{options['username']} has no second step.")
        record(actor=SYSTEM, action="second_step.end", obj=user, now=clock.now())
        self.stdout.write(f"{options['username']} signs in by the password alone.")
