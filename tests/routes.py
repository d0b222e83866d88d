"""Every address under ``/api/v1/``, as the resolver has it: what the safety tests walk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PREFIX = "/api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One address. ``template`` has ``{name}`` for its parts; ``methods`` are those with an action behind them."""

    name: str
    template: str
    methods: tuple[str, ...]
    view: Any

    @property
    def is_detail(self) -> bool:
        return "{" in self.template

    def path(self, key: Any = None) -> str:
        """Return the address with ``key`` in the place of its one part."""
        return re.sub(r"{\w+}", str(key), self.template)


def routes() -> list[Route]:
    """Return every address below :data:`PREFIX`, sorted."""
    found = [route for route in _walk(get_resolver().url_patterns, "/") if route.template.startswith(PREFIX)]
    return sorted(found, key=lambda route: route.template)


def _walk(patterns: list[Any], before: str) -> Iterator[Route]:
    for pattern in patterns:
        template = before + _template(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, template)
        elif isinstance(pattern, URLPattern) and template != "/api/":
            view = getattr(pattern.callback, "cls", None)
            yield Route(pattern.name or template, template, _methods(pattern.callback, view), view)


def _template(pattern: str) -> str:
    """Return a pattern, regular expression or path, as ``text/{name}/``."""
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", pattern) if "(?P<" not in pattern else pattern
    while "(?P<" in text:
        start = text.index("(?P<")
        name = text[start + 4 : text.index(">", start)]
        text = text[:start] + "{" + name + "}" + text[_closing(text, start) + 1 :]
    return text.removeprefix("^").removesuffix(r"\Z").removesuffix("$").replace(r"\.", ".")


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(text)


def _methods(callback: Any, view: Any) -> tuple[str, ...]:
    actions = getattr(callback, "actions", None) or {
        name: name for name in getattr(view, "http_method_names", ()) if hasattr(view, name)
    }
    return tuple(sorted(method.upper() for method in actions if method.upper() in METHODS))
