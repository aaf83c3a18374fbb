"""The cells of a sheet, moved together where rows are left out."""

from typing import Any

from batchcreate.copies.kept import Kept

Sheet = Any
"""A worksheet of openpyxl, which has no types."""


def compact(sheet: Sheet, kept: Kept, *, marked: set[tuple[int, int]]) -> None:
    """
    Move the rows of *sheet* that are *kept* together, with all that belongs to their cells.

    Args:
        sheet: changed in place.
        kept: its rows.
        marked: row and column of cells that people have to type in; they are merged with none.

    """
    _move_merges(sheet, kept, marked)
    _move_cells(sheet, kept)
    _move_dimensions(sheet, kept)
    sheet.row_breaks.brk = []


def last_row(sheet: Sheet) -> int:
    """Return the last row of *sheet* with anything in it, 0 if there is none."""
    return max(
        (row for (row, _), cell in _cells(sheet).items() if cell.value is not None), default=0
    )


def _cells(sheet: Sheet) -> dict[tuple[int, int], Any]:
    # The public way to delete rows walks over all cells once for each gap.
    found: dict[tuple[int, int], Any] = sheet._cells  # noqa: SLF001
    return found


def _move_merges(sheet: Sheet, kept: Kept, marked: set[tuple[int, int]]) -> None:
    """Take apart what spans several rows of the table, or a cell to be typed in."""
    moved = []
    for merged in list(sheet.merged_cells.ranges):
        is_tall = merged.min_row < merged.max_row
        new = kept.moved(merged.min_row)
        if (
            new is None
            or (is_tall and any(map(kept.is_in_table, (merged.min_row, merged.max_row))))
            or any(cell in marked for cell in merged.cells)
        ):
            sheet.unmerge_cells(merged.coord)
        else:
            merged.shift(row_shift=new - merged.min_row)
            moved.append(merged)
    sheet.merged_cells.ranges = set(moved)


def _move_cells(sheet: Sheet, kept: Kept) -> None:
    moved = {}
    for (row, column), cell in _cells(sheet).items():
        if (new := kept.moved(row)) is not None:
            cell.row = new
            moved[new, column] = cell
            if cell.hyperlink is not None:
                cell.hyperlink.ref = cell.coordinate
    sheet._cells = moved  # noqa: SLF001 # see _cells


def _move_dimensions(sheet: Sheet, kept: Kept) -> None:
    """Take heights and formats of rows along; what a filter or an outline hid is shown."""
    dimensions = dict(sheet.row_dimensions)
    sheet.row_dimensions.clear()
    for row, dimension in dimensions.items():
        if (new := kept.moved(row)) is not None:
            dimension.index = new
            dimension.hidden = False
            dimension.outlineLevel = 0
            dimension.collapsed = False
            sheet.row_dimensions[new] = dimension
