"""The bell that wakes a worker after a commit. It can fail, hang or be missing: nothing depends on it.

Publishing happens on a thread of its own, so a frozen broker never holds up whoever stored the figures;
rings that come while one is being published fall together into one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Bell:
    """Calls ``publish`` soon after each :meth:`ring`, on a daemon thread, never twice at once."""

    def __init__(self, publish: Callable[[], object]) -> None:
        self._publish = publish
        self._rung = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Ask for one publication; returns at once."""
        self._rung.set()
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="wake-up", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while self._rung.wait(timeout=60):
            self._rung.clear()
            try:
                self._publish()
            except Exception as error:
                # The sweep finds the marks anyway; a broken broker is worth one line, not a failed request.
                log.warning("wake_up_failed", error=type(error).__name__)
