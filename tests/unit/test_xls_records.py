"""Cells of .xls workbooks whose display depends on their format, and formulas."""

import struct
from pathlib import Path

from batchcreate.workbooks.binary import open_xls
from batchcreate.workbooks.extra_records import ExtraRecords
from batchcreate.workbooks.format_codes import parse_format
from batchcreate.workbooks.merged_cells import MergedCells
from batchcreate.workbooks.struck_texts import StruckRecords
from batchcreate.workbooks.tables import HEAD_ROWS, ColumnsToRead, to_chunks
from batchcreate.workbooks.untrusted import SharedFile
from batchcreate.workbooks.xls_records import Globals, read_globals, scan_xls_sheet
from tests.records import formula, formula_error, label, number, record, xls

STYLES = b"".join(
    (
        record(0x041E, struct.pack("<HHB", 164, 5, 0) + b"00000"),
        record(0x041E, struct.pack("<HHB", 165, 4, 1) + '"€"0'.encode("utf-16-le")),
        record(0x041E, struct.pack("<HHB", 166, 4, 0) + b'"x"@'),
        *(
            record(0x00E0, struct.pack("<HH", 0, each) + b"\0" * 16)
            for each in (0, 164, 165, 14, 166)
        ),
    )
)
"""The cell formats General, zeros, a euro sign before the number, a date and a text."""


def styled(row: int, column: int, value: float, style: int) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def rk(row: int, column: int, encoded: int, style: int) -> bytes:
    return record(0x027E, struct.pack("<HHHI", row, column, style, encoded))


def blank_result(row: int, column: int) -> bytes:
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
    content = struct.pack("<HHH", row, column, 0) + bytes((3, 0, 0, 0, 0, 0, 0xFF, 0xFF)) + rest
    return record(0x0006, content)


def text_result(row: int, column: int, style: int = 0) -> bytes:
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
    content = struct.pack("<HHH", row, column, style) + bytes((0,) * 6 + (0xFF, 0xFF)) + rest
    return record(0x0006, content)


def boolean_result(row: int, column: int) -> bytes:
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
    content = struct.pack("<HHH", row, column, 0) + bytes((1, 0, 1, 0, 0, 0, 0xFF, 0xFF)) + rest
    return record(0x0006, content)


def result(text: str) -> bytes:
    return record(0x0207, struct.pack("<HB", len(text), 0) + text.encode())


def styled_label(row: int, column: int, text: str, style: int) -> bytes:
    content = struct.pack("<HHHHB", row, column, style, len(text), 0) + text.encode()
    return record(0x0204, content)


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
                group, ColumnsToRead(columns=[1]), after=1, merged=MergedCells([]), chunk_rows=99
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
        boolean_result(6, 1),
    )

    assert found == {
        2: ("0", "z"),
        3: ("7", "n"),
        4: ("#N/A", "e"),
        6: ("y", "."),
        7: ("TRUE", "b"),
    }


def test_formulas_of_a_program_without_results(tmp_path: Path) -> None:
    """If no formula of the sheet has a result, the blank texts are not results."""
    found = shown(tmp_path / "t.xls", blank_result(1, 1), blank_result(2, 1), label(5, 1, "y"))

    assert found == {2: ("", "f"), 3: ("", "f"), 6: ("y", ".")}


def test_truncated_records_are_skipped() -> None:
    """A damaged record does not hide the others; calamine refuses the workbook if it uses them."""
    kinds = (0x0203, 0x027E, 0x00BD, 0x00FD, 0x023E, 0x041E, 0x00E0, 0x0006, 0x0205, 0x0085)
    begin, end = record(0x0809, b"\0" * 16), record(0x000A, b"")
    stream = begin + b"".join(record(kind, b"\0") for kind in kinds) + end
    extra = ExtraRecords([parse_format("000")])

    scan_xls_sheet(stream, 0, extra)

    assert (extra.cells, extra.merges) == ({}, [])
    assert read_globals(stream) == Globals(offsets=[], formats=[], struck=StruckRecords())


def test_text_results_are_in_the_next_record(tmp_path: Path) -> None:
    """The definition of a shared formula can be between them; without a text there is no result."""
    found = shown(
        tmp_path / "t.xls",
        text_result(1, 1) + result("a"),
        text_result(2, 1) + record(0x04BC, b"\0" * 10) + result("b"),
        text_result(3, 1),
        label(4, 1, "c"),
        text_result(5, 1, 4) + result("d"),
    )

    assert found == {
        2: ("a", "."),
        3: ("b", "."),
        4: ("", "f"),
        5: ("c", "."),
        6: ("xd\000d", "x"),
    }


def test_texts_are_displayed_with_their_formats(tmp_path: Path) -> None:
    """A format can add a text to a text, too."""
    found = shown(
        tmp_path / "t.xls",
        styled_label(1, 1, "a", 4),
        styled_label(2, 1, "b", 1),
        styled(3, 1, 12345678, 3),
        styled_label(4, 9, "outside", 4),
    )

    assert found == {
        2: ("xa\000a", "x"),
        3: ("b", "."),
        4: ("########\00012345678", "l"),
    }


def test_hidden_zeros_are_not_displayed(tmp_path: Path) -> None:
    """The setting follows the cells of the sheet."""
    hidden = record(0x023E, struct.pack("<HHHHH", 0x00A6, 0, 0, 0, 0))
    repeated = number(5, 1, 0) + styled_label(5, 1, "a", 4)
    cells = (number(1, 1, 0), styled(2, 1, 0, 1), formula(3, 1, 0), number(4, 1, 5), repeated)

    assert shown(tmp_path / "t.xls", *cells, hidden) == {
        2: ("\0000", "x"),
        3: ("\00000000", "x"),
        4: ("\0000", "x"),
        5: ("5", "n"),
        6: ("xa\000a", "x"),
    }


def test_formats_of_excel_95_have_narrow_texts() -> None:
    """The length of a text has one byte, and there is no flag."""
    stream = b"".join(
        (
            record(0x0809, struct.pack("<HH4x", 0x0500, 5)),
            record(0x041E, struct.pack("<HB", 164, 5) + b'"\x80"0.'),
            record(0x00E0, struct.pack("<HH", 0, 164) + b"\0" * 12),
            record(0x000A, b""),
        )
    )

    assert read_globals(stream).formats == [parse_format('"€"0.')]
