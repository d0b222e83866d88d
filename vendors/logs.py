"""Structured logs: one line an event, with the request's id and the actor, and never a secret."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"authorization|api.?key|cookie|csrf|password|passwd|secret|token|pepper|session", re.IGNORECASE
)
_SECRET_TEXTS = re.compile(
    r"(?P<key>bpo_(?:live|test)_[0-9a-f]{8}_)[A-Za-z0-9_-]{10,}"
    r"|(?P<scheme>\b(?:Api-Key|Bearer|Basic)\s+)[^\s,;'\"]+"
    r"|(?P<url>\b[a-z][a-z0-9+]*://[^\s:/@]*:)[^\s@/]+(?=@)",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MASK = "[hidden]"


def bind_actor(label: str) -> None:
    """Name who acts on every later line of this request."""
    structlog.contextvars.bind_contextvars(actor=label)


def without_secrets(text: str) -> str:
    """Return ``text`` with keys, credentials and passwords of URLs masked."""

    def masked(found: re.Match[str]) -> str:
        kept = found["scheme"] or found["url"] or found["key"]
        return f"{kept}{MASK}"

    return _SECRET_TEXTS.sub(masked, text)


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(str(key), inner) for key, inner in value.items()}
    if SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, str):
        text = without_secrets(value)
        # A traceback keeps its lines; every other text is one line, so nobody writes a line of their own.
        return text if name == "exception" else _escaped(text)
    return value if isinstance(value, bool | int | float | type(None)) else _clean(name, str(value))


def clean_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask secrets and escape control characters in every value of a log line (a structlog processor)."""
    return {name: _clean(name, value) for name, value in event.items() if not name.startswith("_")} | {
        name: value for name, value in event.items() if name.startswith("_")
    }


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
"""What every line passes, whether structlog or the standard library wrote it."""


def line_formatter(kind: str) -> logging.Formatter:
    """Return the formatter of log lines: ``kind`` is "json" or "console"."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if kind != "json":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED, processors=[without_meta, clean_event, renderer]
    )


def configure(options: dict[str, Any]) -> None:
    """Configure logging (called by Django with ``settings.LOGGING``: ``format`` and ``level``)."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    level = options.get("level", "INFO")
    # Django's own handlers would print every line a second time.
    silent = {"handlers": [], "level": level, "propagate": True}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": line_formatter, "kind": options.get("format", "console")}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {"django": silent, "django.server": silent},
        }
    )
