"""Files become rows: any file becomes a workbook of text cells, and a sheet of it, through a layout, rows of the feed.

``read_workbook`` is the one reader of every kind of file; what follows sees the same text cells wherever they came
from. An import profile is a layout a vendor keeps.
"""

from kpis.imports.grids import Record, Sheet, Workbook
from kpis.imports.kinds import FileKind
from kpis.imports.layouts import FeedRows, Layout, read_layout
from kpis.imports.opening import Grid, read_grid
from kpis.imports.reading import rows_of
from kpis.imports.rows import rows_in, standard_rows
from kpis.imports.tables import Table, read_table, table_of
from kpis.imports.workbooks import read_workbook

__all__ = [
    "FeedRows",
    "FileKind",
    "Grid",
    "Layout",
    "Record",
    "Sheet",
    "Table",
    "Workbook",
    "read_grid",
    "read_layout",
    "read_table",
    "read_workbook",
    "rows_in",
    "rows_of",
    "standard_rows",
    "table_of",
]
