"""Typing, pasting and uploading daily figures as the tests of their pages do."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kpis.models import DailyMetric
from tests.bpo.submit_sample import HEADER, YESTERDAY

PAGE = "/submit/"
QUEUE = "hanbit-order-voice"
DAY = {
    "offered": "1,240",
    "answered": "1160",
    "answered_within_threshold": "980",
    "handle_s": "292320",
    "resolved_first": "719",
    "qa_points": "1104",
    "qa_checks": "12",
}


def typed(day: dict[str, str] | None = None, queue: str = QUEUE, **changes: str) -> dict[str, str]:
    return {f"{queue}.{code}": value for code, value in {**(DAY if day is None else day), **changes}.items()}


def text(answer: Any) -> str:
    """Return what a reader reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode())).strip()


def upload(
    client: Client, lines: list[str], encoding: str = "cp949", url: str = f"{PAGE}?way=file", **more: Any
) -> Any:
    content = "\r\n".join([HEADER, *lines, ""]).encode("cp949")
    file = SimpleUploadedFile("일일실적_1124.csv", content, content_type="text/csv")
    return client.post(url, {"file": file})


def figures(day: date = YESTERDAY, queue: str = QUEUE) -> Any:
    return DailyMetric.objects.filter(queue__code=queue, date=day).values_list("measures", flat=True).first()
