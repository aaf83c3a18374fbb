"""Rows of a sheet that are moved up over the omitted rows, with everything that refers to them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

from batchcreate.to_fix.annotations import Sheet, existing_cells
from batchcreate.workbooks.protocol import ROWS_MAX

_OTHER_WORKBOOK: Final = re.compile(r"\[\d+\]")


class KeptRows:
    """
    The rows of a sheet that are kept, and their new numbers.

    Args:
        header_row: number of the header row; it and the rows above it are kept.
        numbers: numbers of the kept rows below it, ascending.
        last: number of the last row that contains a value. The rows below it have formats for
            future rows; they are kept, and follow the other rows.

    """

    def __init__(self, header_row: int, numbers: Sequence[int], *, last: int) -> None:
        self._header_number = header_row
        self._rows = [*range(1, header_row + 1), *numbers]
        self._new_numbers = {row: at for at, row in enumerate(self._rows, start=1)}
        self._last = max(last, self._rows[-1])
        self._omitted = self._last - len(self._rows)

    def is_in_table(self, row: int) -> bool:
        """Return True if *row* is between the header row and the future rows."""
        return bool(self._header_number < row <= self._last)

    def new_number(self, row: int) -> int | None:
        """Return the new number of *row*, or None if the row is omitted."""
        return row - self._omitted if row > self._last else self._new_numbers.get(row)

    def new_span(self, first: int, last: int) -> tuple[int, int] | None:
        """Return the new first and last number of the rows *first* to *last*, or None."""
        is_below = first > self._last
        begin = first - self._omitted if is_below else bisect_left(self._rows, first) + 1
        end = last - self._omitted if last > self._last else bisect_right(self._rows, last)
        if last >= ROWS_MAX:
            # A range to the end of the column stays one.
            end = ROWS_MAX
        return (begin, end) if begin <= end else None


def last_row(sheet: Sheet) -> int:
    """Return the number of the last row of *sheet* that contains a value, or 0."""
    return max(
        (row for (row, _), cell in existing_cells(sheet).items() if cell.value is not None),
        default=0,
    )


def move_rows(sheet: Sheet, kept: KeptRows, *, annotated: set[tuple[int, int]]) -> None:
    """
    Move the rows of *sheet* that are *kept*, with heights, merges and ranges.

    Args:
        sheet: changed in place.
        kept: its rows.
        annotated: row and column of cells that the analyst has to fill in; they are unmerged.

    """
    _move_merges(sheet, kept, annotated)
    _move_cells(sheet, kept)
    _move_dimensions(sheet, kept)
    sheet.row_breaks.brk = []
    _move_validations(sheet, kept)
    _move_conditional_formats(sheet, kept)
    _move_tables(sheet, kept)
    if sheet.auto_filter.ref:
        _move_filter(sheet.auto_filter, kept)


def refers_to_other_workbook(formula: object) -> bool:
    """Return True if *formula* refers to another workbook; a copy has no links."""
    return isinstance(formula, str) and _OTHER_WORKBOOK.search(formula) is not None


def _move_merges(sheet: Sheet, kept: KeptRows, annotated: set[tuple[int, int]]) -> None:
    """Move merged cells; unmerge those across rows of the table or with an annotated cell."""
    moved = []
    for merged in list(sheet.merged_cells.ranges):
        has_rows = merged.min_row < merged.max_row
        new = kept.new_number(merged.min_row)
        if (
            new is None
            or (has_rows and any(map(kept.is_in_table, (merged.min_row, merged.max_row))))
            or any(cell in annotated for cell in merged.cells)
        ):
            sheet.unmerge_cells(merged.coord)
        else:
            merged.shift(row_shift=new - merged.min_row)
            moved.append(merged)
    sheet.merged_cells.ranges = set(moved)


def _move_cells(sheet: Sheet, kept: KeptRows) -> None:
    moved = {}
    for (row, column), cell in existing_cells(sheet).items():
        if (new := kept.new_number(row)) is not None:
            cell.row = new
            moved[new, column] = cell
            if cell.hyperlink is not None:
                cell.hyperlink.ref = cell.coordinate
    # The public method for deleting rows visits all cells once for each gap.
    sheet._cells = moved  # noqa: SLF001


def _move_dimensions(sheet: Sheet, kept: KeptRows) -> None:
    """Move heights and formats of rows, and show the rows that a filter or outline hides."""
    dimensions = dict(sheet.row_dimensions)
    sheet.row_dimensions.clear()
    for row, dimension in dimensions.items():
        if (new := kept.new_number(row)) is not None:
            dimension.index = new
            dimension.hidden = False
            dimension.outlineLevel = 0
            dimension.collapsed = False
            sheet.row_dimensions[new] = dimension


def _move_validations(sheet: Sheet, kept: KeptRows) -> None:
    validations = sheet.data_validations
    moved_validations = []
    for validation in validations.dataValidation:
        formulas = (validation.formula1, validation.formula2)
        moved = _move_ranges(validation.sqref.ranges, kept)
        if not moved or any(map(refers_to_other_workbook, formulas)):
            continue
        before, after = _first_cell(validation.sqref.ranges), _first_cell(moved)
        validation.formula1, validation.formula2 = (
            _translate(formula, before, after) for formula in formulas
        )
        validation.sqref.ranges = set(moved)
        moved_validations.append(validation)
    validations.dataValidation = moved_validations


def _move_conditional_formats(sheet: Sheet, kept: KeptRows) -> None:
    from openpyxl.formatting.formatting import ConditionalFormattingList

    moved_formats = ConditionalFormattingList()
    for formatting in sheet.conditional_formatting:
        moved = _move_ranges(formatting.sqref.ranges, kept)
        before = _first_cell(formatting.sqref.ranges)
        for rule in formatting.rules if moved else ():
            if any(map(refers_to_other_workbook, rule.formula)):
                continue
            after = _first_cell(moved)
            rule.formula = [_translate(part, before, after) for part in rule.formula]
            moved_formats.add(" ".join(each.coord for each in moved), rule)
    sheet.conditional_formatting = moved_formats


def _move_tables(sheet: Sheet, kept: KeptRows) -> None:
    from openpyxl.worksheet.cell_range import CellRange

    for table in list(sheet.tables.values()):
        before = CellRange(table.ref)
        moved = _move_ranges([before], kept)
        has_header = kept.new_number(before.min_row) is not None
        if not moved or not has_header or moved[0].size["rows"] < 2:  # noqa: PLR2004 # header and a row
            del sheet.tables[table.name]
            continue
        table.ref = moved[0].coord
        # The row of totals is omitted, or copied as an ordinary row.
        table.totalsRowCount = None
        table.sortState = None
        if table.autoFilter is not None:
            _move_filter(table.autoFilter, kept)


def _move_filter(auto_filter: Any, kept: KeptRows) -> None:  # noqa: ANN401 # openpyxl has no types
    """Move a filter without its criteria, so that it hides no rows."""
    from openpyxl.worksheet.cell_range import CellRange

    moved = _move_ranges([CellRange(auto_filter.ref)], kept)
    auto_filter.ref = moved[0].coord if moved else None
    auto_filter.filterColumn = []
    auto_filter.sortState = None


def _move_ranges(ranges: Iterable[Any], kept: KeptRows) -> list[Any]:
    """Return the ranges after the move, without those of which no row is kept."""
    from openpyxl.worksheet.cell_range import CellRange

    spans = ((each, kept.new_span(each.min_row, each.max_row)) for each in ranges)
    return [
        CellRange(min_col=each.min_col, max_col=each.max_col, min_row=span[0], max_row=span[1])
        for each, span in spans
        if span is not None
    ]


def _first_cell(ranges: Iterable[Any]) -> tuple[int, int]:
    """Return row and column of the cell that relative formulas of *ranges* refer to."""
    ranges = list(ranges)
    return min(each.min_row for each in ranges), min(each.min_col for each in ranges)


def _translate(formula: str | None, before: tuple[int, int], after: tuple[int, int]) -> str | None:
    """Return *formula* with its relative references moved from cell *before* to *after*."""
    from openpyxl.formula.translate import Translator
    from openpyxl.utils import get_column_letter

    if not formula or before == after:
        return formula
    origin, target = (f"{get_column_letter(column)}{row}" for row, column in (before, after))
    translated = Translator(f"={formula}", origin=origin).translate_formula(target)
    return str(translated).removeprefix("=")
