"""Hidden rows and columns, and strikethrough, of .xlsx workbooks, found by both readers."""

from pathlib import Path
from typing import Any, Final

import pytest

from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.xlsx_marks import MarkScan
from tests.spreadsheets import HEADINGS, sheet, task, xlsx
from tests.workbook_server import marks, rows

READERS = pytest.mark.parametrize("uses_calamine", [True, False], ids=["calamine", "complete"])

NO_CELLS: Final = dict[int, dict[int, tuple[str, str]]]().__getitem__

STRUCK = (
    '<fonts><font><sz val="11"/></font><font><strike/></font><font><strike val="0"/></font></fonts>'
    "<cellStyleXfs><xf/><xf fontId='1'/></cellStyleXfs>"
    '<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/><xf fontId="0"/></cellXfs>'
    "<dxfs><dxf><font><strike/></font></dxf></dxfs>"
)
"""Styles in which only the cell format 1 is struck through."""


def tagged(number: int, attributes: str) -> str:
    return task(number).replace("<row ", f"<row {attributes} ")


def found(path: Path, *, uses_calamine: bool = True) -> dict[str, Any]:
    return marks(path, uses_calamine=uses_calamine)


@READERS
def test_hidden_rows_are_found(tmp_path: Path, *, uses_calamine: bool) -> None:
    """By hand, by a filter or in a collapsed group; only rows that are not blank count."""
    shown = [
        *('hidden="1"', 'spans="1:5" hidden="true" outlineLevel="1"', 'hidden="0"'),
        *('ht="0" customHeight="1"', 'ht="0.0"', 'ht="0.5"', 'collapsed="1"'),
    ]
    body = "".join(tagged(number, attributes) for number, attributes in enumerate(shown, 2))
    blank = '<row r="40" hidden="1"/><row r="41" hidden="1"><c r="A41" s="1"/></row>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + body + tagged(39, 'hidden="1"') + blank)

    assert found(path, uses_calamine=uses_calamine)["rows"] == [(2, 3), (5, 6), (39, 39)]


@READERS
def test_rows_above_the_table_do_not_count(tmp_path: Path, *, uses_calamine: bool) -> None:
    """Neither does the header row."""
    hidden = HEADINGS.replace("<row ", '<row hidden="1" ')
    path = xlsx(tmp_path / "t.xlsx", hidden + task(2))

    assert found(path, uses_calamine=uses_calamine)["rows"] == []


@READERS
def test_hidden_columns_are_found(tmp_path: Path, *, uses_calamine: bool) -> None:
    """A column without a width is hidden, too."""
    columns = (
        '<cols><col min="2" max="3" width="9" hidden="1"/><col min="4" max="4" width="0.7"/>'
        '<col min="6" max="6" width="0" customWidth="1"/><col min="x" hidden="0"/></cols>'
    )
    part = {"xl/worksheets/sheet1.xml": sheet(HEADINGS + task(2), before=columns)}
    path = xlsx(tmp_path / "t.xlsx", parts=part)

    assert found(path, uses_calamine=uses_calamine)["columns"] == [(1, 2), (5, 5)]


def test_unusual_xml_is_read_completely(tmp_path: Path) -> None:
    """Some programs write other quotation marks, prefixes, or rows without a number."""
    plain = HEADINGS + tagged(2, 'hidden="1"')
    texts = {
        "quotes": plain.replace('"', "'"),
        "no number": HEADINGS + '<row hidden="1">' + task(2).partition(">")[2],
        "spaces": HEADINGS + tagged(2, 'hidden  =  "1"'),
    }
    prefixed = sheet(plain).replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?")
    parts = {name: sheet(text) for name, text in texts.items()} | {
        "prefix": prefixed.replace("xmlns=", "xmlns:x=")
    }

    hidden = {
        name: found(xlsx(tmp_path / "t.xlsx", parts={"xl/worksheets/sheet1.xml": part}))["rows"]
        for name, part in parts.items()
    }

    assert hidden == {name: [(2, 2)] for name in parts}


def test_text_of_a_cell_is_not_a_tag(tmp_path: Path) -> None:
    """A quotation mark in a text needs no escape."""
    name = 'row hidden="1" ht="0"'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, name))

    assert found(path) == {"columns": [], "rows": [], "struck": []}


def test_tag_across_two_pieces_is_found_once() -> None:
    """A sheet is unpacked in pieces, which can end anywhere."""
    text = b'<row r="7" spans="1:8" hidden="1" x14ac:dyDescent="0.25"><row r="9" hidden="1">'

    for at in range(len(text)):
        scan = MarkScan()
        scan.add(text[:at], 0)
        scan.add(text, at)
        assert scan.is_plain
        assert scan.marks.take([7, 8, 9], NO_CELLS)["hidden"] == [(7, 7), (9, 9)]


