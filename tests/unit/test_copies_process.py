"""A workbook is copied where that is quick enough, by a child that knows no more than it has to."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from batchcreate.copies.plan import Plan
from batchcreate.copies.process import (
    CELL_BYTES_MAX,
    ROWS_MAX,
    SOURCE_BYTES_MAX,
    is_copied,
    is_copyable,
)
from batchcreate.report.to_fix.lines import headings

HALF = CELL_BYTES_MAX // 2


def packed(path: Path, **parts: int) -> Path:
    """Write an archive whose parts are so large, and next to nothing on disk."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in parts.items():
            archive.writestr(names.get(name, f"xl/media/{name}"), b" " * size)
    return path


@pytest.mark.parametrize(
    ("parts", "rows", "is_tried"),
    [
        ({"sheet": HALF, "strings": HALF}, ROWS_MAX, True),
        ({"sheet": HALF, "strings": HALF + 1}, 1, False),
        ({"sheet": HALF, "picture": 2 * CELL_BYTES_MAX}, 1, True),
        ({"sheet": 1}, ROWS_MAX + 1, False),
    ],
    ids=["just so", "many cells", "a large picture", "many rows"],
)
def test_cells_count_and_pictures_do_not(
    tmp_path: Path, parts: dict[str, int], rows: int, *, is_tried: bool
) -> None:
    """What takes time is what openpyxl reads cell by cell."""
    with packed(tmp_path / "a.xlsx", **parts).open("rb") as source:
        assert is_copyable(source, rows=rows) == is_tried


@pytest.mark.parametrize(
    ("size", "is_tried"), [(10, True), (SOURCE_BYTES_MAX + 1, False)], ids=["small", "large"]
)
def test_other_formats_are_judged_by_their_size(
    tmp_path: Path, size: int, *, is_tried: bool
) -> None:
    """Whether one of them can be copied shows when it is tried."""
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0" * size)

    with path.open("rb") as source:
        assert is_copyable(source, rows=1) == is_tried


def test_child_learns_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads a file that somebody else made; a key that interrupts us does not reach it."""
    told = tmp_path / "told"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv >{told}\ncut -d' ' -f5 /proc/$$/stat >>{told}\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("BATCHCREATE_TOKEN", "canary")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "canary")
    monkeypatch.setenv("HOME", "/at/home")
    plan = Plan(headings=headings("en"), sheets=[])

    with (tmp_path / "a").open("w+b") as source, (tmp_path / "b").open("w+b") as target:
        assert not is_copied(source, plan, target)

    *environment, group = told.read_text().splitlines()
    assert "HOME=/at/home" in environment
    assert "canary" not in told.read_text()
    assert int(group) != os.getpgrp()
