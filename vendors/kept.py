"""Answers that are kept until something is written: asked for again by the same reader, they are not computed again.

What an answer shows follows from what is committed, and PostgreSQL gives that a name: as long as no transaction ends,
every statement sees the same snapshot. So nothing has to be invalidated, and no list of what an answer depends on can
be out of date. Its name is read together with the reader's rights, before anything else of the answer is. It is of
the whole server: what is written to another database of it has answers computed anew, and does no other harm.

Kept in the memory of the process, and for a minute at most, since answers tell of the time too. On SQLite, and within
a transaction, whose own rows change under one snapshot, nothing is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from django.core.cache import caches
from django.db import connection
from django.db.models import Func, TextField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from vendors import clock
from vendors.actors import Actor

Args = ParamSpec("Args")
Method = TypeVar("Method", bound=Callable[..., Any])

KEPT_FOR = 60
"""Seconds."""


class Committed(Func):
    """SQL's name for all that is committed as the statement sees it; empty where the database has none."""

    template = "pg_current_snapshot()::text"
    arity = 0
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template="''", **extra)


class _Answer(NamedTuple):
    content: bytes
    headers: dict[str, str]


def kept_page(
    view: Callable[Concatenate[Any, Args], HttpResponse],
) -> Callable[Concatenate[Any, Args], HttpResponse]:
    """Keep what a page's view answers; it stands below ``page_for``, which says who reads."""

    @wraps(view)
    def inner(request: Any, /, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
        return _kept(request, request.actor, lambda: view(request, *args, **kwargs))

    return inner


def kept_answer(method: Method) -> Method:
    """Keep what a method of a view set answers."""

    @wraps(method)
    def inner(self: Any, request: Any, /, *args: Any, **kwargs: Any) -> Any:
        return _kept(request._request, self.actor, lambda: method(self, request, *args, **kwargs))

    return cast(Method, inner)


def _kept(request: HttpRequest, actor: Actor, make: Callable[[], HttpResponse]) -> HttpResponse:
    key, kept = _key(request, actor), caches["kept"]
    if key is None:
        return make()
    found: _Answer | None = kept.get(key)
    if found is not None:
        return HttpResponse(found.content, headers=found.headers)
    answer: Any = make()
    if answer.status_code == 200 and not answer.cookies:
        _when_rendered(answer, lambda one: kept.set(key, _Answer(one.content, dict(one.items())), KEPT_FOR))
    return answer


def _when_rendered(answer: Any, call: Callable[[HttpResponse], object]) -> None:
    """Call with the answer once it has its content: those of REST framework get it later."""
    if getattr(answer, "is_rendered", True):
        call(answer)
    else:
        answer.add_post_render_callback(call)


def _key(request: HttpRequest, actor: Actor) -> str | None:
    """Return what answers are kept by: all that an answer follows from; null where it is not to be kept."""
    if request.method != "GET" or not actor.read_at or connection.in_atomic_block or _holds_messages(request):
        return None
    secret = request.META.get("CSRF_COOKIE")
    if actor.api_key_id is None and secret is None:
        # The answer is about to hand out the secret that its forms are checked against.
        return None
    parts = (
        actor.read_at,
        int(clock.now().timestamp()) // KEPT_FOR,
        repr(actor),
        request.session.session_key if actor.api_key_id is None else None,
        secret,
        request.build_absolute_uri(),
        get_language(),
        request.headers.get("Accept"),
        request.headers.get("HX-Request"),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _holds_messages(request: HttpRequest) -> bool:
    """Say whether the answer tells something once."""
    messages = getattr(request, "_messages", None)
    return messages is not None and len(messages) > 0