@READERS
def test_struck_cells_are_found(tmp_path: Path, *, uses_calamine: bool) -> None:
    """The first filled cell of each row counts; formats of conditions do not."""
    body = "".join(
        [
            task(2).replace('r="A2"', 'r="A2" s="3"').replace('r="B2"', 'r="B2" s="1"'),
            task(3).replace('r="A3"', 'r="A3" s="2"'),
            task(4, more='<c r="C4" s="1"/>'),
            task(5, more='<c r="D5" s="1"><v>7</v></c>'),
            task(6).replace('r="A6"', 'r="A6" s="1"').replace('r="B6"', 'r="B6" s="1"'),
        ]
    )
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + body, styles=STRUCK)

    struck = found(path, uses_calamine=uses_calamine)["struck"]

    assert struck == [("B2", "INSERT"), ("D5", "7"), ("A6", "crm-orders")]


def test_cells_without_a_format_have_that_of_row_or_column(tmp_path: Path) -> None:
    """Some programs write the format once; that of a cell comes first, then that of its row."""
    columns = '<cols><col min="2" max="2" width="9" style="1"/></cols>'
    body = (
        task(2)
        + tagged(3, 's="1" customFormat="1"')
        + tagged(4, 's="0"')
        + task(5).replace('r="B5"', 'r="B5" s="0"')
    )
    part = sheet(HEADINGS + body, before=columns)
    path = xlsx(tmp_path / "t.xlsx", styles=STRUCK, parts={"xl/worksheets/sheet1.xml": part})

    assert found(path)["struck"] == [("B2", "INSERT"), ("A3", "crm-orders")]


def test_struck_texts_are_found(tmp_path: Path) -> None:
    """A part of a text is enough, whether it is in the cell or shared."""
    run = "<r><rPr><strike/></rPr><t>old</t></r><r><t>new</t></r>"
    body = task(2) + "".join(
        f'<row r="{number}"><c r="A{number}" {cell}</c></row>'
        for number, cell in (
            (3, f't="inlineStr"><is>{run}</is>'),
            (4, 't="s"><v>1</v>'),
            (5, 't="s"><v>0</v>'),
            (6, 't="inlineStr"><is><r><rPr><strike val="false"/></rPr><t>x</t></r></is>'),
        )
    )
    plain = '<r><rPr><strike val="0"/></rPr><t>plain</t></r>'
    strings = f"<si>{plain}</si><si>{run}</si>"
    shared = xlsx(tmp_path / "s.xlsx", HEADINGS + body.replace(run, "<t>x</t>"), strings=strings)
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + body, strings=strings)

    assert found(path)["struck"] == [("A3", "oldnew"), ("A4", "oldnew")]
    assert found(shared)["struck"] == [("A4", "oldnew")]


def test_formatted_number_is_reported_as_displayed(tmp_path: Path) -> None:
    """The stored number follows the displayed text in the table."""
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="&quot;APP-&quot;0000"/></numFmts>'
        "<fonts><font><strike/></font></fonts>"
        '<cellXfs><xf numFmtId="0" fontId="9"/><xf numFmtId="170" fontId="0"/></cellXfs>'
    )
    body = HEADINGS + '<row r="2"><c r="A2" s="1"><v>42</v></c></row>'
    path = xlsx(tmp_path / "t.xlsx", body, styles=styles)

    assert found(path)["struck"] == [("A2", "APP-0042")]


def test_sheet_without_marks_is_read_by_calamine(tmp_path: Path) -> None:
    """Struck-through formats that the sheet does not use cost nothing."""
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2) + tagged(3, 'hidden="1"'), styles=STRUCK)

    scan = MarkScan(struck={"1"})
    scan.add((HEADINGS + task(2) + '<col min="1" max="1" style="2"/>').encode(), 0)

    assert scan.is_plain
    assert found(path)["rows"] == [(3, 3)]
    assert len(rows(path, after=1)) == 2


def test_many_hidden_rows_are_ranges() -> None:
    """Rows can be in any order; a range ends at a row that is blank or shown."""
    every = SheetMarks()
    every.hide_rows(500_001, 1_048_580)
    every.hide_rows(2, 500_000)

    blank = every.take([*range(2, 5), 7, 500_001, 500_002], NO_CELLS)["hidden"]

    assert blank == [(2, 4), (7, 7), (500_001, 500_002)]
    assert every.take([1], NO_CELLS)["hidden"] == []


def test_number_of_hidden_column_ranges_is_bounded() -> None:
    """A sheet has at most 16,384 columns, but a malicious file can repeat them."""
    every = SheetMarks()

    for at in range(3_000):
        every.hide_columns(at, at)

    assert len(every.columns) == 1_000
