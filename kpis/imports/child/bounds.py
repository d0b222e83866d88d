"""What one file may come to, and the process that reads it."""

from __future__ import annotations

from contextlib import suppress


class Refused(Exception):
    """The file is not read; ``code`` says why, ``where`` may name a sheet or a place."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code)
        self.code, self.where = code, where


class Limits:
    """What one file may come to."""

    def __init__(self, given: dict[str, int]) -> None:
        self.members, self.unpacked, self.ratio = given["members"], given["unpacked"], given["ratio"]
        self.sheets, self.lines, self.columns = given["sheets"], given["lines"], given["columns"]
        self.texts, self.memory, self.seconds = given["texts"], given["memory"], given["seconds"]


def bound(limits: Limits) -> None:
    """Bound this process; a system without such limits still has the clock of whoever started it."""
    try:
        import resource
    except ImportError:  # pragma: no cover - not on POSIX
        return
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
