"""Reading pasted vendors: who does what, what people call it, and what of the paste is no vendor and no service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bpo.services.programme.services import SERVICES, Service
from kpis.imports.synonyms import FIELD_WORDS
from kpis.imports.words import plain

_OF_VENDORS, _OF_SERVICES = (frozenset(map(plain, FIELD_WORDS[name])) for name in ("vendor", "service"))
GUESSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("outbound", ("해피콜", "아웃바운드", "outbound")),
    ("chat", ("채팅", "챗", "톡", "chat")),
    ("care", ("대표번호", "상담", "고객센터", "전화", "a/s", "콜센터", "hotline", "support")),
    ("order", ("주문", "order")),
    ("delivery", ("배송", "delivery")),
    ("returns", ("반품", "교환", "취소", "return")),
    ("backoffice", ("백오피스", "후선", "접수", "처리", "심사", "back office")),
)
"""What a word that is no service's own name holds, and the service it is therefore taken for; the first decides."""
UNKNOWN = "care"
"""A word that says nothing is asked about, as a telephone service until somebody answers."""
_ONE_WORD = re.compile(r"(?i)\bA/S")
_BETWEEN = re.compile(r"[,/·+&\t]|\s{2,}")


@dataclass(slots=True)
class Reading:
    """What pasted lines mean: ``names``, and by place and key of a service what the vendor calls it."""

    names: list[str] = field(default_factory=list)
    called: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    """A service under its own name has its label's place: an empty text."""
    guessed: dict[str, str] = field(default_factory=dict)
    """The key of the service by each word that is no service's own name."""
    unsure: set[str] = field(default_factory=set)
    """The words of ``guessed`` that hold no hint at all."""
    heading: str = ""
    """The first line, where it names the columns."""
    joined: int = 0
    """How many lines went on with a vendor that stood above."""
    left_out: list[str] = field(default_factory=list)
    """Cells that are neither a vendor nor a service."""

    def place_of(self, name: str, *, is_more: bool) -> int | None:
        """Return where a line belongs; a name that comes again with something beside it is the vendor above."""
        if name and not (is_more and name in self.names):
            self.names.append(name)
            return len(self.names) - 1
        self.joined += bool(self.names)
        return self.names.index(name) if name else len(self.names) - 1 if self.names else None


def read_names(text: str, answers: dict[str, str] | None = None) -> Reading:
    """Read pasted lines: a name each, or a name and what the vendor does, as they stand in a sheet.

    A line without a name goes on with the vendor above, as below a merged cell. ``answers`` are the keys of services
    by word, as somebody settled them who was asked.
    """
    reading, columns = Reading(), None
    for number, line in enumerate(line for line in text.splitlines() if line.strip()):
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        # It comes again where several sheets were pasted below each other.
        if _is_heading(line) and (not number or reading.heading):
            reading.heading = reading.heading or " · ".join(cell for cell in _words(line) if cell)
            columns = [place for place, cell in enumerate(cells) if plain(cell) in _OF_SERVICES] or None
            continue
        name, words = _parted(line, cells, columns)
        place = reading.place_of(name, is_more=len(cells) > 1 or bool(words))
        if place is not None:
            _note(reading, place, words, answers or {})
    return reading


def _is_heading(line: str) -> bool:
    return plain(_words(line)[0]) in _OF_VENDORS


def _parted(line: str, cells: list[str], columns: list[int] | None) -> tuple[str, list[tuple[str, bool]]]:
    """Return the name of a line and its words; each with whether it stands where services stand.

    Without tabs a line is parted only where all that follows the name means services: names hold commas too.
    """
    if len(cells) > 1:
        of_services = columns or [1]
        found = [
            (word, place in of_services)
            for place, cell in enumerate(cells)
            if place and (columns is None or place in of_services)
            for word in _words(line.split("\t")[place])
            if word
        ]
        return cells[0], found
    first, *rest = _words(line)
    rest = [word for word in rest if word]
    if first and rest and all(_known(word) or _guess(word) for word in rest):
        return first, [(word, True) for word in rest]
    return cells[0], []


def _words(text: str) -> list[str]:
    """Return what stands between separators; those of A/S and of a service's own name separate nothing."""
    for service in SERVICES:
        text = text.replace(str(service.label), service.key)
    kept = _ONE_WORD.sub("A\0S", text.strip(" "))
    return [" ".join(word.replace("\0", "/").split()) for word in _BETWEEN.split(kept)]


def _note(reading: Reading, place: int, words: Iterable[tuple[str, bool]], answers: dict[str, str]) -> None:
    """Keep what the words of a line say of the vendor at a place; what stands elsewhere counts where it is plain."""
    keys = {service.key for service in SERVICES}
    for word, is_of_services in words:
        known, guess = _known(word), _guess(word)
        if known is None and ((not is_of_services and guess is None) or not re.search(r"[^\W\d_]", word)):
            if word not in reading.left_out:
                reading.left_out.append(word)
            continue
        answer = answers.get(word)
        is_answered = answer in keys
        key = known.key if known else answer if answer is not None and is_answered else guess or UNKNOWN
        if known is None:
            reading.guessed[word] = key
        if known is None and guess is None and not is_answered:
            reading.unsure.add(word)
        found = reading.called.setdefault(place, {}).setdefault(key, [])
        found += [one for one in ["" if known else word[:100]] if one not in found]


def _known(word: str) -> Service | None:
    return next((one for one in SERVICES if one.is_called(word)), None)


def _guess(word: str) -> str | None:
    folded = word.casefold()
    return next((key for key, hints in GUESSES if any(hint in folded for hint in hints)), None)


def as_lines(names: Iterable[str], called: dict[int, list[str]]) -> Iterator[str]:
    """Yield vendors as lines that :func:`read_names` reads back: the name, and its words where it has any."""
    for place, name in enumerate(names):
        yield name + "".join(f"\t{', '.join(words)}" for words in [called.get(place, [])] if words)
