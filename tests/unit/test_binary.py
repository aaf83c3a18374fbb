"""Binary workbooks: cells read by calamine, and the errors and merges that it does not report."""

import struct
from pathlib import Path

import pytest
from python_calamine import CalamineError, PasswordError

from batchcreate.workbooks.binary import _translated_errors
from batchcreate.workbooks.protocol import RefusedError
from tests import records
from tests.spreadsheets import compound, packed
from tests.workbook_server import head, refusal, rows, sheets

HEADINGS = ("task_name", "operation_types", "task_tag")


def test_cells_of_xls(tmp_path: Path) -> None:
    """Texts, numbers, booleans and both kinds of errors have different kinds."""
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
    """A covered cell is marked, and has the text of the first cell."""
    cells = [*records.table(HEADINGS, ("a", "INSERT"), ("b",)), records.merged(1, 2, 1, 1)]

    assert rows(records.xls(tmp_path / "t.xls", {"May": cells}), after=1) == [
        (2, ("a", "INSERT", ""), (".", ".", ".")),
        (3, ("b", "INSERT", ""), (".", "m", ".")),
    ]


def test_sheets_of_xls(tmp_path: Path) -> None:
    """They are in the order of their tabs, and each is read at its offset."""
    path = records.xls(
        tmp_path / "t.xls",
        {"May": records.table(HEADINGS), "六月": records.table(HEADINGS, ("x",))},
        hidden=["May"],
    )

    assert sheets(path) == [["May", False], ["六月", True]]
    assert rows(path, sheet=1, after=1) == [(2, ("x", "", ""), (".", ".", "."))]


def test_charts_in_a_sheet_of_xls_are_skipped(tmp_path: Path) -> None:
    """The cells of a chart are not cells of the sheet."""
    chart = (
        records.record(0x0809, struct.pack("<HH12x", 0x0600, 0x20))
        + records.error(1, 0, 0x17)
        + records.record(0x000A, b"")
    )
    path = records.xls(tmp_path / "t.xls", {"May": [*records.table(HEADINGS, ("a",)), chart]})

    assert rows(path, after=1)[0][1][0] == "a"


def test_encrypted_xls_is_refused(tmp_path: Path) -> None:
    """Older versions of Excel encrypt the records."""
    path = records.xls(tmp_path / "t.xls", {"May": []}, more=records.record(0x002F, b"\1\0" * 3))

    assert refusal(path) == ("is password-protected. Remove the password and save the file again.")


def test_xls_with_invalid_records_is_refused(tmp_path: Path) -> None:
    """One sentence covers errors and panics of calamine."""
    path = compound(tmp_path / "t.xls", {"Workbook": b"\x09\x08\xff\xff" * 50})

    assert refusal(path).startswith("the workbook is damaged (")


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document", "Other"])
def test_other_old_documents_are_named(tmp_path: Path, stream: str) -> None:
    """Only the container is the same."""
    path = compound(tmp_path / "t.xls", {stream: b"x"})

    assert "not a workbook (the extension is wrong)" in refusal(path)


def test_cells_of_xlsb(tmp_path: Path) -> None:
    """Texts, numbers and errors are read, and covered cells are marked."""
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
    """It has no rows."""
    path = records.xlsb(tmp_path / "t.xlsb")

    assert head(path, sheet=1) == {
        "head": [],
        "is_blank": True,
        "merges": [],
        "hidden_columns": [],
    }


def test_xlsb_with_invalid_records_is_refused(tmp_path: Path) -> None:
    """The part of the workbook exists, but has no valid content."""
    path = packed(tmp_path / "t.xlsb", {"xl/workbook.bin": b"\xff" * 40})

    assert refusal(path).startswith("the workbook is damaged (")


def test_error_outside_of_the_table_is_skipped(tmp_path: Path) -> None:
    """Calamine returns the table without the cell."""
    cells = [*records.table(HEADINGS, ("a",)), records.error(1, 9, 0x17)]
    path = records.xls(tmp_path / "t.xls", {"May": cells})

    (row,) = rows(path, (0, 9), after=1)

    assert row[1][0] == "a"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PasswordError(), "is password-protected"),
        (CalamineError(), "its records cannot be read"),
        (KeyboardInterrupt(), "a cell contains an impossible value"),
        (RefusedError("a refusal"), "a refusal"),
    ],
)
def test_error_of_calamine_is_translated(error: BaseException, message: str) -> None:
    """A panic is not an Exception."""
    with pytest.raises(RefusedError, match=message), _translated_errors():
        raise error
