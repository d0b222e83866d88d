from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpo.services import reports
from bpo.services.delivery import send_due
from vendors import clock


class Command(BaseCommand):
    help = "Write the reports that are due and send what waits, once; a scheduler does it by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        done = {**reports.make_due(now=now), **send_due(now=now)}
        if options["json"]:
            self.stdout.write(json.dumps(done))
        else:
            text = "{made} mails written; {sent} sent, {failed} to be tried again, {given_up} given up."
            self.stdout.write(text.format_map(done))
        if done["not_made"]:
            raise CommandError(f"{done['not_made']} reports could not be made; the log says why.", returncode=1)
