"""What lies in the queue is not trusted: anything that is no task of ours is dropped, and the worker lives on."""

from __future__ import annotations

import base64
import json
import pickle
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.faults.broker import Broker
from tests.faults.conftest import Installs
from tests.faults.world import assert_world_ok, furnish, made, row, values_of

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.broker]


class Bomb:
    """Leaves a file behind where somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def message(body: bytes, content_type: str = "application/json", **headers: Any) -> str:
    """Return a message as Celery's transport stores it."""
    number = str(uuid.uuid4())
    delivery = {"exchange": "", "routing_key": "celery"}
    properties = {"correlation_id": number, "delivery_tag": number, "body_encoding": "base64", "priority": 0,
                  "delivery_info": delivery, "delivery_mode": 2}  # fmt: skip
    encoding = "binary" if "pickle" in content_type else "utf-8"
    document = {"body": base64.b64encode(body).decode(), "content-encoding": encoding, "content-type": content_type,
                "headers": {"lang": "py", "id": number, **headers}, "properties": properties}  # fmt: skip
    return json.dumps(document)


def no_arguments() -> bytes:
    return json.dumps([[], {}, {}]).encode()


def test_hostile_messages_are_dropped(install: Installs, broker: Broker, tmp_path: Path) -> None:
    running = install(broker.url)
    manager = running.caller(running.manage("create_api_key", "--role", "manager"))
    furnish(manager, ["hanbit"])
    bomb = pickle.dumps([[], {"bomb": Bomb(tmp_path / "went-off")}, {}])
    ours = "kpis.tasks.drain_marks"
    hostile = [
        message(no_arguments(), task="os.system"),
        message(no_arguments()),
        message(b'[[], {"unfinished', task=ours),
        message(b'"not arguments"', task=ours),
        message(bomb, "application/x-python-serialize", task=ours),
        message(json.dumps([["too", "many"], {}, {}]).encode(), task=ours),
    ]
    with redis.Redis.from_url(broker.url) as client:
        client.rpush("celery", *hostile)

        running.start_worker()
        rows = [row("hanbit", "2026-03-02", 100, 81)]
        made(manager.post("/api/v1/submissions/", rows=rows))

        assert_world_ok(running, values_of(rows), within=20)
        running.wait(lambda: not client.llen("celery") and not client.hlen("unacked"), "empty queue", 15)
    assert not (tmp_path / "went-off").exists()
    log = running.log("worker")
    assert log.count("ready.") == 1, "the worker was started anew"
    assert "os.system" in log
    assert "ContentDisallowed" in log
    assert running.terminate("worker") == {"worker": 0}
