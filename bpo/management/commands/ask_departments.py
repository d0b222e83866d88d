"""``manage.py ask_departments``: ask every department about the next week, once."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpo.services.departments import ask_departments
from vendors import clock


class Command(BaseCommand):
    help = "Ask departments by mail what of the next week will move calls; each is asked once a week."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = ask_departments(now=clock.now())
        self.stdout.write(json.dumps(done) if options["json"] else f"{done['sent']} asked, {done['failed']} not sent.")
        if done["failed"]:
            raise CommandError("Some mails could not be sent; run it again when the mail server is back.", returncode=1)
