"""One body of figures, with all that is found out about it between its arrival and its receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kpis.services.feed.facts import CleanRow, Context, FileSource, Maker, Problems
from vendors.actors import Actor

Progress = Callable[[int], None]


@dataclass(slots=True)
class Body:
    """One body on its way through."""

    actor: Actor
    now: datetime
    note: str
    reason: str
    way: str
    body_hash: str
    file_name: str
    partial: bool
    rows: Sequence[object]
    numbers: Sequence[int] | None
    key_digest: str | None
    source: FileSource
    progress: Progress | None
    maker: Maker | None
    context: Context = field(init=False)
    problems: Problems = field(init=False)
    warnings: Problems = field(init=False)
    clean: list[CleanRow] = field(init=False)
    all_rows: int = 0
