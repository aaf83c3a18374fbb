"""OpenDocument spreadsheets, as LibreOffice and other programs write them."""

from pathlib import Path

import pytest

from tests.spreadsheets import ods
from tests.workbook_server import rows, sheets

HEADINGS = (
    "<table:table-row><table:table-cell><text:p>task_name</text:p></table:table-cell>"
    "<table:table-cell><text:p>operation_types</text:p></table:table-cell></table:table-row>"
)


def table(rows: str, *, name: str = "May", style: str = "") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def cell(text: str = "", kind: str = "", **values: str) -> str:
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in values.items())
    kind_attribute = f' office:value-type="{kind}"' if kind else ""
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    attributes = attributes.replace("office-", "office:").replace("table-", "table:", 1)
    return f"<table:table-cell{kind_attribute}{attributes}>{paragraph}</table:table-cell>"


@pytest.mark.parametrize(
    ("xml", "displayed"),
    [
        (cell("crm-订单", "string"), ("crm-订单", ".")),
        (cell("", "string", office_string_value="x"), ("x", ".")),
        (cell("7.0", "float", office_value="7"), ("7.0\0007", "x")),
        (cell("0042", "float", office_value="42"), ("0042", ".")),
        (cell("0042", "float", office_value="41.5"), ("0042\00041.5", "x")),
        (cell("00", "float", office_value="0.25"), ("00\0000.25", "x")),
        (cell("12 %", "percentage", office_value="0.12"), ("12 %\0000.12", "x")),
        (cell("", "float", office_value="7"), ("7", "u")),
        (cell("<text:s/>", "float", office_value="7"), ("\0007", "x")),
        (cell("0", "float", office_value="0", table_formula="of:=[.A9]"), ("0", "z")),
        (cell("00", "float", office_value="0", table_formula="of:=[.A9]"), ("00", "z")),
        (cell("1,5", "float", office_value="1.5"), ("1,5\0001.5", "x")),
        (cell("xabc", "string", office_string_value="abc"), ("xabc\000abc", "x")),
        (cell("a b", "string", office_string_value="a  b"), ("a b", ".")),
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
def test_cell_is_displayed(tmp_path: Path, xml: str, displayed: tuple[str, str]) -> None:
    """Its text and its kind are those that the spreadsheet program shows."""
    path = ods(tmp_path / "t.ods", table(HEADINGS + row(cell("x"), xml)))

    ((_, texts, kinds),) = rows(path, (0, 1), after=1)

    assert (texts[1], kinds[1]) == displayed


def test_repeated_rows_and_cells_are_read_as_often(tmp_path: Path) -> None:
    """Blank rows count; a program writes a million of them at the end."""
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
    """They are blank, and have the text of the first cell."""
    spanning = '<table:table-cell table:number-rows-spanned="2"><text:p>INSERT</text:p></table:table-cell>'
    body = row(cell("a"), spanning) + row(cell("b"), "<table:covered-table-cell/>")
    path = ods(tmp_path / "t.ods", table(HEADINGS + body))

    assert rows(path, (0, 1), after=1) == [
        (2, ("a", "INSERT"), (".", ".")),
        (3, ("b", "INSERT"), (".", "m")),
    ]


def test_each_sheet_is_read_separately(tmp_path: Path) -> None:
    """A table in a drawing is not a sheet; the style of a sheet can hide it."""
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


def test_long_sheet_is_read_in_pieces(tmp_path: Path) -> None:
    """It is larger than one read."""
    body = HEADINGS + "".join(row(cell("x" * 5_000)) for _ in range(120))

    found = rows(ods(tmp_path / "t.ods", table(body)), (0,), after=1)

    assert [number for number, *_ in found] == list(range(2, 122))
