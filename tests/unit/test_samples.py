"""The samples have the rows, issues and notes that their README describes."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from batchcreate.pipeline.check import check
from batchcreate.pipeline.load import Input
from tests import messy

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(("name", "rows"), [("clean.csv", 40), ("clean.xlsx", 40)])
def test_every_row_of_a_clean_sample_is_valid(name: str, rows: int) -> None:
    """No cell is corrected automatically."""
    with check(Input(files=[SAMPLES / name], defaults={})) as result:
        found = (result.rows, result.rejected, result.notes.cleaned)

    assert found == (rows, 0, 0)


def test_messy_sample_has_the_generated_issues() -> None:
    """Each issue is in its cell, and there are no others."""
    found: dict[str, dict[str, str]] = {}
    with check(Input(files=[SAMPLES / "messy.xlsx"], defaults={})) as result:
        for issue in result.issues():
            found.setdefault(issue.location.sheet, {})[issue.cell] = issue.rule
        rows, rejected = result.rows, result.rejected

    assert found == messy.REJECTED
    assert (rows, rejected) == (27, sum(map(len, messy.REJECTED.values())))


def test_messy_sample_has_the_generated_notes() -> None:
    """Skipped sheets and rows, the header rows, hints and corrected cells are reported."""
    with check(Input(files=[SAMPLES / "messy.xlsx"], defaults={})) as result:
        notes = result.notes

    crm, erp = (sheet.layout for sheet in notes.sheets)
    assert (crm.sheet, crm.header_row, len(crm.hints)) == ("CRM", 5, 1)
    assert (erp.sheet, erp.header_row, len(erp.hints)) == ("ERP任务", 1, 0)
    assert {(skipped.sheet, skipped.reason) for skipped in notes.skipped} == {
        ("说明 Notes", "no_header"),
        ("Lookup", "no_header"),
        ("CRM (2024)", "hidden"),
        ("Sheet3", "empty"),
        ("ERP任务", "example"),
    }
    cleaned = [(cleaning.location.sheet, cleaning.cell) for cleaning in notes.cleanings]
    assert cleaned == [(sheet, cell) for sheet, found in messy.CLEANED.items() for cell in found]
    assert notes.cleaned == len(cleaned)


def test_messy_sample_can_be_generated_again(tmp_path: Path) -> None:
    """The file in the repository has the content that the generator writes."""
    messy.make(tmp_path / "messy.xlsx")

    assert cells(tmp_path / "messy.xlsx") == cells(SAMPLES / "messy.xlsx")


def cells(path: Path) -> list[Any]:
    """Return names, states, merged cells and values of all sheets of *path*."""
    return [
        (
            sheet.title,
            sheet.sheet_state,
            sorted(map(str, sheet.merged_cells.ranges)),
            list(sheet.iter_rows(values_only=True)),
        )
        for sheet in openpyxl.load_workbook(path)
    ]
