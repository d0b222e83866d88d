"""Whose figures the lines of a sample are: the columns that name the queue, alone or together, over all lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpis.imports.cells import is_blank
from kpis.imports.grids import SHEET
from kpis.imports.headers import filled_down
from kpis.imports.naming import APART, QueueNames
from kpis.imports.sampling import Sample
from kpis.imports.shapes import MOSTLY, Shaped
from kpis.imports.synonyms import FIELD_WORDS, channels_told, words_of
from kpis.imports.words import is_total, plain

Cells = tuple[str, ...]


@dataclass(slots=True)
class Owners:
    """The headings whose cells name the queue together, and the queue each name means: null where it is not clear.

    ``channels`` are those whose figures stand under a heading; ``by_columns`` the names of vendors with several
    queues, of which the columns that hold something told the one.
    """

    headings: list[str]
    codes: dict[str, str | None]
    channels: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_columns: list[str] = field(default_factory=list)


def owners_of(shaped: Shaped, queues: QueueNames, sheet: str = "") -> Owners | None:
    """Return whose figures the lines are; null where no column names vendors or queues.

    ``sheet`` is the name of the one sheet that is read, where several are not read together.
    """
    return _Search(shaped, queues, sheet).found()


def is_called(heading: str, field_name: str) -> bool:
    """Say whether a heading is what people call a column of days, months, vendors, services or queues."""
    words = {plain(word) for word in FIELD_WORDS[field_name]}
    return any(word in words for word in words_of(heading))


class _Search:
    def __init__(self, shaped: Shaped, queues: QueueNames, only_sheet: str) -> None:
        self.names, self.rows, self.queues, self.only_sheet = list(shaped.names), shaped.rows, queues, only_sheet
        self.sheet = self.names.index(SHEET) if SHEET in self.names else None

    def found(self) -> Owners | None:
        ways = (self._names_vendors, self._names_queues, self._is_headed("vendor"), self._is_headed("queue"))
        vendor = next((place for way in ways if (place := self._first(way)) is not None), None)
        if vendor is None:
            return None
        surely = next((place for place in self._others(vendor) if self._tells_services(vendor, place)), None)
        service = surely if surely is not None else self._headed_as_service(vendor)
        filled = self._filled(vendor, service)
        if not filled:
            return None
        codes = {key: self._code(key, places) for key, places in filled.items()}
        parts = self._parts(codes, with_service=surely is not None)
        places = [place for place in ((vendor, service, self.sheet)[part] for part in parts) if place is not None]
        found = Owners([self.names[place] for place in places], {})
        for key, code in codes.items():
            name = APART.join(key[part] for part in parts if key[part])
            found.codes[name] = code
            if code is not None:
                self._note(found, name, key, code, filled[key])
        return found

    def _note(self, found: Owners, name: str, key: Cells, code: str, places: set[int]) -> None:
        for place in places:
            found.channels[self.names[place]].add(self.queues.channels[code])
        is_told = self.queues.is_vendor(key[0]) and self.queues.told(key[0], key[1], ()) is None
        if is_told and name not in found.by_columns:
            found.by_columns.append(name)

    def _first(self, holds: Callable[[int], bool]) -> int | None:
        # The name of a sheet is looked at last.
        return next(filter(holds, sorted(range(len(self.names)), key=lambda place: place == self.sheet)), None)

    def _others(self, vendor: int) -> Iterator[int]:
        return (place for place in range(len(self.names)) if place not in (vendor, self.sheet))

    def _names_vendors(self, place: int) -> bool:
        return _mostly(self._given(place), self.queues.is_vendor)

    def _names_queues(self, place: int) -> bool:
        return _mostly(self._given(place), lambda name: self.queues.of(name) is not None, 0.5)

    def _is_headed(self, field_name: str) -> Callable[[int], bool]:
        def holds(place: int) -> bool:
            is_named = is_called(self.names[place], field_name)
            return is_named and bool(self._given(place)) and not self._is_figures(place)

        return holds

    def _headed_as_service(self, vendor: int) -> int | None:
        headed = (place for place in self._others(vendor) if is_called(self.names[place], "service"))
        return next((place for place in headed if not self._is_figures(place)), None)

    def _tells_services(self, vendor: int, place: int) -> bool:
        if self._is_figures(place):
            return False
        pairs = {(row[vendor] or above.get(vendor, ""), row[place]) for row, above in self._lines(vendor, place)}
        told = sorted((owner, name) for owner, name in pairs if owner and not (is_blank(name) or is_total(name)))
        return _mostly(told, lambda pair: self.queues.within(*pair) is not None)

    def _lines(self, *given: int | None) -> Iterator[tuple[list[str], dict[int, str]]]:
        places = sorted({place for place in (*given, self.sheet) if place is not None})
        return filled_down(self.rows, places, places, "any")

    def _given(self, place: int) -> list[str]:
        return [name for name in dict.fromkeys(row[place] for row in self.rows) if name and not is_total(name)]

    def _is_figures(self, place: int) -> bool:
        return Sample.of("", [row[place] for row in self.rows]).is_figures

    def _filled(self, vendor: int, service: int | None) -> dict[Cells, set[int]]:
        """Return where something stands beside each vendor, service and sheet, sums left out."""
        found: dict[Cells, set[int]] = {}
        for row, above in self._lines(vendor, service):
            cells = [
                "" if place is None else row[place] or above.get(place, "") for place in (vendor, service, self.sheet)
            ]
            is_dash = bool(cells[1]) and is_blank(cells[1])
            if not cells[0] or is_dash or any(map(is_total, cells[:2])):
                continue
            here = found.setdefault(tuple(cells), set())
            here.update(place for place, cell in enumerate(row) if cell and not is_blank(cell))
        return found

    def _code(self, key: Cells, places: set[int]) -> str | None:
        vendor, service, sheet = key
        if not self.queues.is_vendor(vendor):
            return self.queues.of(vendor)
        told = channels_told([self.names[place] for place in places], sheet or self.only_sheet)
        return self.queues.told(vendor, service, told)

    @staticmethod
    def _parts(codes: dict[Cells, str | None], *, with_service: bool) -> tuple[int, ...]:
        """Return which of vendor, service and sheet are needed to tell queues apart: as few as are enough."""
        options = ((0, 1), (0, 1, 2)) if with_service else ((0,), (0, 1), (0, 2), (0, 1, 2))
        for parts in options:
            meant: dict[Cells, set[str | None]] = defaultdict(set)
            asked: dict[Cells, set[str]] = defaultdict(set)
            for key, code in codes.items():
                name = tuple(key[part] for part in parts)
                meant[name].add(code)
                asked[name] |= {key[1]} if code is None and key[1] else set()
            if all(len(found) == 1 for found in meant.values()) and (
                1 in parts or all(len(services) < 2 for services in asked.values())
            ):
                return parts
        return options[-1]


def _mostly(found: Sequence[Any], holds: Callable[[Any], bool], share: float = MOSTLY) -> bool:
    return bool(found) and sum(map(holds, found)) >= share * len(found)
