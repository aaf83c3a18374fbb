"""Hidden rows and columns, and strikethrough, of .xls and .xlsb workbooks."""

import struct
from pathlib import Path

from batchcreate.workbooks.extra_records import ExtraRecords
from batchcreate.workbooks.struck_texts import StruckRecords, struck_xls_strings
from batchcreate.workbooks.xls_records import scan_xls_sheet
from batchcreate.workbooks.xlsb_records import scan_xlsb_sheet
from tests import records
from tests.records import record, row, text, wide
from tests.workbook_server import marks

PLAIN, STRUCK = 0, 1
"""Numbers of the cell formats of `STYLES` and `XLSB_STYLES`."""


def font(flags: int) -> bytes:
    return struct.pack("<HH12x", 200, flags)


def xls_row(at: int, flags: int) -> bytes:
    return record(0x0208, struct.pack("<H10xB3x", at, flags))


def xls_columns(left: int, right: int, width: int, flags: int) -> bytes:
    return record(0x007D, struct.pack("<HHHHH2x", left, right, width, 15, flags))


def xls_formats(*fonts: int) -> bytes:
    return b"".join(record(0x00E0, struct.pack("<HH16x", each, 0)) for each in fonts)


STYLES = b"".join(record(0x0031, font(flags)) for flags in (0, 2, 0, 0, 8)) + xls_formats(0, 5)
"""The fifth font, which has the number 5, is struck through."""

XLSB_STYLES = records.part(
    (43, font(0)),
    (43, font(8)),
    (47, struct.pack("<HHH10x", 0, 0, 1)),
    (617, struct.pack("<I", 2)),
    (47, struct.pack("<HHH10x", 0, 0, 0)),
    (47, struct.pack("<HHH10x", 0, 0, 1)),
    (618, b""),
)
"""The first format is that of a named style."""


def rich(shown: str, *fonts: int) -> bytes:
    """Return a string of .xlsb with runs in these *fonts*."""
    runs = b"".join(struct.pack("<HH", at, number) for at, number in enumerate(fonts))
    return b"\1" + wide(shown) + struct.pack("<I", len(fonts)) + runs


def test_hidden_rows_and_columns_of_xls_are_found(tmp_path: Path) -> None:
    """Rows can be listed in any order, and also without cells."""
    cells = [
        *(xls_columns(1, 2, 2000, 1), xls_columns(4, 4, 0, 0), xls_columns(5, 5, 2000, 0)),
        *(xls_row(3, 0x21), xls_row(1, 0x20), xls_row(2, 0x40), xls_row(9, 0x20)),
        *(record(0x0208, b"\1"), record(0x007D, b"\1")),
        *records.table(("task_name", "operation_types"), ("a", "x"), ("b", "x"), ("c", "x")),
    ]

    assert marks(records.xls(tmp_path / "t.xls", {"May": cells})) == {
        "columns": [(1, 2), (4, 4)],
        "rows": [(2, 2), (4, 4)],
        "struck": [],
    }


def test_hidden_rows_and_columns_of_xlsb_are_found(tmp_path: Path) -> None:
    """Their records precede the cells."""
    columns = [
        (60, struct.pack("<IIIIH", 1, 2, 2000, 0, 1)),
        (60, struct.pack("<IIIIH", 4, 4, 0, 0, 0)),
        (60, struct.pack("<IIIIH", 5, 5, 2000, 0, 0)),
        (60, b"\1"),
    ]
    path = records.xlsb(
        tmp_path / "t.xlsb",
        *(
            row(0),
            text(0, "task_name"),
            row(1, is_hidden=True),
            text(0, "a"),
            row(2),
            text(0, "b"),
        ),
        *(row(3, is_hidden=True), text(0, "c"), row(4, is_hidden=True)),
        columns=columns,
    )

    assert marks(path) == {"columns": [(1, 2), (4, 4)], "rows": [(2, 2), (4, 4)], "struck": []}


def test_struck_cells_of_xls_are_found(tmp_path: Path) -> None:
    """Texts and numbers, also several numbers in one record."""
    numbers = struct.pack("<HHHIHIH", 3, 1, PLAIN, 4 << 2 | 2, STRUCK, 5 << 2 | 2, 2)
    cells = [
        *records.table(("task_name", "operation_types", "x")),
        *(records.label(1, 0, "a"), records.label(1, 1, "b", STRUCK)),
        *(records.label(2, 0, "c"), records.number(2, 2, 7, STRUCK)),
        *(records.label(3, 0, "d"), record(0x00BD, numbers)),
        *(records.label(4, 0, "e"), record(0x0201, struct.pack("<HHH", 4, 1, STRUCK))),
    ]
    path = records.xls(tmp_path / "t.xls", {"May": cells}, more=STYLES)

    blank = [*records.table(("task_name", "x"), ("a",)), records.label(1, 1, " ", STRUCK)]
    other = records.xls(tmp_path / "o.xls", {"May": blank}, more=STYLES)

    assert marks(path)["struck"] == [("B2", "b"), ("C3", "7"), ("C4", "5")]
    assert marks(other)["struck"] == []


def shared_strings(*strings: bytes) -> bytes:
    return struct.pack("<II", len(strings), len(strings)) + b"".join(strings)


