"""Data for the benchmarks, made inside PostgreSQL: many queues, 30 measures, as many days as wanted."""

from __future__ import annotations

from datetime import date

from django.db import connection

from kpis.calc.facts import Direction
from kpis.models import Kpi, KpiVersion, Measure, Target, TargetSeries
from tests.make import make_submission
from vendors.models import Centre, Contract, ContractQueue, ContractTerms, Queue, Vendor

MEASURES = [f"m{number:02d}" for number in range(1, 31)]
FIRST = date(2023, 1, 1)
MARCH, LAST_OF_MARCH = date(2026, 3, 1), date(2026, 3, 31)


def empty() -> None:
    """Remove everything the benchmarks store."""
    tables = [
        table
        for table in connection.introspection.table_names()
        if table.startswith(("vendors_", "kpis_", "bpo_", "bare"))
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


def make_world(*, contracts: int, queues_each: int, targets_each: int, weight: int | None = None) -> None:
    """Make vendors with a contract each, their queues, 30 measures, and monthly targets on as many KPIs."""
    Measure.objects.bulk_create([Measure(code=code, name=code) for code in MEASURES], ignore_conflicts=True)
    vendors = Vendor.objects.bulk_create([Vendor(code=f"v{n}", name=f"v{n}") for n in range(contracts)])
    centres = Centre.objects.bulk_create([Centre(vendor=row, code=f"s{row.code}", name=row.code) for row in vendors])
    deals = Contract.objects.bulk_create(
        [Contract(vendor=row, code=f"c{row.code}", name=row.code, starts_on=FIRST) for row in vendors]
    )
    ContractTerms.objects.bulk_create([ContractTerms(contract=row) for row in deals])
    for centre, deal in zip(centres, deals, strict=True):
        _add_queues(centre, deal, queues_each)
    _add_targets(deals, targets_each, weight)


def _add_queues(centre: Centre, deal: Contract, count: int) -> None:
    queues = Queue.objects.bulk_create(
        [Queue(centre=centre, code=f"q{deal.code}-{n}", name=str(n), opened_on=FIRST) for n in range(count)]
    )
    ContractQueue.objects.bulk_create([ContractQueue(contract=deal, queue=row, valid_from=FIRST) for row in queues])


def _add_targets(deals: list[Contract], count: int, weight: int | None) -> None:
    kpis = Kpi.objects.bulk_create([Kpi(code=f"k{n:02d}", name=f"k{n}") for n in range(1, count + 1)])
    KpiVersion.objects.bulk_create(
        [
            KpiVersion(kpi=row, formula=f"100 * m{2 * n:02d} / m{2 * n - 1:02d}", direction=Direction.HIGHER)
            for n, row in enumerate(kpis, start=1)
        ]
    )
    series = [TargetSeries(contract=deal, kpi=kpi, period="month") for deal in deals for kpi in kpis]
    for row in series:
        row.key = TargetSeries.key_of(row.contract_id, None, row.kpi_id, "month")
    TargetSeries.objects.bulk_create(series)
    Target.objects.bulk_create(
        [Target(series=row, valid_from=MARCH, target=80, minimum=70, weight=weight) for row in series]
    )


def fill(first: date, last: date) -> None:
    """Give every queue a document of 30 measures for each day from ``first`` to ``last`` (inclusive)."""
    pairs = ", ".join(
        f"'{code}', {'1000 + (q.id * 7 + d) %% 400' if n % 2 == 0 else '700 + (q.id * 3 + d) %% 200'}"
        for n, code in enumerate(MEASURES)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO kpis_dailymetric (queue_id, date, is_month, measures, submission_id, origins)
            SELECT q.id, %s::date + d, false, json_build_object({pairs}), %s, '{{}}'
            FROM vendors_queue q, generate_series(0, %s::date - %s::date) AS d
            ORDER BY q.id, d
            ON CONFLICT DO NOTHING
            """,
            [first, make_submission().pk, last, first],
        )
        cursor.execute("ANALYZE kpis_dailymetric")


def unfold_to_bare_rows() -> None:
    """Store the same values one row a value, in a bare table with its primary key: the naive limit."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_value")
        cursor.execute(
            "CREATE TABLE bare_value (queue_id bigint, date date, measure text, value numeric(18, 6),"
            " PRIMARY KEY (queue_id, date, measure))"
        )
        cursor.execute(
            "INSERT INTO bare_value SELECT queue_id, date, key, value::numeric"
            " FROM kpis_dailymetric, json_each_text(measures) ORDER BY 1, 2, 3"
        )
        cursor.execute("ANALYZE bare_value")


def sum_bare_rows(first: date, last: date) -> int:
    """Run the one bare query of the month (``last`` exclusive); return the number of sums."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_id, measure, sum(value) FROM bare_value WHERE date >= %s AND date < %s GROUP BY 1, 2",
            [first, last],
        )
        return len(cursor.fetchall())
