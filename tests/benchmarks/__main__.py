"""Run the benchmarks on a real PostgreSQL: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests import services

NAMES = (
    "ingest",
    "recompute_vs_sql",
    "drain_growth",
    "values_growth",
    "peer_close",
    "workers_scaling",
    "alerts_vs_recompute",
    "memory_import",
    "refusals",
    "scorecard_vs_floor",
    "executive_page_queries",
)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for, print the table; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=NAMES, action="append", help="run this one (may be given again)")
    parser.add_argument("--scale", choices=["small", "full"], default="small")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here")
    chosen = parser.parse_args(arguments)
    # Benchmarks keep PostgreSQL's own durable settings: an ingest that would not survive a power cut proves nothing.
    with services.running(durable=True, settings={"shared_buffers": "512MB", "max_wal_size": "4GB"}) as running:
        os.environ.update(running.environment(), DJANGO_SETTINGS_MODULE="config.settings")
        # Limits so high that they are counted and never reached.
        os.environ.update(REQUESTS_PER_MINUTE="1000000", ROWS_PER_DAY="1000000000")
        results = list(_run(chosen.only or NAMES, full=chosen.scale == "full"))
    print("\n" + "\n".join(str(result) for result in results))
    if chosen.json:
        chosen.json.write_text(json.dumps([result.as_dict() for result in results], indent=2, ensure_ascii=False))
    return 0 if all(result.holds for result in results) else 1


def _run(names: tuple[str, ...] | list[str], *, full: bool) -> Iterator[Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from tqdm import tqdm

    from tests.benchmarks import alerts, ingest, memory, pages, recompute, refusals
    from tests.benchmarks.world import empty

    call_command("migrate", verbosity=0)
    benchmarks: dict[str, Callable[[bool], Iterator[Any]]] = {
        "ingest": ingest.ingest,
        "recompute_vs_sql": recompute.recompute_vs_sql,
        "drain_growth": recompute.drain_growth,
        "values_growth": recompute.values_growth,
        "peer_close": recompute.peer_close,
        "workers_scaling": recompute.workers_scaling,
        "alerts_vs_recompute": alerts.alerts_vs_recompute,
        "memory_import": memory.memory_import,
        "refusals": refusals.refusals,
        "scorecard_vs_floor": pages.scorecard_vs_floor,
        "executive_page_queries": pages.executive_page_queries,
    }
    for name in tqdm(names, desc="benchmarks", file=sys.stderr):
        empty()
        yield from benchmarks[name](full)
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
