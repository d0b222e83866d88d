"""The bar of the guided tour: what is to be seen on this page, and the way on."""

from __future__ import annotations

from typing import Any

from django import template

from bpo.queries.tour import tour_of

register = template.Library()


@register.inclusion_tag("bpo/_tour.html", takes_context=True)
def tour(context: Any) -> dict[str, Any]:
    """Show the stop that the address names (``?tour=3``); nothing on every other page."""
    request = context["request"]
    given, actor = request.GET.get("tour", ""), getattr(request, "actor", None)
    if actor is None or not (given.isascii() and given.isdigit() and len(given) < 3):
        return {}
    stops, number = tour_of(actor), int(given)
    if not 1 <= number <= len(stops):
        return {}
    beside = {name: at for name, at in (("back", number - 1), ("next", number + 1)) if 1 <= at <= len(stops)}
    return {
        "stop": stops[number - 1],
        "number": number,
        "count": len(stops),
        **{name: stops[at - 1].numbered(at) for name, at in beside.items()},
    }
