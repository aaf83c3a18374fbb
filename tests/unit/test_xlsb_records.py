"""Cells of .xlsb workbooks whose display depends on their format, and formulas."""

import struct
from pathlib import Path

from batchcreate.workbooks.binary import open_xlsb
from batchcreate.workbooks.cell_values import Column
from batchcreate.workbooks.merged_cells import MergedCells
from batchcreate.workbooks.protocol import limits_for
from batchcreate.workbooks.tables import HEAD_ROWS, ColumnsToRead, to_chunks
from batchcreate.workbooks.untrusted import SharedFile
from tests.records import part, row, text, wide, xlsb

STYLES = part(
    (44, struct.pack("<H", 164) + wide('"APP-"0000')),
    (44, struct.pack("<H", 165) + wide('"x"@')),
    (47, struct.pack("<HH", 0, 9) + b"\0" * 12),
    (617, struct.pack("<I", 2)),
    (47, struct.pack("<HH", 0, 0) + b"\0" * 12),
    (47, struct.pack("<HH", 0, 164) + b"\0" * 12),
    (47, struct.pack("<HH", 0, 165) + b"\0" * 12),
    (618, b""),
)
"""The cell formats General, a text before the number, and a text before the text."""


def cell(kind: int, column: int, style: int, value: bytes) -> tuple[int, bytes]:
    return kind, struct.pack("<II", column, style) + value


def test_numbers_are_displayed_with_their_formats(tmp_path: Path) -> None:
    """Integers, floats and results of formulas have separate records."""
    path = xlsb(
        tmp_path / "t.xlsb",
        *(row(0), text(0, "x"), text(1, "head")),
        *(row(1), text(0, "x"), cell(5, 1, 0, struct.pack("<d", 42))),
        *(row(2), text(0, "x"), cell(5, 1, 1, struct.pack("<d", 42))),
        *(row(3), text(0, "x"), cell(2, 1, 1, struct.pack("<I", 42 << 2 | 2))),
        *(row(4), text(0, "x"), cell(9, 1, 0, struct.pack("<dH", 0, 0) + b"\0" * 8)),
        *(row(5), text(0, "x"), cell(5, 1, 7, struct.pack("<d", 42))),
        *(row(6), text(0, "x"), cell(6, 1, 2, wide("y"))),
        styles=STYLES,
    )

    assert column_b(path) == (
        ["42", "APP-0042\00042", "APP-0042\00042", "0", "42", "xy\000y"],
        "nxxznx",
    )


def test_hidden_zeros_are_not_displayed(tmp_path: Path) -> None:
    """The view of the sheet precedes its cells."""
    path = xlsb(
        tmp_path / "t.xlsb",
        (137, struct.pack("<H", 0x000C) + b"\0" * 28),
        *(row(0), text(0, "x"), text(1, "head")),
        *(row(1), text(0, "x"), cell(5, 1, 0, struct.pack("<d", 0))),
        *(row(2), text(0, "x"), cell(5, 1, 0, struct.pack("<d", 7))),
        *(row(3), text(0, "x"), cell(6, 1, 2, wide("y"))),
        styles=STYLES,
    )

    assert column_b(path) == (["\0000", "7", "xy\000y"], "xnx")


def column_b(path: Path) -> Column:
    """Displayed texts and kinds of column B below the first row."""
    with path.open("rb") as file:
        shared = SharedFile(file.fileno())
        table = open_xlsb(shared, limits_for(shared.size_bytes)).table(0, HEAD_ROWS)
        (group,) = table.groups
        (chunk,) = to_chunks(
            group, ColumnsToRead(columns=[1]), after=1, merged=MergedCells([]), chunk_rows=99
        )
        (shown,) = chunk.columns
        return shown
