"""A broker that can be frozen, killed, and started again empty at the same address."""

from __future__ import annotations

import contextlib
import os
import signal

import redis

from tests import services


class Broker:
    """A Redis-compatible server of one's own; :meth:`stop` it at the end."""

    def __init__(self) -> None:
        self.port = services.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._server = contextlib.ExitStack()
        self.start()

    def start(self) -> None:
        """Start it, empty: it keeps nothing on disk."""
        self._server.enter_context(services.valkey(port=self.port))
        with redis.Redis.from_url(self.url) as client:
            self.pid = int(client.info("server")["process_id"])

    def freeze(self) -> None:
        """Let it accept connections and never answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """``kill -9``: everything it held is lost, its port refuses."""
        os.kill(self.pid, signal.SIGKILL)
        self._server.close()

    def stop(self) -> None:
        """End it for good, also where it is frozen."""
        with contextlib.suppress(ProcessLookupError):
            self.thaw()
        self._server.close()
