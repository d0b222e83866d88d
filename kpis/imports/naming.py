"""What queues are called in people's files: by code, by name, by the vendor, or by vendor and service together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpis.imports.synonyms import CHAT_MEASURES, is_service, service_words
from kpis.imports.words import plain
from vendors.actors import Actor, Capability
from vendors.choices import Channel, service_names
from vendors.models import Queue, Vendor

MOST_QUEUES = 2_000
APART = " / "
"""Stands between the cells that name a queue together."""


@dataclass(frozen=True, slots=True)
class QueueNames:
    """Codes of queues by the plain words for them.

    ``single`` are their codes, names that only one queue has, and the names of vendors with one queue; ``vendors``
    maps the names of vendors to the queues of each, code by word: names first, then what people call the service,
    then the service itself. A file of one vendor's knows no names of vendors.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    """The channel of each queue, by its code."""
    single: Mapping[str, str] = field(default_factory=dict)
    vendors: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)

    def of(self, name: str) -> str | None:
        """Return the queue that one cell names; null where none or several are called so."""
        return self.single.get(plain(name))

    def is_vendor(self, name: str) -> bool:
        return plain(name) in self.vendors

    def told(self, vendor: str, service: str, channels: Collection[str]) -> str | None:
        """Return the queue of a vendor that a service names, else its only one, or the only one of some channels.

        A service that is another's names none of them.
        """
        named = self.within(vendor, service)
        if named is not None or is_service(service):
            return named
        ranks = self.vendors.get(plain(vendor), ())
        mine = set(ranks[1].values()) if ranks else set()
        if len(mine) > 1:
            mine = {code for code in mine if self.channels[code] in channels}
        return mine.pop() if len(mine) == 1 else None

    def within(self, vendor: str, name: str) -> str | None:
        """Return the queue of a vendor that is called ``name``, or the only one whose name holds it or lies in it."""
        ranks, word = self.vendors.get(plain(vendor), ()), plain(name)
        called = next((words[word] for words in ranks if word in words), None)
        if called is not None or not word or not ranks:
            return called
        alike = {code for known, code in ranks[0].items() if word in known or known in word}
        return alike.pop() if len(alike) == 1 else None


def queue_names(actor: Actor, vendor: Vendor | None) -> QueueNames:
    """Return what the queues are called that ``actor`` submits for (of ``vendor``; null: of all vendors). One query."""
    rows = Queue.objects.visible_to(actor.limited_to(Capability.SUBMIT)).select_related("centre__vendor")
    if vendor is not None:
        rows = rows.filter(centre__vendor=vendor)
    queues = list(rows.order_by("code")[:MOST_QUEUES])
    by_name: dict[str, set[str]] = defaultdict(set)
    by_vendor: dict[str, list[dict[str, str]]] = {}
    for queue in queues:
        by_name[plain(queue.name)].add(queue.code)
    for owner, mine in _by_vendor(queues).items() if vendor is None else ():
        for word in {plain(owner.name), plain(owner.name_ko)} - {""}:
            by_vendor[word] = _words(mine)
            by_name[word].update(queue.code for queue in mine)
            for queue in mine:
                # As the choices of a page call it.
                by_name[f"{word}{plain(queue.name)}"].add(queue.code)
    single = {word: next(iter(codes)) for word, codes in by_name.items() if len(codes) == 1}
    single |= {plain(queue.code): queue.code for queue in queues}
    return QueueNames({queue.code: queue.channel for queue in queues}, single, by_vendor)


def renamed_at(queues: Iterable[str], measures: Collection[str], channels: Mapping[str, str]) -> dict[str, Any]:
    """Return what measures are called at those of the ``queues`` where they mean others: ``{queue: {measure: other}}``.

    A file that holds the chat's own figures beside them means each as it says.
    """
    words = {code: other for code, other in CHAT_MEASURES.items() if code in measures and other not in measures}
    return {code: words for code in dict.fromkeys(queues) if words and channels.get(code) == Channel.CHAT}


def still_renamed(renamed: Mapping[str, Mapping[str, str]], measures: Collection[str]) -> dict[str, Any]:
    """Return of such words those that hold beside these columns: a measure with a column of its own is that one's."""
    left = {code: {name: to for name, to in words.items() if to not in measures} for code, words in renamed.items()}
    return {code: words for code, words in left.items() if words}


def _by_vendor(queues: list[Queue]) -> dict[Vendor, list[Queue]]:
    found: dict[Vendor, list[Queue]] = defaultdict(list)
    for queue in queues:
        found[queue.centre.vendor].append(queue)
    return found


def _words(queues: list[Queue]) -> list[dict[str, str]]:
    """Return a vendor's queues by what they are called, the surest words first; a word of two is of none."""
    return [
        _unlike((queue.code, [queue.name]) for queue in queues),
        _unlike((queue.code, [queue.code]) for queue in queues),
        _unlike((queue.code, service_words(queue.service, queue.channel)) for queue in queues),
        _unlike((queue.code, service_names(queue.service)) for queue in queues),
    ]


def _unlike(called: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for code, names in called:
        for word in {plain(name) for name in names} - {""}:
            found[word].add(code)
    return {word: codes.pop() for word, codes in found.items() if len(codes) == 1}
