"""Files that show what an external factor says: within limits, told by their bytes, kept for good."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.calc.file_types import TAKEN, FileType, file_type, safe_name
from kpis.models import FactorFile
from kpis.services.factors.deciding import UNDECIDED
from kpis.services.factors.filing import check_side, locked, log
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Invalid, RowError, TooLarge, UnsupportedMedia

LARGEST = 5 * 1024 * 1024
MOST_FILES = 10
ENDINGS = tuple(ending for kind in TAKEN for ending in kind.endings)


@transaction.atomic
def add_file(factor_id: int, *, name: str, content: bytes, actor: Actor, now: datetime) -> FactorFile:
    """Keep a file at a factor that is not decided; the same file again is the one that is there.

    Raises Invalid for an empty one, TooLarge, UnsupportedMedia for what is not taken, Conflict ``too_many_files`` or
    ``decided``, Forbidden, NotFound.
    """
    factor = locked(factor_id, actor=actor, needs=Capability.REGISTER_FACTORS, statuses=UNDECIDED)
    check_side(factor, actor)
    kind = _taken(content)
    digest = sha256(content).hexdigest()
    known: FactorFile | None = FactorFile.objects.filter(factor=factor, sha256=digest).defer("content").first()
    if known is not None:
        return known
    if FactorFile.objects.filter(factor=factor).count() >= MOST_FILES:
        raise Conflict("too_many_files", _("A factor has at most %(most)s files.") % {"most": MOST_FILES})
    made = FactorFile.objects.create(
        factor=factor,
        name=safe_name(name, kind),
        media_type=kind.media_type,
        content=content,
        size=len(content),
        sha256=digest,
        added_by=actor.label[:200],
        added_at=now,
    )
    log(factor, "file", actor=actor, now=now, note=made.name, sha256=digest, size=made.size)
    return made


def _taken(content: bytes) -> FileType:
    if not content:
        raise Invalid("empty_file", _("The file is empty."), [RowError("empty_file", _("The file is empty."), "file")])
    if len(content) > LARGEST:
        raise TooLarge("file_too_large", _("A file has at most %(most)s MB.") % {"most": LARGEST // 1024**2})
    kind = file_type(content)
    if kind is None:
        text = _("This is none of the files that are taken: %(kinds)s. Its content counts, not its name.")
        raise UnsupportedMedia("file_type", text % {"kinds": ", ".join(ENDINGS)})
    return kind
