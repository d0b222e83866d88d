"""Setting up a programme in one go, from names and ticks to the first figures; undone as a whole until figures come."""

from bpo.services.programme.leaving_out import leave_out
from bpo.services.programme.making import create_programme
from bpo.services.programme.reading import Reading, as_lines, read_names
from bpo.services.programme.services import DAYS, SERVICES
from bpo.services.programme.sheets import drop_sheet, keep_sheet, remembered, take_sheet
from bpo.services.programme.undoing import has_figures, undo_programme
from bpo.services.programme.wishes import VOICE_SETS, Wish, check_wish, items_of

__all__ = [
    "DAYS",
    "SERVICES",
    "VOICE_SETS",
    "Reading",
    "Wish",
    "as_lines",
    "check_wish",
    "create_programme",
    "drop_sheet",
    "has_figures",
    "items_of",
    "keep_sheet",
    "leave_out",
    "read_names",
    "remembered",
    "take_sheet",
    "undo_programme",
]
