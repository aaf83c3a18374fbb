"""OpenDocument spreadsheets, as LibreOffice and others write them."""

from pathlib import Path

import pytest

from tests.desks import refusal, rows, sheets
from tests.spreadsheets import ods, packed

HEADINGS = (
    "<table:table-row><table:table-cell><text:p>task_name</text:p></table:table-cell>"
    "<table:table-cell><text:p>operation_types</text:p></table:table-cell></table:table-row>"
)


def table(rows: str, *, name: str = "May", style: str = "") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def cell(text: str = "", kind: str = "", **told: str) -> str:
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in told.items())
    told_kind = f' office:value-type="{kind}"' if kind else ""
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    attributes = attributes.replace("office-", "office:").replace("table-", "table:", 1)
    return f"<table:table-cell{told_kind}{attributes}>{paragraph}</table:table-cell>"


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (cell("crm-订单", "string"), ("crm-订单", ".")),
        (cell("", "string", office_string_value="x"), ("x", ".")),
        (cell("7.0", "float", office_value="7"), ("7", "n")),
        (cell("0042", "float", office_value="42"), ("0042", ".")),
        (cell("0042", "float", office_value="41.5"), ("41.5", "n")),
        (cell("00", "float", office_value="0.25"), ("0.25", "n")),
        (cell("12 %", "percentage", office_value="0.12"), ("0.12", "n")),
        (cell("seven", "float", office_value="seven"), ("seven", ".")),
        (cell("4 March", "date", office_date_value="2026-03-04"), ("2026-03-04", "d")),
        (
            cell("4 March", "date", office_date_value="2026-03-04T10:20:30"),
            ("2026-03-04 10:20:30", "d"),
        ),
        (cell("1:02", "time", office_time_value="PT01H02M03S"), ("01:02:03", "d")),
        (cell("25:02", "time", office_time_value="P1DT1H2M3.50S"), ("25:02:03.500", "d")),
        (cell("soon", "time", office_time_value="soon"), ("soon", "d")),
        (cell("TRUE", "boolean", office_boolean_value="true"), ("TRUE", "b")),
        (cell("#REF!", "string", table_formula="of:=[.A1]"), ("#REF!", "e")),
        (cell("Err:502", "string", table_formula="of:=X"), ("Err:502", "e")),
        (cell("#REF!", "string"), ("#REF!", ".")),
        (cell("", "", table_formula="of:=X"), ("", "f")),
        (cell('a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d'), ("a  b\tc\nd", ".")),
        (cell("a\n   b"), ("a b", ".")),
        (cell("a</text:p><text:p>b"), ("a\nb", ".")),
        (cell("a<text:span>b</text:span>c"), ("abc", ".")),
    ],
)
def test_a_cell_shows_what_the_program_shows(
    tmp_path: Path, made: str, shown: tuple[str, str]
) -> None:
    """Its text and its kind."""
    path = ods(tmp_path / "t.ods", table(HEADINGS + row(cell("x"), made)))

    ((_, texts, kinds),) = rows(path, (0, 1), after=1)

    assert (texts[1], kinds[1]) == shown


def test_what_is_repeated_is_told_as_often(tmp_path: Path) -> None:
    """Blank rows count, too; a program writes a million of them at the end."""
    body = (
        row('<table:table-cell table:number-columns-repeated="16384"/>',
            more='table:number-rows-repeated="3"')
        + row(
            '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p>'
            "</table:table-cell>",
            more='table:number-rows-repeated="2"',
        )
        + row("<table:table-cell/>", more='table:number-rows-repeated="1048570"')
    )  # fmt: skip
    path = ods(tmp_path / "t.ods", table(HEADINGS + body))

    assert rows(path, (0, 1), after=1) == [
        (5, ("x", "x"), (".", ".")),
        (6, ("x", "x"), (".", ".")),
    ]


def test_covered_cells_are_marked(tmp_path: Path) -> None:
    """They hold nothing, and show the text of the first one."""
    spanning = '<table:table-cell table:number-rows-spanned="2"><text:p>INSERT</text:p></table:table-cell>'
    body = row(cell("a"), spanning) + row(cell("b"), "<table:covered-table-cell/>")
    path = ods(tmp_path / "t.ods", table(HEADINGS + body))

    assert rows(path, (0, 1), after=1) == [
        (2, ("a", "INSERT"), (".", ".")),
        (3, ("b", "INSERT"), (".", "m")),
    ]


def test_each_sheet_is_read_alone(tmp_path: Path) -> None:
    """A table inside of a drawing is no sheet; a style tells which ones are hidden."""
    drawn = f"<table:shapes>{table(row(cell('drawn')), name='inner')}</table:shapes>"
    body = table(HEADINGS + drawn + row(cell("a")), style="shown") + table(
        HEADINGS + row(cell("b")), name="六月", style="hidden"
    )
    styles = (
        '<style:style style:name="hidden"><style:table-properties table:display="false"/>'
        '</style:style><style:style style:name="shown"><style:table-properties/></style:style>'
    )
    path = ods(tmp_path / "t.ods", body, styles=styles)

    assert sheets(path) == [["May", True], ["六月", False]]
    assert rows(path, (0,), sheet=1, after=1) == [(2, ("b",), (".",))]


def test_a_text_document_is_no_spreadsheet(tmp_path: Path) -> None:
    """Only the container is the same."""
    path = ods(
        tmp_path / "t.ods", "", parts={"mimetype": "application/vnd.oasis.opendocument.text"}
    )

    assert "and no workbook, whatever its name says" in refusal(path)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "a PowerPoint presentation"),
        ("Index/Document.iwa", "a Numbers spreadsheet"),
        ("in/tasks.xlsx", "a zip archive that holds 'in/tasks.xlsx'. Unpack it"),
        ("x.txt", "is a zip archive and no workbook"),
    ],
)
def test_other_packages_are_named(tmp_path: Path, part: str, words: str) -> None:
    """What it is, and what to do."""
    assert words in refusal(packed(tmp_path / "t.xlsx", {part: "x"}))


def test_an_office_document_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    """Its list of contents is that of a workbook."""
    path = packed(
        tmp_path / "t.xlsx", {"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}
    )

    assert "a Word document" in refusal(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "is a PDF document"),
        (b"{\\rtf1", "is a text document (RTF)"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (b"\x09\x02\x06\x00", "is a workbook of Excel 2, 3 or 4"),
        (b"<html><table>", "is a web page (HTML)"),
        ("\ufeff<html><table>".encode("utf-16-le"), "is a web page (HTML)"),
        (b'<?xml version="1.0"?><office:document >', "is a flat XML spreadsheet"),
        (
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "is an XML spreadsheet of 2003",
        ),
        (b"\0\1\2", "is not a workbook"),
        (b"  \n", "is not a workbook"),
        (b"task_name,operation_types\n", "is a text file, such as CSV"),
    ],
)
def test_what_is_no_package_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    """Whatever its name says."""
    (tmp_path / "t.xlsx").write_bytes(content)

    assert words in refusal(tmp_path / "t.xlsx")


def test_a_long_sheet_comes_piece_by_piece(tmp_path: Path) -> None:
    """It is larger than what is read at once."""
    body = HEADINGS + "".join(row(cell("x" * 5_000)) for _ in range(120))

    found = rows(ods(tmp_path / "t.ods", table(body)), (0,), after=1)

    assert [number for number, *_ in found] == list(range(2, 122))
