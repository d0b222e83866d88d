"""Bucket counts as they are sent: a list, a list with the version of its edges, or a cell such as ``12;40;3``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.calc.facts import Edges
from kpis.calc.percentiles import edges_on
from kpis.services.feed import wording
from kpis.services.feed.facts import MeasureRule
from kpis.services.feed.numbers import BadNumber, Stored, stored

SEPARATOR = ";"
MOST_BUCKETS = 1_000
_KEYS = frozenset({"edges_version", "counts"})


class BadCounts(ValueError):
    """Bucket counts that cannot be taken: ``code`` says why, the text says the cure."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read_counts(rule: MeasureRule, value: object, day: date | None) -> list[Stored]:
    """Return the counts of one histogram on ``day`` as they are stored; raise :class:`BadCounts`.

    Without a readable day only the counts themselves are checked: nobody can know which edges they have.
    """
    counts, version = _parts(rule, value)
    edges = edges_on(rule.edges, day) if rule.edges and day else None
    if edges and version not in (None, edges.version):
        text = _("%(name)s is counted in the edges %(wanted)s on %(day)s, not in %(given)s.")
        filling = {"name": rule.name, "wanted": edges.version, "day": day, "given": wording.cut(version)}
        raise BadCounts("edges_version", f"{text % filling} {_buckets(edges)}")
    wanted = len(edges.bounds) + 1 if edges else None
    if len(counts) != wanted if wanted else not 0 < len(counts) <= MOST_BUCKETS:
        raise BadCounts("bucket_count", _wrong_length(rule, len(counts), wanted, edges))
    try:
        return [stored(count, whole=True) for count in counts]
    except BadNumber as bad:
        raise BadCounts(bad.code, wording.bad_number(bad.code, rule, value)) from None


def written(counts: Sequence[Stored]) -> str:
    """Write counts as one cell of a file, the way :func:`read_counts` takes them back."""
    return SEPARATOR.join(map(str, counts))


def _parts(rule: MeasureRule, value: object) -> tuple[Sequence[object], str | None]:
    """Return the counts and the version of their edges, null where it was left out."""
    version = None
    if isinstance(value, Mapping):
        if set(value) - _KEYS or not isinstance(value.get("edges_version", ""), str):
            raise _no_list(rule)
        version, value = value.get("edges_version"), value.get("counts")
    if isinstance(value, str) and SEPARATOR in value:
        return [part.strip() for part in value.split(SEPARATOR)], version
    if not isinstance(value, list | tuple):
        raise _no_list(rule)
    return value, version


def _no_list(rule: MeasureRule) -> BadCounts:
    text = _(
        'Give %(name)s as a list of bucket counts, such as [12, 40, 3], or {"edges_version": "…", "counts": '
        "[12, 40, 3]}; in a file as 12;40;3."
    )
    return BadCounts("not_a_list", text % {"name": rule.name})


def _wrong_length(rule: MeasureRule, given: int, wanted: int | None, edges: Edges | None) -> str:
    text = ngettext(
        "%(name)s takes %(wanted)s bucket counts; %(given)s was given.",
        "%(name)s takes %(wanted)s bucket counts; %(given)s were given.",
        given,
    ) % {"name": rule.name, "wanted": wanted or f"1–{MOST_BUCKETS}", "given": given}
    return f"{text} {_buckets(edges)}" if edges else text


def _buckets(edges: Edges) -> str:
    """Say which buckets there are."""
    text = _("The buckets end at %(edges)s; one more is open above.")
    return text % {"edges": ", ".join(f"{bound:f}" for bound in edges.bounds)}
