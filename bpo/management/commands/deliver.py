from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bpo.services.delivery import deliver
from vendors import clock


class Command(BaseCommand):
    help = "Send the mails and webhook messages that are due, once; a scheduler does it by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = deliver(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(done))
        else:
            self.stdout.write(f"{done['sent']} sent, {done['failed']} to be tried again, {done['given_up']} given up.")
