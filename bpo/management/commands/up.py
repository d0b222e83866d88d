"""``manage.py up``: the whole product with one command: web, worker and scheduler, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from bpo.management.supervisor import Child, Supervisor

HOST = "127.0.0.1"
WEB_SECONDS = 90


class Command(BaseCommand):
    help = "Set up and run everything on this machine: web, worker and scheduler. Ctrl-C stops all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill a demonstration with simulated figures first")
        parser.add_argument("--port", type=int, default=8000, help="port of the web pages on 127.0.0.1 (8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        port: int = options["port"]
        _require_free(port)
        call_command("setup", stdout=self.stdout)
        if options["demo"]:
            call_command("demo", stdout=self.stdout)
        if not settings.REDIS_URL:
            (settings.BROKER_DIR / "queue").mkdir(parents=True, exist_ok=True)
            (settings.BROKER_DIR / "control").mkdir(parents=True, exist_ok=True)

        supervisor = Supervisor(_children(port), _environment(), self.stdout.write)
        code = supervisor.run(when_started=lambda: self._announce(port, demo=options["demo"], supervisor=supervisor))
        if code:
            raise CommandError("A process died twice; everything was stopped.", returncode=code)
        self.stdout.write("Stopped.")

    def _announce(self, port: int, *, demo: bool, supervisor: Supervisor) -> None:
        """Print address and log-ins once the web process answers."""
        if not _wait_for_web(port, supervisor):
            return
        steps = [*_log_ins(), f"  A guided tour of ten minutes: http://{HOST}:{port}/tour/"] if demo else _first_steps()
        lines = ["", f"  Open http://{HOST}:{port}/", *steps, "  Ctrl-C stops.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = f"Port {port} on {HOST} is taken ({error.strerror}). Choose another one: --port {port + 1}"
            raise CommandError(message, returncode=2) from error


def _environment() -> dict[str, str]:
    return {"PYTHONUNBUFFERED": "1", **({} if settings.REDIS_URL else {"BROKER_FILES": "1"})}


def _children(port: int) -> list[Child]:
    python = sys.executable
    celery = [python, "-m", "celery", "--quiet", "-A", "config", "--workdir", str(settings.BASE_DIR)]
    schedule = settings.VAR_DIR / "celerybeat-schedule"
    for folder in (settings.VAR_DIR, settings.STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    web = [python, "-m", "gunicorn", "config.wsgi:application", "--chdir", str(settings.BASE_DIR)]
    web += ["--bind", f"{HOST}:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    web += ["--log-level", "warning", *_no_control_socket()]
    worker = [*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "--hostname", f"worker-{os.getpid()}@localhost"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile", ""]
    return [Child("web", web), Child("worker", worker), Child("beat", beat)]


def _no_control_socket() -> list[str]:
    """Return gunicorn's option against a control socket in the home folder, where it knows that option (27 on)."""
    from gunicorn.config import KNOWN_SETTINGS

    known = any(setting.name == "control_socket_disable" for setting in KNOWN_SETTINGS)
    return ["--no-control-socket"] if known else []


def _wait_for_web(port: int, supervisor: Supervisor) -> bool:
    deadline = time.monotonic() + WEB_SECONDS
    while time.monotonic() < deadline and not supervisor.stopping.is_set():
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2):
            return True
        time.sleep(0.2)
    return False


def _log_ins() -> list[str]:
    from bpo.services.demonstration.cast import PASSWORD, PEOPLE

    people = [("admin", "superuser, /admin/"), *((person.username, _role(person)) for person in PEOPLE)]
    lines = [f"    {name:<14} {PASSWORD}   {role}" for name, role in people]
    return ["  Everything shown is simulated. Log-ins (name, password, role):", *lines]


def _role(person: Any) -> str:
    return f"{person.role.label}{f' ({person.vendor})' if person.vendor else ''}"


def _first_steps() -> list[str]:
    where = f"VAR_DIR={settings.VAR_DIR} " if "VAR_DIR" in os.environ else ""
    manage = f"{where}{sys.executable} {settings.BASE_DIR / 'manage.py'}"
    return [
        f"  First user: {manage} createsuperuser; sign in and open /start/",
        f"  A key: {manage} create_api_key --role manager",
    ]
