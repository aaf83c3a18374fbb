"""Calamine reads the sheets that it reports fully, and the complete reader all others."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineSheet

from batchcreate.workbooks import xlsx as module
from batchcreate.workbooks.cell_values import find_format
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.tables import RowGroup, group_dense
from batchcreate.workbooks.xlsx import formatted_cells, has_plain_strings, scan_sheet
from tests.spreadsheets import HEADINGS, task, xlsx
from tests.workbook_server import refusal, rows

ZEROS = (
    '<numFmts count="1"><numFmt numFmtId="166" formatCode="000000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="166"/></cellXfs>'
)
EAST_ASIAN_DATE = '<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs>'

FORMATTED = formatted_cells(
    [None, *(find_format(164, code) for code in ("0.00", "yyyy-mm-dd", '"x"@', "0;yyyy"))]
)
"""The cells with the formats 1 (a number), 2 (a date), 3 (text) and 4 (both)."""

OVERLAP_BYTES = 64

CELLS = {
    b'<c r="A1"><v>5</v></c>': False,
    b'<c r="A1" s="10"><v>5</v></c>': False,
    b'<c r="A1" s="1"><v>5</v></c>': True,
    b'<c r="A1" s="1" t="n"><v>5</v></c>': True,
    b'<c r="A1" t="n" s="1"><v>5</v></c>': True,
    b'<c s="1" r="A1"><v>5</v></c>': True,
    b'<c r="A1"\ns="1"><v>5</v></c>': True,
    b'<c r="A1" s="1" t="s"><v>5</v></c>': False,
    b'<c r="A1" s="1" t="str"><v>5</v></c>': False,
    b'<c r="A1" s="1" t="b"><v>1</v></c>': False,
    b'<c r="A1" s="1"/>': False,
    b'<row r="1" s="1" customFormat="1">': False,
    b'<c r="A1" s="2"><v>46085</v></c>': False,
    b'<c r="A1" s="2"><v>46085.25</v></c>': False,
    b'<c r="A1" s="2"><v>-1</v></c>': True,
    b'<c r="A1" s="2"><v>12345678</v></c>': True,
    b'<c r="A1" s="2"><v>1.2345678E7</v></c>': True,
    b'<c r="A1" s="2" t="s"><v>12345678</v></c>': False,
    b'<c r="A1" s="3" t="s"><v>5</v></c>': True,
    b'<c r="A1" s="3"><v>5</v></c>': True,
    b'<c r="A1" s="3"/>': False,
    b'<c r="A1" s="4"><v>5</v></c>': True,
}
"""True for the cells that the complete reader must read."""


@pytest.mark.parametrize(
    ("styles", "value", "text", "kind"),
    [(EAST_ASIAN_DATE, 46085, "2026-03-04", "d"), (ZEROS, 42, "000042", ".")],
    ids=["east asian date", "leading zeros"],
)
def test_formats_that_calamine_does_not_know_are_displayed(
    tmp_path: Path, styles: str, value: int, text: str, kind: str
) -> None:
    """Such a workbook is read by the complete reader."""
    cell = f'<c r="C2" s="1"><v>{value}</v></c>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, more=cell), styles=styles)

    assert rows(path, after=1)[0][1:] == (("crm-orders", "INSERT", text), (".", ".", kind))


def test_both_readers_return_the_same(tmp_path: Path) -> None:
    """The sheet begins in row 3 and column B."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number in range(3, 300, 2):
            sheet.write_row(number, 1, [f"crm-{number}", number * 1.5, number % 4 == 1])
            sheet.write_number(number, 4, number, day)

    fast = rows(path, range(6))
    complete = rows(path, range(6), uses_calamine=False)

    assert fast == complete
    assert len(fast) == 149


@pytest.mark.parametrize("uses_calamine", [True, False], ids=["calamine", "complete"])
def test_cdata_is_read(tmp_path: Path, *, uses_calamine: bool) -> None:
    """Some programs write values without escapes."""
    number = '<c r="C2"><v><![CDATA[7]]></v></c>'
    text = '<c r="D2" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, more=number + text))

    assert rows(path, (2, 3), after=1, uses_calamine=uses_calamine) == [
        (2, ("7", "a<b"), ("n", "."))
    ]