def xls_string(shown: str, *fonts: int, extension: bytes = b"") -> bytes:
    """Return a shared string of .xls with runs in these *fonts*, and an *extension*."""
    flags = 1 | (8 if fonts else 0) | (4 if extension else 0)
    runs = b"".join(struct.pack("<HH", at, number) for at, number in enumerate(fonts))
    return (
        struct.pack("<HB", len(shown), flags)
        + (struct.pack("<H", len(fonts)) if fonts else b"")
        + (struct.pack("<I", len(extension)) if extension else b"")
        + shown.encode("utf-16-le")
        + runs
        + extension
    )


def test_struck_texts_of_xls_are_found(tmp_path: Path) -> None:
    """A part of a text is enough."""
    strings = [
        *(xls_string("task_name"), xls_string("operation_types"), xls_string("plain")),
        *(xls_string("other", 1, extension=b"\0" * 9), xls_string("oldnew", 5, 0)),
    ]
    cells = [
        record(0x00FD, struct.pack("<HHHI", at, 0, PLAIN, string))
        for at, string in enumerate((0, 2, 3, 4))
    ]
    more = STYLES + record(0x00FC, shared_strings(*strings))
    path = records.xls(tmp_path / "t.xls", {"May": cells}, more=more)

    assert marks(path)["struck"] == [("A4", "oldnew")]


def test_strings_of_xls_can_continue_in_another_record() -> None:
    """A record ends anywhere; the characters then begin with their size again."""
    first = xls_string("订单", 7)
    second = xls_string("x" * 5, 0, extension=b"abc")
    wrong = []

    for at in range(5, 3 + 2 + len("订单") * 2):
        # The characters of the first string begin at 5; a character is never cut.
        if (at - 5) % 2:
            continue
        parts = [first[:at], b"\1" + first[at:] + second]
        found = struck_xls_strings({0}, [struct.pack("<II", 2, 2) + parts[0], parts[1]])
        wrong += [] if found == {1} else [(at, found)]
    narrow = b"\0" + b"x" * 3 + struct.pack("<HH", 0, 0)
    mixed = [struct.pack("<IIHBH", 1, 1, 4, 9, 1) + "y".encode("utf-16-le"), narrow]

    assert wrong == []
    assert struck_xls_strings({0}, mixed) == {0}


def test_struck_cells_of_xlsb_are_found(tmp_path: Path) -> None:
    """Texts in the cell or shared, in full or in part."""
    strings = records.part(
        (159, struct.pack("<II", 2, 2)), (19, b"\0" + wide("plain")), (19, rich("oldnew", 0, 1))
    )
    path = records.xlsb(
        tmp_path / "t.xlsb",
        *(row(0), text(0, "task_name"), text(1, "x")),
        *(row(1), text(0, "a"), text(1, "b", STRUCK | 1 << 24)),
        *(row(2), (7, struct.pack("<III", 0, PLAIN, 0)), text(1, "b")),
        *(row(3), (7, struct.pack("<III", 0, PLAIN, 1)), text(1, "b")),
        *(row(4), text(0, "c"), (1, struct.pack("<II", 1, STRUCK))),
        styles=XLSB_STYLES,
        strings=strings,
    )

    assert marks(path)["struck"] == [("B2", "b"), ("A4", "oldnew")]


EVERYTHING = StruckRecords(fonts={1}, formats={STRUCK}, strings={1})


def struck(extra: ExtraRecords) -> list[tuple[int, int, str]]:
    """Return the struck-through cells of row 1."""
    table = {1: {at: (str(at), ".") for at in range(9)}}
    found: list[tuple[int, int, str]] = extra.marks.take([1], table.__getitem__)["struck"]
    return found


def struck_in_xlsb(*cells: tuple[int, bytes]) -> list[tuple[int, int, str]]:
    extra = ExtraRecords(struck=EVERYTHING)
    scan_xlsb_sheet(records.part(*cells), extra)
    return struck(extra)


def struck_in_xls(*cells: tuple[int, bytes]) -> list[tuple[int, int, str]]:
    extra = ExtraRecords(struck=EVERYTHING)
    stream = b"".join(record(*cell) for cell in ((0x0809, b"\0" * 16), *cells, (0x000A, b"")))
    scan_xls_sheet(stream, 0, extra)
    return struck(extra)


def test_rich_text_in_a_cell_of_xlsb_is_found() -> None:
    """Programs that stream a workbook write texts into the cells."""
    cell = struct.pack("<II", 4, PLAIN)

    assert struck_in_xlsb((62, cell + rich("oldnew", 0, 1))) == [(1, 4, "4")]
    assert struck_in_xlsb((62, cell + rich("new", 0)), (62, cell + b"\0")) == []


def test_short_records_are_ignored() -> None:
    """They occur in damaged files only."""
    short_string = struct.pack("<HHHH", 0, 3, PLAIN, 1)

    assert struck_in_xlsb(*((kind, b"\1\0") for kind in (0, 60, 5, 7, 62))) == []
    assert struck_in_xls(*((k, b"\1\0") for k in (0x0208, 0x007D, 0x0203, 0x00FD, 0x00BD))) == []
    assert struck_in_xls((0x00FD, short_string)) == []
    assert struck_xls_strings({0}, [shared_strings(xls_string("abc", 0)[:6])]) == set()
    assert struck_xls_strings({0}, [b"\1"]) == set()
