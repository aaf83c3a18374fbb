"""Cells of .xlsx sheets as the complete reader displays them."""

from pathlib import Path

import pytest

from tests.spreadsheets import HEADINGS, sheet, task, xlsx
from tests.workbook_server import rows

STYLES = (
    '<numFmts count="4"><numFmt numFmtId="164" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="165" formatCode="&quot;day&quot; 0"/>'
    '<numFmt numFmtId="166" formatCode="000000"/>'
    '<numFmt numFmtId="167" formatCode="&quot;APP-&quot;@"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="x"/><xf numFmtId="166"/><xf numFmtId="167"/></cellXfs>'
    '<dxfs><dxf><numFmt numFmtId="166" formatCode="0.0"/></dxf></dxfs>'
)


@pytest.mark.parametrize(
    ("xml", "cell"),
    [
        ('<c r="C2" t="inlineStr"><is><t>a</t><t>b</t></is></c>', ("ab", ".")),
        ('<c r="C2" t="inlineStr"><is><t> a </t></is></c>', ("a", ".")),
        ('<c r="C2" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>', (" a ", ".")),
        (
            '<c r="C2" t="inlineStr"><is><t>东</t><rPh sb="0" eb="1"><t>dong</t></rPh></is></c>',
            ("东", "."),
        ),
        ('<c r="C2" t="s"><v>0</v></c>', ("crm-订单", ".")),
        ('<c r="C2" t="s"><v>1</v></c>', ("东京", ".")),
        ('<c r="C2" t="s"><v>2</v></c>', ("京", ".")),
        ('<c r="C2"><v>7</v></c>', ("7", "n")),
        ('<c r="C2"><v>12345678901234567890</v></c>', ("12345678901234567000", "n")),
        ('<c r="C2"><v>seven</v></c>', ("seven", ".")),
        ('<c r="C2" s="99"><v>7</v></c>', ("7", "n")),
        ('<c r="C2" s="3"><v>7</v></c>', ("day 7\0007", "x")),
        ('<c r="C2" s="3"><f>A1</f><v>0</v></c>', ("day 0\0000", "x")),
        ('<c r="C2"><f>A1</f><v>0</v></c>', ("0", "z")),
        ('<c r="C2" s="4"><v>7</v></c>', ("7", "n")),
        ('<c r="C2" s="5"><v>42</v></c>', ("000042", ".")),
        ('<c r="C2" s="5"><v>1234567</v></c>', ("1234567", "n")),
        ('<c r="C2" s="5"><v>-42</v></c>', ("-000042\000-42", "x")),
        ('<c r="C2" s="5"><v>0.5</v></c>', ("000001\0000.5", "x")),
        ('<c r="C2" s="5"><f>A9</f><v>0</v></c>', ("000000", "z")),
        ('<c r="C2"><f>A9</f><v>0</v></c>', ("0", "z")),
        ('<c r="C2" s="6" t="str"><v>42</v></c>', ("APP-42\00042", "x")),
        ('<c r="C2" s="6"><v>42</v></c>', ("APP-42\00042", "l")),
        ('<c r="C2" s="1"><v>46085</v></c>', ("2026-03-04", "d")),
        ('<c r="C2" s="1"><v>46085.5</v></c>', ("2026-03-04 12:00:00", "d")),
        ('<c r="C2" s="1"><v>0.5</v></c>', ("12:00:00", "d")),
        ('<c r="C2" s="1"><v>-1</v></c>', ("########\000-1", "l")),
        ('<c r="C2" s="2"><v>1.5</v></c>', ("36:00:00", "d")),
        ('<c r="C2" s="2"><v>1e10</v></c>', ("########\00010000000000", "l")),
        ('<c r="C2" t="b"><v>1</v></c>', ("TRUE", "b")),
        ('<c r="C2" t="b"><v>0</v></c>', ("FALSE", "b")),
        ('<c r="C2" t="e"><v>#REF!</v></c>', ("#REF!", "e")),
        ('<c r="C2" t="d"><v>2026-03-04T00:00:00</v></c>', ("2026-03-04", "d")),
        ('<c r="C2" t="new"><v>x</v></c>', ("x", ".")),
        ('<c r="C2"><f>A1</f></c>', ("", "f")),
        ('<c r="C2" t="str"><f>A1</f><v></v></c>', ("", ".")),
        ('<c r="C2" t="str"><f>A1</f><v>x_x000D_y</v></c>', ("x\ry", ".")),
        ("<c/>", ("", ".")),
    ],
)
def test_cell_is_displayed(tmp_path: Path, xml: str, cell: tuple[str, str]) -> None:
    """Its text and its kind are those that the spreadsheet program shows."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more=xml),
        strings="<si><t>crm-订单</t></si><si><r><t>东</t></r><r><t>京</t></r>"
        '<rPh sb="0" eb="2"><t>tokyo</t></rPh></si><si><t> 京 </t></si>',
        styles=STYLES,
    )

    ((_, texts, kinds),) = rows(path, after=1, uses_calamine=False)

    assert (texts[2], kinds[2]) == cell


def test_dates_can_count_from_1904(tmp_path: Path) -> None:
    """The workbook declares the epoch."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more='<c r="C2" s="1"><v>0</v></c>'),
        styles=STYLES,
        book='<workbookPr date1904="1"/>',
    )

    assert rows(path, after=1, uses_calamine=False)[0][1][2] == "00:00:00"


def test_rows_and_cells_without_addresses_are_consecutive(tmp_path: Path) -> None:
    """Some programs omit the addresses."""
    bare = (
        '<row><c t="inlineStr"><is><t>{}</t></is></c><c t="inlineStr"><is><t>{}</t></is></c></row>'
    )
    body = bare.format("task_name", "operation_types") + bare.format("a", "INSERT")
    path = xlsx(tmp_path / "t.xlsx", body)

    assert rows(path, (0, 1), uses_calamine=False)[1] == (2, ("a", "INSERT"), (".", "."))


def test_hidden_zeros_are_not_displayed(tmp_path: Path) -> None:
    """The sheet can be set to display nothing for the number 0."""
    cells = '<c r="C2"><v>0</v></c><c r="D2"><f>A9</f><v>0</v></c><c r="E2"><v>5</v></c>'
    views = '<sheetViews><sheetView showZeros="0" workbookViewId="0"/></sheetViews>'
    body = sheet(HEADINGS + task(2, more=cells), before=views)
    path = xlsx(tmp_path / "t.xlsx", parts={"xl/worksheets/sheet1.xml": body})

    assert rows(path, (2, 3, 4), after=1) == [(2, ("\0000", "\0000", "5"), ("x", "x", "n"))]
