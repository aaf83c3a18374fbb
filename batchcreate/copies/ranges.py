"""What a sheet says about ranges of its cells, after its rows were moved together."""

import re
from collections.abc import Iterable
from typing import Any, Final

from batchcreate.copies.compacting import Sheet
from batchcreate.copies.kept import Kept

_OTHER_FILE: Final = re.compile(r"\[\d+\]")


def move_ranges(sheet: Sheet, kept: Kept) -> None:
    """Let validations, conditional formats, filters and tables of *sheet* follow their cells."""
    _move_validations(sheet, kept)
    _move_formats(sheet, kept)
    _move_tables(sheet, kept)
    if sheet.auto_filter.ref:
        _move_filter(sheet.auto_filter, kept)


def needs_other_file(formula: object) -> bool:
    """Whether *formula* refers to another workbook, which a copy has no link to."""
    return isinstance(formula, str) and _OTHER_FILE.search(formula) is not None


def _move_validations(sheet: Sheet, kept: Kept) -> None:
    validations = sheet.data_validations
    stay = []
    for validation in validations.dataValidation:
        formulas = (validation.formula1, validation.formula2)
        moved = _moved(validation.sqref.ranges, kept)
        if not moved or any(map(needs_other_file, formulas)):
            continue
        before, after = _corner(validation.sqref.ranges), _corner(moved)
        validation.formula1, validation.formula2 = (
            _translated(formula, before, after) for formula in formulas
        )
        validation.sqref.ranges = set(moved)
        stay.append(validation)
    validations.dataValidation = stay


def _move_formats(sheet: Sheet, kept: Kept) -> None:
    from openpyxl.formatting.formatting import ConditionalFormattingList

    stay = ConditionalFormattingList()
    for formatting in sheet.conditional_formatting:
        moved = _moved(formatting.sqref.ranges, kept)
        before = _corner(formatting.sqref.ranges)
        for rule in formatting.rules if moved else ():
            if any(map(needs_other_file, rule.formula)):
                continue
            rule.formula = [_translated(part, before, _corner(moved)) for part in rule.formula]
            stay.add(" ".join(each.coord for each in moved), rule)
    sheet.conditional_formatting = stay


def _move_tables(sheet: Sheet, kept: Kept) -> None:
    from openpyxl.worksheet.cell_range import CellRange

    for table in list(sheet.tables.values()):
        before = CellRange(table.ref)
        moved = _moved([before], kept)
        if not moved or kept.moved(before.min_row) is None or moved[0].size["rows"] < 2:  # noqa: PLR2004 # headings and a row
            del sheet.tables[table.name]
            continue
        table.ref = moved[0].coord
        # A row of totals is a row like any other by now, or gone.
        table.totalsRowCount = None
        table.sortState = None
        if table.autoFilter is not None:
            _move_filter(table.autoFilter, kept)


def _move_filter(auto_filter: Any, kept: Kept) -> None:  # noqa: ANN401 # openpyxl has no types
    """Keep the buttons, but let nothing be hidden."""
    from openpyxl.worksheet.cell_range import CellRange

    moved = _moved([CellRange(auto_filter.ref)], kept)
    auto_filter.ref = moved[0].coord if moved else None
    auto_filter.filterColumn = []
    auto_filter.sortState = None


def _moved(ranges: Iterable[Any], kept: Kept) -> list[Any]:
    from openpyxl.worksheet.cell_range import CellRange

    spans = ((each, kept.span(each.min_row, each.max_row)) for each in ranges)
    return [
        CellRange(min_col=each.min_col, max_col=each.max_col, min_row=span[0], max_row=span[1])
        for each, span in spans
        if span is not None
    ]


def _corner(ranges: Iterable[Any]) -> tuple[int, int]:
    """Return row and column that the formulas of *ranges* are written for."""
    ranges = list(ranges)
    return min(each.min_row for each in ranges), min(each.min_col for each in ranges)


def _translated(
    formula: str | None, before: tuple[int, int], after: tuple[int, int]
) -> str | None:
    """Return *formula*, whose relative references move from one corner to the other."""
    from openpyxl.formula.translate import Translator
    from openpyxl.utils import get_column_letter

    if not formula or before == after:
        return formula
    origin, goal = (f"{get_column_letter(column)}{row}" for row, column in (before, after))
    return str(Translator(f"={formula}", origin=origin).translate_formula(goal)).removeprefix("=")
