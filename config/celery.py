"""The Celery application and its schedule.

Celery is a bell, not the truth: what has to be computed stands in the database (RecalculationMark),
so losing a message costs at most one sweep. The delivery settings are those measured to survive a
killed worker; see kpis/services/recalculation.py for the drain itself.
"""

import os
from collections.abc import Callable
from typing import Any

from celery import Celery, Task
from celery.exceptions import InvalidTaskError
from celery.signals import beat_init, worker_ready

from config import folder_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class CheckedTask(Task):
    """A task whose messages are dropped when they cannot be read, instead of ending the worker."""

    abstract = True
    Strategy = "config.celery:checked_strategy"


def checked_strategy(task: Task, *arguments: Any, **options: Any) -> Callable[..., Any]:
    """Return what handles the messages of a task; Celery rejects and logs a message that raises InvalidTaskError."""
    # Imported late: only a worker needs it.
    from celery.worker.strategy import default

    handle = default(task, *arguments, **options)

    def handle_checked(*given: Any, **named: Any) -> Any:
        try:
            return handle(*given, **named)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            # A body that is no triple of arguments: the consumer does not expect it and would die of it, again
            # and again, because the message comes back.
            raise InvalidTaskError(f"unreadable message: {error}") from error

    return handle_checked


folder_broker.install()
app = Celery("bpo", task_cls=CheckedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "sweep": {"task": "bpo.tasks.sweep", "schedule": 30.0, "options": {"expires": 25}},
    "deliver": {"task": "bpo.tasks.deliver", "schedule": 30.0, "options": {"expires": 25}},
    "reports": {"task": "bpo.tasks.send_reports", "schedule": 60.0, "options": {"expires": 55}},
}


@beat_init.connect
@worker_ready.connect
def sweep_at_once(**_: Any) -> None:
    """Sweep as soon as a scheduler or a worker starts: what was left behind need not wait for the next ring."""
    app.send_task("bpo.tasks.sweep", expires=25)