def test_complete_reader_explains_what_calamine_cannot_read(tmp_path: Path) -> None:
    """Its message contains the address of the cell."""
    body = HEADINGS + task(2) + '<row r="3"><c r="A3" t="s"><v>5</v></c></row>'
    path = xlsx(tmp_path / "t.xlsx", body, strings="<si><t>x</t></si>")

    assert refusal(path) == (
        "the workbook is damaged (cell A3 refers to a missing text). Open it in the spreadsheet"
        " program and save it again, or copy the file again from its source."
    )


def test_every_row_is_read_once_if_calamine_fails_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The complete reader continues after the last row that was returned."""

    def fail_after_the_first_group(
        sheet: Future[CalamineSheet], chunk_rows: int
    ) -> Iterator[RowGroup]:
        yield next(group_dense(sheet.result(), chunk_rows))
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_read_with_calamine", fail_after_the_first_group)
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + "".join(map(task, range(2, 61))))

    assert [number for number, *_ in rows(path)] == list(range(1, 61))


def test_merge_in_the_overlap_of_two_pieces_counts_once() -> None:
    """The end of a piece is scanned again with the next one."""
    merge = b'<mergeCell ref="A1:B2"/>'

    scan = scan_sheet([b"<worksheet >" + merge, b'<mergeCell ref="C3:D4"/>'])

    assert [(each.top, each.left) for each in scan.merges] == [(1, 0), (3, 2)]


def test_markup_across_two_pieces_is_recognized() -> None:
    """A sheet is unpacked in pieces, which can end anywhere."""
    merge = scan_sheet([b'<worksheet ><mergeCell ref="A1', b':B2"/>'])
    error = scan_sheet([b'<worksheet ><c t="', b'e"><v>'])

    assert merge.merges == [MergedRange(1, 0, 2, 1)]
    assert not error.is_plain


def test_cells_that_calamine_does_not_display_are_found() -> None:
    """They are numbers with a format, dates that do not exist, and texts with a format."""
    found = {
        cell: not scan_sheet([b"<worksheet >" + cell + b"</worksheet>"], FORMATTED).is_plain
        for cell in CELLS
    }

    assert found == CELLS


def test_cells_across_two_pieces_are_found() -> None:
    """A piece can end in every place of a cell."""
    cells = {cell: is_found for cell, is_found in CELLS.items() if len(cell) < OVERLAP_BYTES}

    wrong = [
        (cell[:at], cell[at:])
        for cell, is_found in cells.items()
        for at in range(len(cell) + 1)
        if scan_sheet(
            [b"<worksheet >" + cell[:at], cell[at:] + b"</worksheet>"], FORMATTED
        ).is_plain
        is is_found
    ]

    assert wrong == []


def test_unused_formats_are_ignored() -> None:
    """Without such formats there is nothing to search for."""
    assert formatted_cells([None, None]) is None
    assert formatted_cells([]) is None


def test_numbers_without_a_format_can_have_the_first_one(tmp_path: Path) -> None:
    """The first cell format is that of all cells that do not name one."""
    styles = '<cellXfs><xf numFmtId="9"/></cellXfs>'
    path = xlsx(
        tmp_path / "t.xlsx", HEADINGS + task(2, more='<c r="C2"><v>0.5</v></c>'), styles=styles
    )

    assert rows(path, (2,), after=1) == [(2, ("50%\0000.5",), ("x",))]


@pytest.mark.parametrize("start", [b"<sst ><si>", b"<!DOCTYPE sst><sst >"])
def test_unusual_shared_strings_are_not_plain(start: bytes) -> None:
    """Calamine does not decode every escape."""
    assert not has_plain_strings([start, b"<t>_xD83D_</t>"])
    assert has_plain_strings([b"<sst ><si>", b"<t>x</t>"])
