"""What is not created goes back to its author, is mended there, and comes in again."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import analysts
from tests.functional.inside import here
from tests.functional.program import batchcreate

FILES = {".xlsx": analysts.write_workbook, ".csv": analysts.write_text}


async def checked(folder: Path, suffix: str) -> Path:
    """Write a file, check it, and return the to-fix file."""
    tasks = folder / f"tasks{suffix}"
    FILES[suffix](tasks)
    ended = await batchcreate("check", tasks.name, folder=folder)
    assert ended.code == 1, ended.err
    return folder / "tasks-results" / f"to-fix{suffix}"


async def run(folder: Path, *files: str) -> tuple[int, dict[str, int]]:
    """Run *files* and return the exit code and the counts."""
    ended = await here(
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
