"""Rows that are not created go back to the analyst, are fixed, and are run again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests import analysts
from tests.functional.inside import invoke
from tests.office import convert

FILES = {".xlsx": analysts.write_workbook, ".csv": analysts.write_text}


async def checked(folder: Path, suffix: str) -> Path:
    """Write a file, check it, and return the to-fix file."""
    tasks = folder / f"tasks{suffix}"
    FILES[suffix](tasks)
    ended = await invoke("check", tasks.name, folder=folder)
    assert ended.code == 1, ended.err
    return folder / "tasks-results" / f"to-fix{suffix}"


async def run(folder: Path, *files: str) -> tuple[int, dict[str, int]]:
    """Run *files* and return the exit code and the counts."""
    ended = await invoke(
        *("run", *files, "--simulate", "--results", "tasks-results", "--rate", "1000"),
        folder=folder,
    )
    summary = json.loads((folder / "tasks-results" / "summary.json").read_text(encoding="utf-8"))
    counts = {status: count for status, count in summary["counts"].items() if count}
    assert summary["total"] == sum(counts.values()), ended.err
    return ended.code, counts


@pytest.mark.parametrize("suffix", FILES)
async def test_fixed_rows_are_created_after_the_others(tmp_path: Path, suffix: str) -> None:
    """Every row has a task after a check, a run of the original and a run of the fixed rows."""
    to_fix = await checked(tmp_path, suffix)
    analysts.fix(to_fix)

    first = await run(tmp_path, f"tasks{suffix}")
    is_kept = to_fix.is_file()
    second = await run(tmp_path, f"tasks-results/to-fix{suffix}")
    third = await run(tmp_path, f"tasks{suffix}")

    rows, bad = analysts.ROWS, analysts.BAD
    assert first == (1, {"rejected": bad, "created": rows - bad})
    assert is_kept
    assert second == (0, {"created": rows})
    assert third == (0, {"created": rows})
    names = sorted(path.name for path in to_fix.parent.glob("to-fix*"))
    assert names == sorted(["to-fix.sha256", to_fix.name])


async def test_to_fix_file_without_its_batch_is_noticed(tmp_path: Path) -> None:
    """With another results folder it would be a separate batch, which is hardly ever intended."""
    to_fix = await checked(tmp_path, ".csv")
    analysts.fix(to_fix)
    await run(tmp_path, "tasks.csv")
    place = ("--simulate", "--rate", "1000", "--dry-run", "--results")
    back = "tasks-results/to-fix.csv"

    elsewhere = await invoke("run", back, *place, "other-results", folder=tmp_path)
    at_home = await invoke("run", back, *place, "tasks-results", folder=tmp_path)

    assert "answer no" in elsewhere.err
    assert "answer no" not in at_home.err


@pytest.mark.parametrize(
    ("suffix", "order"),
    [
        pytest.param(".xlsx", 1, id="workbook with original first"),
        pytest.param(".csv", -1, id="text with to-fix first"),
    ],
)
async def test_original_and_fixed_rows_are_one_batch(
    tmp_path: Path, suffix: str, order: int
) -> None:
    """Given together in any order, each row counts once and is created once."""
    to_fix = await checked(tmp_path, suffix)
    analysts.fix(to_fix)
    files: Sequence[str] = (f"tasks{suffix}", f"tasks-results/to-fix{suffix}")

    ended = await run(tmp_path, *files[::order])
    again = await run(tmp_path, *files[::-order])

    assert ended == again == (0, {"created": analysts.ROWS})


async def test_file_that_libreoffice_saved_continues_the_batch(tmp_path: Path) -> None:
    """Comments, validations and values are kept by another spreadsheet program."""
    to_fix = await checked(tmp_path, ".xlsx")
    analysts.fix(to_fix)
    saved = convert(to_fix, ".xlsx", folder=tmp_path / "saved")
    first = await run(tmp_path, "tasks.xlsx")

    second = await run(tmp_path, str(saved))

    assert content(saved) == content(to_fix)
    assert first == (1, {"rejected": analysts.BAD, "created": analysts.ROWS - analysts.BAD})
    assert second == (0, {"created": analysts.ROWS})


def content(path: Path) -> dict[str, Any]:
    """Comments, validations and values of the visible sheets."""
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: (
            {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment},
            sorted(
                (str(each.sqref), each.type, each.formula1)
                for each in sheet.data_validations.dataValidation
            ),
            [row for row in sheet.iter_rows(values_only=True) if any(row)],
        )
        for sheet in book
        if sheet.sheet_state == "visible"
    }
