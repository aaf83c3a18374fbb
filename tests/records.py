"""Workbooks built from binary records: .xls ([MS-XLS]) and .xlsb ([MS-XLSB])."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.spreadsheets import compound, packed, relations

Cells = Sequence[bytes]

_BEGIN, _END, _SHEET = 0x0809, 0x000A, 0x0085
_GLOBALS, _WORKSHEET = 5, 0x10


def record(kind: int, content: bytes) -> bytes:
    """Return a record of an .xls stream."""
    return struct.pack("<HH", kind, len(content)) + content


def label(row: int, column: int, text: str, style: int = 0) -> bytes:
    """Return a cell with *text*; rows and columns count from 0."""
    content = struct.pack("<HHHHB", row, column, style, len(text), 1) + text.encode("utf-16-le")
    return record(0x0204, content)


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def boolean(row: int, column: int, *, value: bool) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, value, 0))


def error(row: int, column: int, code: int) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def formula_error(row: int, column: int, code: int) -> bytes:
    """Return a formula whose result is an error."""
    result = bytes((2, 0, code, 0, 0, 0, 0xFF, 0xFF))
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"  # the formula =1
    return record(0x0006, struct.pack("<HHH", row, column, 0) + result + rest)


def formula(row: int, column: int, value: float) -> bytes:
    """Return a formula whose result is a number."""
    rest = struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
    return record(0x0006, struct.pack("<HHHd", row, column, 0, value) + rest)


def merged(top: int, bottom: int, left: int, right: int) -> bytes:
    return record(0x00E5, struct.pack("<5H", 1, top, bottom, left, right))


def table(*texts: Sequence[str]) -> list[bytes]:
    """Return a cell for each of *texts*, from A1 on."""
    return [label(row, at, text) for row, line in enumerate(texts) for at, text in enumerate(line)]


def xls(
    path: Path, sheets: Mapping[str, Cells], *, hidden: Sequence[str] = (), more: bytes = b""
) -> Path:
    """Write a workbook with *sheets*; *more* contains additional records of the workbook."""
    bodies = [
        record(_BEGIN, struct.pack("<HH12x", 0x0600, _WORKSHEET))
        + b"".join(cells)
        + record(_END, b"")
        for cells in sheets.values()
    ]
    names = [name.encode("utf-16-le") for name in sheets]
    begin = record(_BEGIN, struct.pack("<HH12x", 0x0600, _GLOBALS)) + more
    at = len(begin) + sum(4 + 8 + len(name) for name in names) + 4
    entries = b""
    for shown, name, body in zip(sheets, names, bodies, strict=True):
        entry = struct.pack("<IBBBB", at, shown in hidden, 0, len(name) // 2, 1)
        entries += record(_SHEET, entry + name)
        at += len(body)
    return compound(path, {"Workbook": begin + entries + record(_END, b"") + b"".join(bodies)})


def part(*records: tuple[int, bytes]) -> bytes:
    """Return the records of one part of an .xlsb workbook."""
    return b"".join(_varied(kind) + _varied(len(content)) + content for kind, content in records)


def row(at: int, *, is_hidden: bool = False) -> tuple[int, bytes]:
    """Return the record of a row, counted from 0, for the following cells."""
    return 0, struct.pack("<I7xB5x", at, 0x10 if is_hidden else 0)


def text(column: int, shown: str, style: int = 0) -> tuple[int, bytes]:
    return 6, struct.pack("<II", column, style) + wide(shown)


def real(column: int, value: float) -> tuple[int, bytes]:
    return 5, struct.pack("<IId", column, 0, value)


def failed(column: int, code: int) -> tuple[int, bytes]:
    return 3, struct.pack("<IIB", column, 0, code)


def merge(top: int, bottom: int, left: int, right: int) -> tuple[int, bytes]:
    return 176, struct.pack("<4I", top, bottom, left, right)


def wide(shown: str) -> bytes:
    return struct.pack("<I", len(shown)) + shown.encode("utf-16-le")


def xlsb(
    path: Path,
    *records: tuple[int, bytes],
    styles: bytes = b"",
    strings: bytes = b"",
    columns: Sequence[tuple[int, bytes]] = (),
) -> Path:
    """
    Write a workbook with the sheet ``May`` with *records* and the hidden sheet ``old``.

    *styles* are the records of the cell formats, *strings* those of the shared strings, and
    *columns* those before the rows.
    """
    begun = ((0x94, struct.pack("<4I", 0, 9, 0, 3)), *columns, (0x91, b""))
    return packed(
        path,
        {
            "xl/workbook.bin": part(
                (156, struct.pack("<II", 0, 1) + wide("s1") + wide("May")),
                (156, struct.pack("<II", 1, 2) + wide("s2") + wide("old")),
                (0x90, b""),
                (0x84, b""),
            ),
            "xl/_rels/workbook.bin.rels": relations(
                ("s1", "worksheet", "worksheets/sheet1.bin"),
                ("s2", "worksheet", "worksheets/sheet2.bin"),
                *([("s3", "styles", "styles.bin")] if styles else []),
                *([("s4", "sharedStrings", "sharedStrings.bin")] if strings else []),
            ),
            **({"xl/styles.bin": styles} if styles else {}),
            **({"xl/sharedStrings.bin": strings} if strings else {}),
            "xl/worksheets/sheet1.bin": part(*begun, *records, (0x92, b"")),
            "xl/worksheets/sheet2.bin": part(*begun, (0x92, b"")),
        },
    )


def _varied(value: int) -> bytes:
    return bytes((value,)) if value < 0x80 else bytes((value & 0x7F | 0x80, value >> 7))
