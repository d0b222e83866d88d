from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpo.services.sweep import sweep
from vendors import clock


class Command(BaseCommand):
    help = "Compute everything that is pending and return."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(done))
        else:
            self.stdout.write(
                f"{done['contracts']} contracts: {done['written']} attainments written,"
                f" {done['unchanged']} unchanged, {done['removed']} removed."
            )
        if done["failed"]:
            raise CommandError(f"{done['failed']} contracts could not be computed; the log says why.", returncode=1)
