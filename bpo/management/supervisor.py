"""Runs the processes of a small installation together: prefixed output, one restart each, nobody left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

COLOURS = ("\033[36m", "\033[33m", "\033[35m", "\033[32m")
PLAIN = "\033[0m"
PATIENCE = 15
"""Seconds a process has to end by itself before it is killed."""
SETTLED_AFTER = 60
"""A process that ran this long and died is restarted as if it were the first time."""


@dataclass
class Child:
    """One supervised process, in a process group of its own."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    deaths: int = 0


@dataclass
class Supervisor:
    """Starts ``children``, shows what they print, restarts each once, and stops them all together."""

    children: list[Child]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    _printing: threading.Lock = field(default_factory=threading.Lock)

    def run(self, when_started: Callable[[], None]) -> int:
        """Run until Ctrl-C or SIGTERM (returns 0) or until a child has died twice (returns 1)."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, lambda *_: self.stopping.set())
        try:
            for child in self.children:
                self._start(child)
            threading.Thread(target=when_started, daemon=True).start()
            return self._watch()
        finally:
            self._stop_all()

    def _watch(self) -> int:
        while not self.stopping.wait(0.3):
            for child in self.children:
                if child.process and child.process.poll() is not None and not self._revive(child):
                    return 1
        return 0

    def _revive(self, child: Child) -> bool:
        """Restart a child that died; False where it had its second chance already."""
        assert child.process is not None
        if time.monotonic() - child.started_at > SETTLED_AFTER:
            child.deaths = 0
        child.deaths += 1
        self._end(child)
        if child.deaths > 1:
            self.say(f"{child.name} died again (exit code {child.process.returncode}); stopping everything.")
            return False
        self.say(f"{child.name} died (exit code {child.process.returncode}); starting it once more.")
        self._start(child)
        return True

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            list(child.command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **self.environment},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        threading.Thread(target=self._show, args=(child, child.process), daemon=True).start()

    def _show(self, child: Child, process: subprocess.Popen[str]) -> None:
        colour = COLOURS[self.children.index(child) % len(COLOURS)] if sys.stdout.isatty() else ""
        assert process.stdout is not None
        for line in process.stdout:
            with self._printing:
                print(f"{colour}{child.name:<6}|{PLAIN if colour else ''} {line.rstrip()}", flush=True)

    def _stop_all(self) -> None:
        """Ask every process to end its own children and itself, wait, and kill what is left; leaves no orphan."""
        for child in self.children:
            if child.process and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            if child.process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, deadline - time.monotonic()))
            self._end(child)

    def _end(self, child: Child) -> None:
        """Kill what is left of the child's group and collect its exit code."""
        if child.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def _die_with_parent() -> None:
    """Have the kernel end this process when its supervisor is killed outright (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
