"""Input files that contain all damaged cells."""

import csv
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

from tests.corpus.cells import (
    CELLS,
    FIELDS,
    MERGED,
    NO_RESULT,
    Damage,
    damaged_row,
    valid_row,
)

TITLE_ROWS = 3


def write_book(path: Path, damages: Sequence[Damage] = CELLS) -> dict[Damage, str]:
    """Write a workbook with a row for each of *damages*; return the cell addresses."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Tasks"
    sheet["A1"] = "Onboarding, second wave"
    for at, field in enumerate(FIELDS, start=1):
        sheet.cell(TITLE_ROWS + 1, at, field)
    addresses = {}
    number = TITLE_ROWS + 2
    for at, damage in enumerate(damages):
        if damage.special == MERGED:  # the merged cell begins in a valid row above it
            _write_row(sheet, number, valid_row(900 + at))
            number += 1
        _write_row(sheet, number, damaged_row(at, damage))
        column = FIELDS.index(damage.field) + 1
        cell = sheet.cell(number, column)
        if damage.special == MERGED:
            sheet.merge_cells(
                start_row=number - 1, end_row=number, start_column=column, end_column=column
            )
        elif isinstance(damage.typed, str) and damage.special != NO_RESULT:
            cell.data_type = "e" if damage.special else "s"
        addresses[damage] = cell.coordinate
        number += 1
    book.save(path)
    return addresses


def write_text(path: Path, damages: Sequence[Damage]) -> dict[Damage, str]:
    """Write a CSV file with a row for each of *damages*; return the cell addresses."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(damaged_row(at, damage) for at, damage in enumerate(damages))
    return {
        damage: f"{'ABCDEFGH'[FIELDS.index(damage.field)]}{number}"
        for number, damage in enumerate(damages, start=2)
    }


def _write_row(sheet: object, number: int, row: dict[str, object]) -> None:
    for at, field in enumerate(FIELDS, start=1):
        sheet.cell(number, at, row[field])  # type: ignore[attr-defined] # openpyxl has no types
