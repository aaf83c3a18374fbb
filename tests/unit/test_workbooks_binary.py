"""Old and binary workbooks: what calamine reads, and what it does not tell."""

import struct
from pathlib import Path

import pytest
from python_calamine import CalamineError, PasswordError

from batchcreate.workbooks.binary import _translated
from batchcreate.workbooks.ole import CompoundFile
from batchcreate.workbooks.refusal import Refusal
from batchcreate.workbooks.source import Source
from tests import records
from tests.desks import head, refusal, rows, sheets
from tests.spreadsheets import compound, packed

HEADINGS = ("task_name", "operation_types", "task_tag")


def test_cells_of_xls(tmp_path: Path) -> None:
    """Texts, numbers, truth values and both kinds of errors, each told apart."""
    cells = [
        *records.table(HEADINGS, ("crm-订单", "INSERT")),
        records.number(1, 2, 7),
        records.label(2, 0, "b"),
        records.boolean(2, 1, value=True),
        records.error(2, 2, 0x17),
        records.label(3, 0, "c"),
        records.formula_error(3, 1, 0x2A),
        records.formula(3, 2, 4.0),
    ]
    path = records.xls(tmp_path / "t.xls", {"May": cells})

    assert rows(path, after=1) == [
        (2, ("crm-订单", "INSERT", "7"), (".", ".", "n")),
        (3, ("b", "TRUE", "#REF!"), (".", "b", "e")),
        (4, ("c", "#N/A", "4"), (".", "e", "n")),
    ]


def test_merged_cells_of_xls(tmp_path: Path) -> None:
    """What a merged cell covers is marked, and shows its text."""
    cells = [*records.table(HEADINGS, ("a", "INSERT"), ("b",)), records.merged(1, 2, 1, 1)]

    assert rows(records.xls(tmp_path / "t.xls", {"May": cells}), after=1) == [
        (2, ("a", "INSERT", ""), (".", ".", ".")),
        (3, ("b", "INSERT", ""), (".", "m", ".")),
    ]


def test_sheets_of_xls(tmp_path: Path) -> None:
    """In the order of their tabs; each is found where it stands."""
    path = records.xls(
        tmp_path / "t.xls",
        {"May": records.table(HEADINGS), "六月": records.table(HEADINGS, ("x",))},
        hidden=["May"],
    )

    assert sheets(path) == [["May", False], ["六月", True]]
    assert rows(path, sheet=1, after=1) == [(2, ("x", "", ""), (".", ".", "."))]


def test_charts_inside_a_sheet_of_xls_are_passed_over(tmp_path: Path) -> None:
    """Their cells are their own."""
    chart = (
        records.record(0x0809, struct.pack("<HH12x", 0x0600, 0x20))
        + records.error(1, 0, 0x17)
        + records.record(0x000A, b"")
    )
    path = records.xls(tmp_path / "t.xls", {"May": [*records.table(HEADINGS, ("a",)), chart]})

    assert rows(path, after=1)[0][1][0] == "a"


def test_encrypted_xls_is_refused(tmp_path: Path) -> None:
    """Excel's own way of old."""
    path = records.xls(tmp_path / "t.xls", {"May": []}, more=records.record(0x002F, b"\1\0" * 3))

    assert refusal(path) == "is protected by a password. Remove the password and save it again."


def test_xls_whose_records_make_no_sense_is_refused(tmp_path: Path) -> None:
    """In one sentence, whether calamine gives up or panics."""
    path = compound(tmp_path / "t.xls", {"Workbook": b"\x09\x08\xff\xff" * 50})

    assert refusal(path).startswith("the workbook is damaged (")


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document", "Other"])
def test_other_old_documents_are_named(tmp_path: Path, stream: str) -> None:
    """Only the container is the same."""
    path = compound(tmp_path / "t.xls", {stream: b"x"})

    assert "and no workbook, whatever its name says" in refusal(path)


def test_small_streams_are_read(tmp_path: Path) -> None:
    """They are kept in sectors of their own size."""
    content = bytearray(compound(tmp_path / "t.xls", {"Inner": b"abc" * 40}).read_bytes())
    content[56:60] = struct.pack("<I", 1 << 16)  # every stream is a small one
    content[60:64] = struct.pack("<I", 0)  # whose table is the large one's
    at = content.find("Root Entry".encode("utf-16-le"))
    content[at + 116 : at + 124] = struct.pack("<II", 1, 4096)  # what holds them is the stream
    inner = content.find("Inner".encode("utf-16-le"))
    content[inner + 116 : inner + 124] = struct.pack("<II", 9, 30)
    (tmp_path / "t.xls").write_bytes(content)

    with (tmp_path / "t.xls").open("rb") as file:
        compounded = CompoundFile(Source(file.fileno()))
        found = compounded.read("inner")

    assert len(found) == 30


def test_cells_of_xlsb(tmp_path: Path) -> None:
    """Texts, numbers and errors; what is merged is marked."""
    path = records.xlsb(
        tmp_path / "t.xlsb",
        records.row(0),
        *(records.text(at, name) for at, name in enumerate(HEADINGS)),
        records.row(1),
        records.text(0, "crm-订单"),
        records.real(1, 7),
        records.failed(2, 0x17),
        records.row(2),
        records.text(0, "b" * 200),
        records.merge(1, 2, 1, 1),
    )

    assert sheets(path) == [["May", True], ["old", False]]
    assert rows(path, after=1) == [
        (2, ("crm-订单", "7", "#REF!"), (".", "n", "e")),
        (3, ("b" * 200, "", ""), (".", "m", ".")),
    ]


def test_a_blank_sheet_of_xlsb(tmp_path: Path) -> None:
    """Nothing is in it."""
    path = records.xlsb(tmp_path / "t.xlsb")

    assert head(path, sheet=1) == {"head": [], "is_blank": True}


def test_xlsb_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """Its parts are there and make no sense."""
    path = packed(tmp_path / "t.xlsb", {"xl/workbook.bin": b"\xff" * 40})

    assert refusal(path).startswith("the workbook is damaged (")


def test_an_error_beside_the_table_is_passed_over(tmp_path: Path) -> None:
    """Calamine gives the table, and the error stands out of it."""
    cells = [*records.table(HEADINGS, ("a",)), records.error(1, 9, 0x17)]
    path = records.xls(tmp_path / "t.xls", {"May": cells})

    (row,) = rows(path, (0, 9), after=1)

    assert row[1][0] == "a"


def test_more_tables_of_sectors_are_followed(tmp_path: Path) -> None:
    """A large file has more of them than fit into its header."""
    path = records.xls(tmp_path / "t.xls", {"May": records.table(HEADINGS, ("a",))})
    content = bytearray(path.read_bytes())
    content[68:72] = struct.pack("<I", len(content) // 512 - 1)
    content += struct.pack("<128I", *[0xFFFF_FFFF] * 127, 0xFFFF_FFFE)
    path.write_bytes(content)

    with path.open("rb") as file:
        streams = CompoundFile(Source(file.fileno())).streams

    assert "workbook" in streams


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PasswordError(), "is protected by a password"),
        (CalamineError(), "its records cannot be read"),
        (KeyboardInterrupt(), "a cell holds what no cell can hold"),
        (Refusal("said already"), "said already"),
    ],
)
def test_errors_of_calamine_are_translated(error: BaseException, words: str) -> None:
    """Its panics are no exceptions that anybody could name."""
    with pytest.raises(Refusal, match=words), _translated():
        raise error
