"""The id of the request being served: on every log line, answer and audit entry."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
