"""The samples are what their README says."""

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
    """Nothing in it had to be cleaned either."""
    with check(Input(files=[SAMPLES / name], defaults={})) as findings:
        found = (findings.rows, findings.rejected, findings.notes.cleaned)

    assert found == (rows, 0, 0)


def test_the_messy_sample_has_the_mistakes_that_it_is_made_with() -> None:
    """Each at its own cell, and no other."""
    found: dict[str, dict[str, str]] = {}
    with check(Input(files=[SAMPLES / "messy.xlsx"], defaults={})) as findings:
        for issue in findings.issues():
            found.setdefault(issue.location.sheet, {})[issue.cell] = issue.rule
        rows, rejected = findings.rows, findings.rejected

    assert found == messy.REJECTED
    assert (rows, rejected) == (27, sum(map(len, messy.REJECTED.values())))


def test_the_messy_sample_shows_what_is_noticed() -> None:
    """Titles, sheets of other things, an example row, a near miss, and cells to be cleaned."""
    with check(Input(files=[SAMPLES / "messy.xlsx"], defaults={})) as findings:
        notes = findings.notes

    crm, erp = (sheet.layout for sheet in notes.sheets)
    assert (crm.sheet, crm.header_row, len(crm.hints)) == ("CRM", 5, 1)
    assert (erp.sheet, erp.header_row, len(erp.hints)) == ("ERP任务", 1, 0)
    assert {(passed.sheet, passed.reason) for passed in notes.skipped} == {
        ("说明 Notes", "no_header"),
        ("Lookup", "no_header"),
        ("CRM (2024)", "hidden"),
        ("Sheet3", "empty"),
        ("ERP任务", "example"),
    }
    cleaned = [(cleaning.location.sheet, cleaning.cell) for cleaning in notes.cleanings]
    assert cleaned == [(sheet, cell) for sheet, found in messy.CLEANED.items() for cell in found]
    assert notes.cleaned == len(cleaned)


def test_the_messy_sample_can_be_made_again(tmp_path: Path) -> None:
    """The file in the repository holds what its maker writes."""
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
