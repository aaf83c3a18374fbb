"""Cells of .xls workbooks whose display depends on their format, and formulas."""

import struct
from pathlib import Path

from batchcreate.workbooks.binary import open_xls
from batchcreate.workbooks.extra_records import ExtraRecords
from batchcreate.workbooks.merged_cells import MergedCells
from batchcreate.workbooks.tables import HEAD_ROWS, to_chunks
from batchcreate.workbooks.untrusted import SharedFile
from batchcreate.workbooks.xls_records import read_globals, scan_xls_sheet
from tests.records import formula, formula_error, label, number, record, xls

STYLES = b"".join(
    (
        record(0x041E, struct.pack("<HHB", 164, 5, 0) + b"00000"),
        record(0x041E, struct.pack("<HHB", 165, 4, 1) + '"€"0'.encode("utf-16-le")),
        *(record(0x00E0, struct.pack("<HH", 0, each) + b"\0" * 16) for each in (0, 164, 165, 14)),
    )
)
"""The cell formats 0 (General), 1 (zeros), 2 (a euro sign before the number) and 3 (a date)."""


def styled(row: int, column: int, value: float, style: int) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def rk(row: int, column: int, encoded: int, style: int) -> bytes:
    return record(0x027E, struct.pack("<HHHI", row, column, style, encoded))


def blank_result(row: int, column: int) -> bytes:
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
    content = struct.pack("<HHH", row, column, 0) + bytes((3, 0, 0, 0, 0, 0, 0xFF, 0xFF)) + rest
    return record(0x0006, content)


def shown(path: Path, *cells: bytes) -> dict[int, tuple[str, str]]:
    """Return displayed text and kind of the cells of column B, by row number."""
    filled = [label(row, 0, "x") for row in range(9)] + [label(0, 1, "head")]
    xls(path, {"May": [*filled, *cells]}, more=STYLES)
    with path.open("rb") as file:
        table = open_xls(SharedFile(file.fileno())).table(0, HEAD_ROWS)
        return {
            row: (text, (kinds or "." * len(chunk.numbers))[at])
            for group in table.groups
            for chunk in to_chunks(
                group, columns=[1], after=1, merged=MergedCells([]), chunk_rows=99
            )
            for texts, kinds in chunk.columns
            for at, (row, text) in enumerate(zip(chunk.numbers, texts, strict=True))
            if text or kinds[at : at + 1].strip(".")
        }


def test_numbers_are_displayed_with_their_formats(tmp_path: Path) -> None:
    """There are four records for numbers, with integers, floats and hundredths."""
    several = struct.pack("<HH", 6, 1) + struct.pack("<HI", 1, 42 << 2 | 2) + struct.pack("<H", 1)

    found = shown(
        tmp_path / "t.xls",
        number(1, 1, 42),
        styled(2, 1, 42, 1),
        rk(3, 1, 42 << 2 | 2, 1),
        rk(4, 1, 4250 << 2 | 3, 2),
        rk(5, 1, 0x40450000, 1),
        record(0x00BD, several),
        rk(7, 1, (0x40000000 - 7) << 2 & 0xFFFFFFFF | 2, 2),
        styled(8, 1, 46000, 3),
    )

    assert found == {
        2: ("42", "n"),
        3: ("00042", "."),
        4: ("00042", "."),
        5: ("€43\00042.5", "x"),
        6: ("00042", "."),
        7: ("00042", "."),
        8: ("-€7\000-7", "x"),
        9: ("2025-12-09", "d"),
    }


def test_result_of_a_formula_is_displayed_too(tmp_path: Path) -> None:
    """The result 0 can be that of a reference to an empty cell."""
    found = shown(
        tmp_path / "t.xls",
        formula(1, 1, 0),
        formula(2, 1, 7),
        formula_error(3, 1, 0x2A),
        blank_result(4, 1),
        label(5, 1, "y"),
    )

    assert found == {2: ("0", "z"), 3: ("7", "n"), 4: ("#N/A", "e"), 6: ("y", ".")}


def test_formulas_of_a_program_without_results(tmp_path: Path) -> None:
    """If no formula of the sheet has a result, the blank texts are not results."""
    found = shown(tmp_path / "t.xls", blank_result(1, 1), blank_result(2, 1), label(5, 1, "y"))

    assert found == {2: ("", "f"), 3: ("", "f"), 6: ("y", ".")}


def test_truncated_records_are_skipped() -> None:
    """A damaged record does not hide the others; calamine refuses the workbook if it uses them."""
    kinds = (0x0203, 0x027E, 0x00BD, 0x041E, 0x00E0, 0x0006, 0x0205, 0x0085)
    begin, end = record(0x0809, b"\0" * 16), record(0x000A, b"")
    stream = begin + b"".join(record(kind, b"\0") for kind in kinds) + end
    extra = ExtraRecords(["000"])

    scan_xls_sheet(stream, 0, extra)

    assert (extra.cells, extra.merges) == ({}, [])
    assert read_globals(stream) == ([], [])
