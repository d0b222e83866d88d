"""Canonical JSON, its hash, and the chain that shows whether a frozen card was touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from bpo.choices import OPEN_STATUSES
from bpo.models import FrozenScorecard, Scorecard
from bpo.queries.cards import living, utc
from bpo.queries.explanations import explain_living
from vendors.actors import Actor
from vendors.models import Contract

FORMAT = 1


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first frozen card of a contract whose chain does not hold, and why."""

    sequence: int | None
    scorecard: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The state of one contract's chain: how many links it has, and the first broken one."""

    contract: str
    links: int
    broken: BrokenLink | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def canonical(document: Any) -> str:
    """Return the one text a document of JSON types has: sorted keys, no spaces, UTF-8 as it is, no floats."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_refuse)


def _refuse(value: object) -> None:
    raise TypeError(f"{type(value).__name__} has no canonical form; make it a text first")


def digest_of(previous: str, document: str) -> str:
    """Return the SHA-256 that binds a document to the link before it."""
    return hashlib.sha256((previous + document).encode()).hexdigest()


def freeze(card: Scorecard, *, actor: Actor, now: datetime) -> FrozenScorecard:
    """Store the card as it stands as the next link of its contract's chain (inside the caller's transaction).

    ``card`` comes with its parts (:func:`bpo.queries.with_parts`).
    """
    Contract.objects.select_for_update(no_key=True).get(pk=card.contract_id)
    last = FrozenScorecard.objects.filter(contract=card.contract_id).order_by("sequence").last()
    previous = last.sha256 if last else ""
    document = canonical(
        {
            "format": FORMAT,
            "card": living(card),
            "explanation": explain_living(card),
            "input_sha256": card.input_hash,
            "finalised_by": actor.label,
            "finalised_at": utc(now),
        }
    )
    return FrozenScorecard.objects.create(
        scorecard=card,
        contract=card.contract,
        sequence=last.sequence + 1 if last else 1,
        document=document,
        previous_sha256=previous,
        sha256=digest_of(previous, document),
        frozen_by=actor.label[:200],
        frozen_at=now,
    )


def verify_chains() -> list[ChainReport]:
    """Recompute the chain of every contract that has final cards; one report each.

    A chain cut off at its end is found by the final cards that then lack their document.
    """
    final = Scorecard.objects.exclude(status__in=OPEN_STATUSES)
    lost = dict(final.filter(frozen__isnull=True).order_by("-id").values_list("contract_id", "id"))
    codes = dict(
        Contract.objects.filter(pk__in={*lost, *FrozenScorecard.objects.values_list("contract_id", flat=True)})
        .order_by("code")
        .values_list("id", "code")
    )
    links = FrozenScorecard.objects.order_by("contract_id", "sequence").select_related("scorecard").iterator(500)
    reports = {key: _report(codes[key], group, lost.get(key)) for key, group in groupby(links, _contract_of)}
    for key in lost.keys() - reports.keys():
        reports[key] = ChainReport(codes[key], 0, BrokenLink(None, lost[key], "missing_document"))
    return [reports[key] for key in codes]


def _contract_of(link: FrozenScorecard) -> int:
    return link.contract_id


def _report(contract: str, links: Iterable[FrozenScorecard], lost: int | None) -> ChainReport:
    count, broken, previous = 0, None, ""
    for count, link in enumerate(links, start=1):
        reason = next(_faults(link, count, previous), None)
        if reason and broken is None:
            broken = BrokenLink(link.sequence, link.scorecard_id, reason)
        previous = link.sha256
    if broken is None and lost is not None:
        broken = BrokenLink(None, lost, "missing_document")
    return ChainReport(contract, count, broken)


def _faults(link: FrozenScorecard, expected: int, previous: str) -> Iterator[str]:
    if link.sequence != expected:
        yield "missing_link"
    if link.previous_sha256 != previous:
        yield "chain_broken"
    if digest_of(link.previous_sha256, link.document) != link.sha256:
        yield "document_changed"
    card, document = link.scorecard, json.loads(link.document)["card"]
    if (card.contract_id, card.start.isoformat(), card.version) != (
        link.contract_id,
        document["start"],
        document["version"],
    ):
        yield "wrong_card"
    if card.status in OPEN_STATUSES:
        yield "card_reopened"
