"""What is not created goes back to its author, is mended there, and comes in again."""

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
async def test_mended_rows_are_created_after_the_others(tmp_path: Path, suffix: str) -> None:
    """Check, mend, run the original, run the mended rows: every row has its task."""
    to_fix = await checked(tmp_path, suffix)
    analysts.mend(to_fix)

    first = await run(tmp_path, f"tasks{suffix}")
    left_alone = to_fix.is_file()
    second = await run(tmp_path, f"tasks-results/to-fix{suffix}")
    third = await run(tmp_path, f"tasks{suffix}")

    rows, bad = analysts.ROWS, analysts.BAD
    assert first == (1, {"rejected": bad, "created": rows - bad})
    assert left_alone
    assert second == (0, {"created": rows})
    assert third == (0, {"created": rows})
    names = sorted(path.name for path in to_fix.parent.glob("to-fix*"))
    assert names == sorted(["to-fix.sha256", to_fix.name])


async def test_to_fix_file_without_its_batch_is_noticed(tmp_path: Path) -> None:
    """With another results folder it makes a batch of its own, and that is hardly ever meant."""
    to_fix = await checked(tmp_path, ".csv")
    analysts.mend(to_fix)
    await run(tmp_path, "tasks.csv")
    place = ("--simulate", "--rate", "1000", "--dry-run", "--results")
    back = "tasks-results/to-fix.csv"

    elsewhere = await invoke("run", back, *place, "other-results", folder=tmp_path)
    at_home = await invoke("run", back, *place, "tasks-results", folder=tmp_path)

    assert "answer no" in elsewhere.err
    assert "answer no" not in at_home.err


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("order", [1, -1], ids=["original first", "to-fix first"])
async def test_original_and_mended_rows_make_one_batch(
    tmp_path: Path, suffix: str, order: int
) -> None:
    """Given together, in whatever order, each row counts once and is created once."""
    to_fix = await checked(tmp_path, suffix)
    analysts.mend(to_fix)
    files: Sequence[str] = (f"tasks{suffix}", f"tasks-results/to-fix{suffix}")

    ended = await run(tmp_path, *files[::order])
    again = await run(tmp_path, *files[::order])

    assert ended == again == (0, {"created": analysts.ROWS})


async def test_a_second_program_keeps_what_is_said_and_the_batch_goes_on(tmp_path: Path) -> None:
    """An analyst who mends and saves the file in LibreOffice hands back the same rows."""
    to_fix = await checked(tmp_path, ".xlsx")
    analysts.mend(to_fix)
    saved = convert(to_fix, ".xlsx", folder=tmp_path / "saved")
    first = await run(tmp_path, "tasks.xlsx")

    second = await run(tmp_path, str(saved))

    assert said(saved) == said(to_fix)
    assert first == (1, {"rejected": analysts.BAD, "created": analysts.ROWS - analysts.BAD})
    assert second == (0, {"created": analysts.ROWS})


def said(path: Path) -> dict[str, Any]:
    """Comments, validations and values of the sheets that are shown."""
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
