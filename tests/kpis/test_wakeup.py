"""The bell: rings fall together, and neither a frozen nor a broken broker holds anybody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from kpis import tasks
from kpis.wakeup import Bell


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_a_ring_is_published() -> None:
    published: list[int] = []

    Bell(lambda: published.append(1)).ring()

    wait_for(lambda: published == [1])


def test_a_frozen_broker_holds_nobody_up_and_rings_fall_together() -> None:
    frozen, published = threading.Event(), []

    def publish() -> None:
        published.append(1)
        frozen.wait(5)

    bell = Bell(publish)
    started = time.monotonic()
    for _ in range(100):
        bell.ring()
    took = time.monotonic() - started
    wait_for(lambda: len(published) == 1)
    bell.ring()
    frozen.set()

    assert took < 0.5
    wait_for(lambda: len(published) == 2)


def test_a_broken_broker_is_survived() -> None:
    calls: list[int] = []

    def publish() -> None:
        calls.append(1)
        raise ConnectionError("no broker")

    bell = Bell(publish)
    bell.ring()
    wait_for(lambda: len(calls) == 1)
    bell.ring()

    wait_for(lambda: len(calls) == 2)


@pytest.mark.django_db
def test_without_a_broker_the_marks_are_drained_here_after_the_commit(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    settings.BROKER_KIND = "none"
    drained: list[object] = []
    monkeypatch.setattr(tasks, "drain", lambda now: drained.append(now))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake_up()
        assert not drained

    assert len(drained) == 1


@pytest.mark.django_db
def test_a_drain_that_fails_here_does_not_fail_who_stored_the_figures(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    settings.BROKER_KIND = "none"

    def fails(now: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(tasks, "drain", fails)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake_up()
