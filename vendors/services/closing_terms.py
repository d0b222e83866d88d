"""The closing calendar inside a contract's terms: what somebody sent, as it is stored.

Raises Invalid with the place of the fault.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from vendors.calc.closing import KOREAN_DEFAULT
from vendors.errors import Invalid, RowError

PRESETS = {"korean_default": KOREAN_DEFAULT}
STEPS = ("feed_closed", "shared", "objections_end", "final")
LIMITS = ("free_correction_days", "correction_days", "backfill_days")
MOST_BUSINESS_DAYS = 20
MOST_DAYS = 400

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")


def clean_closing(value: Any) -> dict[str, Any]:
    """Return the calendar with what is set and nothing else; the name of a proposal stands for the whole of it."""
    if isinstance(value, str):
        if value not in PRESETS:
            names = ", ".join(PRESETS)
            raise _wrong("closing", "invalid_choice", _("The proposals are: %(names)s.") % {"names": names})
        return dict(PRESETS[value])
    if not isinstance(value, dict):
        raise _wrong("closing", "not_object", _("This must be an object, or the name of a proposal."))
    cleaned = {
        name: _field(name, given)
        for name, given in value.items()
        if given is not None and given != "" and given is not False
    }
    _check_order(cleaned, STEPS, _("Each step of the calendar comes on the same day as the one before it, or later."))
    _check_order(cleaned, LIMITS[:2], _("The days without a reason are not more than the days of corrections."))
    if cleaned.get("share_automatically") and not {"feed_closed", "shared"} <= cleaned.keys():
        text = _("Sharing by itself needs the days on which the feed closes and the card is shared.")
        raise _wrong("closing.share_automatically", "required", text)
    return cleaned


def _field(name: str, value: Any) -> Any:
    place = f"closing.{str(name)[:50]}"
    if name == "daily_cutoff":
        if not isinstance(value, str) or not _TIME.match(value):
            raise _wrong(place, "bad_time", _("Write the time as HH:MM, such as 10:00."))
        return value
    if name == "share_automatically":
        if value is not True:
            raise _wrong(place, "not_a_boolean", _("This must be true or false."))
        return True
    if name in STEPS:
        return _whole(value, place, 1, MOST_BUSINESS_DAYS)
    if name == "invoice_day":
        return _whole(value, place, 1, 28)
    if name in LIMITS:
        return _whole(value, place, 0, MOST_DAYS)
    names = ", ".join(["daily_cutoff", *STEPS, "invoice_day", *LIMITS, "share_automatically"])
    raise _wrong(place, "unknown_field", _("The calendar has these fields: %(names)s.") % {"names": names})


def _whole(value: Any, place: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        text = _("This must be a whole number from %(least)s to %(most)s.")
        raise _wrong(place, "number_range", text % {"least": least, "most": most})
    return value


def _check_order(cleaned: dict[str, Any], names: tuple[str, ...], text: Any) -> None:
    there = [(name, cleaned[name]) for name in names if name in cleaned]
    for (_earlier, before), (later, after) in pairwise(there):
        if after < before:
            raise _wrong(f"closing.{later}", "order", text)


def _wrong(place: str, code: str, detail: Any) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, place)])
