"""Small workbooks are copied by a limited child process."""

import zipfile
from pathlib import Path

import pytest

from batchcreate.to_fix.copy_process import (
    CELL_BYTES_MAX,
    SOURCE_BYTES_MAX,
    copy_cpu_s,
    is_copyable,
)
from batchcreate.to_fix.marked_copy import copy_with_marks
from batchcreate.to_fix.marks import CopyPlan
from tests.copied_books import make_book

HALF = CELL_BYTES_MAX // 2


def packed(path: Path, **parts: int) -> Path:
    """An archive with parts of these sizes, which compress to almost nothing."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in parts.items():
            archive.writestr(names.get(name, f"xl/media/{name}"), b" " * size)
    return path


@pytest.mark.parametrize(
    ("parts", "is_small"),
    [
        ({"sheet": HALF, "strings": HALF}, True),
        ({"sheet": HALF, "strings": HALF + 1}, False),
        ({"sheet": HALF, "picture": 2 * CELL_BYTES_MAX}, True),
    ],
    ids=["at the limit", "many cells", "a large picture"],
)
def test_only_parts_with_cells_count(
    tmp_path: Path, parts: dict[str, int], *, is_small: bool
) -> None:
    """Pictures of any size take no time."""
    with packed(tmp_path / "a.xlsx", **parts).open("rb") as source:
        assert is_copyable(source) == is_small


@pytest.mark.parametrize(
    ("size", "is_small"), [(10, True), (SOURCE_BYTES_MAX + 1, False)], ids=["small", "large"]
)
def test_other_formats_are_limited_by_their_size(
    tmp_path: Path, size: int, *, is_small: bool
) -> None:
    """Only an attempt shows whether one of them can be copied."""
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0" * size)

    with path.open("rb") as source:
        assert is_copyable(source) == is_small


@pytest.mark.parametrize("is_valid", [True, False], ids=["workbook", "other file"])
def test_result_shows_whether_the_copy_was_written(tmp_path: Path, *, is_valid: bool) -> None:
    """A file of another format is not copied."""
    path = tmp_path / "t.xlsx"
    make_book().save(path)
    if not is_valid:
        path.write_bytes(b"PK")

    with path.open("rb") as source, (tmp_path / "c.xlsx").open("w+b") as target:
        assert copy_with_marks(source, target, CopyPlan(sheets=[])) == is_valid


def test_copy_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """Its rows are written to a new workbook instead."""
    make_book().save(tmp_path / "t.xlsx")

    with (tmp_path / "t.xlsx").open("rb") as source, (tmp_path / "c.xlsx").open("w+b") as target:
        assert not copy_with_marks(source, target, CopyPlan(sheets=[]), wait_s=0.0)


def test_processor_time_depends_on_the_size() -> None:
    """A small workbook delays a check by a few seconds at most."""
    assert [copy_cpu_s(size) for size in (0, 100_000, SOURCE_BYTES_MAX)] == [4, 5, 64]
