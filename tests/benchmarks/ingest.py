"""``ingest_*`` and ``restate_vs_ingest``: a body of 30,000 values over HTTP, against COPY and against plain DRF."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection, models
from rest_framework import serializers

from tests import services
from tests.benchmarks.results import Result, Way, medians_in_turn, ms
from tests.benchmarks.world import MEASURES, make_world
from tests.make import make_key
from vendors.models import Queue

START = date(2023, 1, 2)
DRF_ROWS_SHARE = 10
"""A tenth of the rows is saved one by one, and the time counted ten times."""


class BareValue(models.Model):
    """One value a row, as a plain Django REST Framework service would store it."""

    queue_id = models.BigIntegerField()
    date = models.DateField()
    measure = models.CharField(max_length=64)
    value = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "bare_drf_value"


class BareValueSerializer(serializers.ModelSerializer[BareValue]):
    class Meta:
        model = BareValue
        fields = ["queue_id", "date", "measure", "value"]
        validators: list[Any] = []


def ingest(full: bool) -> Iterator[Result]:
    """Store a day of 1,000 queues with 30 measures each; correct all of it; compare."""
    queues = 1_000 if full else 300
    make_world(contracts=queues // 10, queues_each=10, targets_each=12)
    _add_relations()
    values = queues * len(MEASURES)
    key = make_key("manager")
    days = (START + timedelta(days=n) for n in count())
    shifts = count(1)
    last_day = START
    with _web() as address:

        def another_day() -> bytes:
            nonlocal last_day
            last_day = next(days)
            return _body(last_day, queues)

        def post(body: bytes) -> None:
            _post(address, key, body)

        ours, restated, copy, bulk, by_row = medians_in_turn(
            Way(post, another_day),
            Way(post, lambda: _body(last_day, queues, next(shifts))),
            _copy(queues),
            *_drf(queues),
            runs=7 if full else 3,
        )
    by_row *= DRF_ROWS_SHARE
    detail = {"values": values, "http": ms(ours), "copy": ms(copy), "values/s": f"{values / ours:,.0f}"}
    yield Result("ingest_vs_copy", copy / ours, 0.5, "higher", detail=detail)
    yield Result("ingest_vs_drf_rows", by_row / ours, 150, "higher", detail={"drf rows": ms(by_row)})
    yield Result("ingest_vs_drf_bulk", bulk / ours, 10, "higher", detail={"drf bulk": ms(bulk)})
    yield Result("restate_vs_ingest", restated / ours, 2, "lower", detail={"restate": ms(restated)})


def _add_relations() -> None:
    from kpis.models import Measure

    rows = list(Measure.objects.filter(code__in=MEASURES).order_by("code"))
    for larger, smaller in zip(rows[::2], rows[1::2], strict=True):
        smaller.relations = f"{smaller.code} <= {larger.code}"
    Measure.objects.bulk_update(rows, ["relations"])


def _document(queue: int, shift: int) -> dict[str, int]:
    chance = random.Random(queue)
    return {code: 1_000 - 300 * (n % 2) + chance.randrange(100) + shift for n, code in enumerate(MEASURES)}


def _body(day: date, queues: int, shift: int = 0) -> bytes:
    codes = Queue.objects.order_by("id").values_list("code", flat=True)[:queues]
    rows = [{"queue": code, "date": day.isoformat(), "measures": _document(n, shift)} for n, code in enumerate(codes)]
    return json.dumps({"rows": rows, "note": "benchmark"}).encode()


@contextlib.contextmanager
def _web() -> Iterator[str]:
    """Run gunicorn on a free port, with a broker, so that nothing is computed inside the request."""
    port = services.free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "1", "--threads", "4", "--worker-class", "gthread", "--no-control-socket"]
    server = subprocess.Popen(command, env={**os.environ, "LOG_LEVEL": "ERROR"}, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/healthz", timeout=5)
                break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _post(address: str, key: str, body: bytes) -> None:
    request = urllib.request.Request(
        f"{address}/api/v1/submissions/",
        data=body,
        headers={"Authorization": f"Api-Key {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert answer.status == 201, answer.status
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read()[:2_000]) from error


def _copy(queues: int) -> Way[str]:
    """Return the way of a raw COPY of the same values, one row a value, into a bare table with its primary key."""
    days = (START + timedelta(days=n) for n in count())
    documents = [_document(n, 0) for n in range(queues)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_copy")
        cursor.execute(
            "CREATE TABLE bare_copy (queue_id bigint, date date, measure text, value numeric(18, 6),"
            " PRIMARY KEY (queue_id, date, measure))"
        )

    def another_day() -> str:
        day = next(days).isoformat()
        return "".join(
            f"{queue}\t{day}\t{code}\t{value}\n"
            for queue, document in enumerate(documents)
            for code, value in document.items()
        )

    def copy(lines: str) -> None:
        with connection.cursor() as cursor, cursor.copy("COPY bare_copy FROM STDIN") as stream:
            stream.write(lines)

    return Way(copy, another_day)


def _drf(queues: int) -> tuple[Way[Any], Way[Any]]:
    """Return the ways of ``many=True`` with one bulk upsert, and with a save per row (of a share of the rows)."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_drf_value")
        cursor.execute(
            "CREATE TABLE bare_drf_value (id bigserial PRIMARY KEY, queue_id bigint, date date, measure varchar(64),"
            " value numeric(18, 6), UNIQUE (queue_id, date, measure))"
        )
    days = (START + timedelta(days=n) for n in count())

    def another_day(share: int = 1) -> list[dict[str, Any]]:
        day = next(days).isoformat()
        return [
            {"queue_id": queue, "date": day, "measure": code, "value": Decimal(value)}
            for queue in range(queues // share)
            for code, value in _document(queue, 0).items()
        ]

    def validated(data: list[dict[str, Any]]) -> list[BareValue]:
        serializer = BareValueSerializer(data=data, many=True)
        serializer.is_valid(raise_exception=True)
        return [BareValue(**row) for row in serializer.validated_data]

    def bulk(data: list[dict[str, Any]]) -> None:
        BareValue.objects.bulk_create(
            validated(data),
            update_conflicts=True,
            unique_fields=["queue_id", "date", "measure"],
            update_fields=["value"],
        )

    def by_row(data: list[dict[str, Any]]) -> None:
        for row in validated(data):
            row.save()

    return Way(bulk, another_day), Way(by_row, lambda: another_day(DRF_ROWS_SHARE))
