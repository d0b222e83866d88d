"""``memory_import``: what a 50,000-row file takes of memory while it is taken in, against its own size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.results import Result
from tests.benchmarks.world import MEASURES, make_world
from vendors.models import Queue

ROWS = 50_000
FIRST = date(2024, 1, 1)
MIB = 1024 * 1024

_WORK = """
import resource, sys, time
import django
django.setup()
from pathlib import Path
from kpis.imports.taking import ImportOptions, read_file, take_in
from vendors import clock
from vendors.actors import SYSTEM
from kpis.models import Measure
list(Measure.objects.all())
content = Path(sys.argv[1]).read_bytes()
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, began = peak(), time.perf_counter()
options = ImportOptions()
result = take_in(read_file(content, options, SYSTEM), options, actor=SYSTEM, now=clock.now(), content_hash="0" * 64)
assert result.rows == int(sys.argv[2]), result
print(peak() - before, time.perf_counter() - began)
"""


def memory_import(full: bool) -> Iterator[Result]:
    """Take in a file in a process of its own; its peak is counted from where it stood before the file was read."""
    queues = 500
    make_world(contracts=queues // 10, queues_each=10, targets_each=12)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.csv"
        path.write_text("\n".join(_lines(queues)) + "\n")
        command = [sys.executable, "-c", _WORK, str(path), str(ROWS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        size = path.stat().st_size
    peak, seconds = map(float, done.stdout.split())
    detail: dict[str, Any] = {
        "file": f"{size / MIB:.1f} MiB",
        "peak": f"{peak / MIB:.0f} MiB",
        "seconds": f"{seconds:.1f}",
    }
    yield Result("memory_import", peak / size, 12, "lower", detail=detail)


def _lines(queues: int) -> Iterator[str]:
    codes = list(Queue.objects.order_by("code").values_list("code", flat=True))[:queues]
    yield ",".join(["queue", "date", *MEASURES])
    for day in range(ROWS // len(codes)):
        for place, code in enumerate(codes):
            values = (str(1000 + (7 * place + 3 * day + 11 * number) % 9000) for number in range(len(MEASURES)))
            yield ",".join([code, (FIRST + timedelta(days=day)).isoformat(), *values])
