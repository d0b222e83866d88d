"""``manage.py demo``: fill a demonstration with simulated figures; a second run goes on where the first ended."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from tqdm import tqdm

from bpo.services.demonstration.filling import steps
from vendors import clock


class Command(BaseCommand):
    help = "Fill thirteen months of simulated figures for five invented vendors, up to yesterday (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("ko"), tqdm(steps(now=clock.now()), unit="step", disable=None) as bar:
            for number, step in enumerate(bar, 1):
                bar.set_postfix_str(step.label)
                if bar.disable and number % 10 == 1:
                    self.stdout.write(f"demonstration: step {number} of {bar.total} ({step.label})")
                    self.stdout.flush()
                step.run()
        self.stdout.write("demonstration: filled; everything in it is simulated")
