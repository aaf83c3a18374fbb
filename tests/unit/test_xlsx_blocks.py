"""Large sheets are read in blocks, and return the same as the complete reader."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from batchcreate.workbooks import xlsx as module
from batchcreate.workbooks.cell_values import find_format
from batchcreate.workbooks.xlsx_blocks import (
    IrregularError,
    PlainContext,
    TextStore,
    read_plain_rows,
    read_texts,
)
from tests.spreadsheets import HEADINGS, sheet, task, xlsx
from tests.workbook_server import rows

CONTEXT = PlainContext(texts=("zero", "one"), formats=[None, find_format(14, None)], is_1904=False)
START, END = b"<worksheet><sheetData>", b"</sheetData></worksheet>"


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def read(body: bytes, *, size: int = 1 << 16) -> Sequence[object]:
    return list(read_plain_rows(pieces(START + body + END, size), CONTEXT))


@pytest.fixture
def _reads_all_sheets_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CALAMINE_BYTES", 0)


@pytest.mark.usefixtures("_reads_all_sheets_in_blocks")
@pytest.mark.parametrize("is_inline", [False, True], ids=["shared", "inline"])
def test_all_readers_return_the_same(tmp_path: Path, *, is_inline: bool) -> None:
    """The sheet has gaps, special characters, white space, dates, numbers and booleans."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": is_inline}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        written = book.add_worksheet()
        for number in (0, 1, 2, *range(10, 3000, 7)):
            texts = ["crm & <orders>", " a ", "订单\n\U0001f600", '"x"', f"n-{number}", "_x000D_"]
            written.write_row(number, 1, [*texts, number * 1.5, number % 2 == 0])
            written.write_number(number, 11, 46000 + number, day)

    fast = rows(path, range(14))

    assert fast == rows(path, range(14), uses_calamine=False)
    assert len(fast) == 431


@pytest.mark.usefixtures("_reads_all_sheets_in_blocks")
def test_complete_reader_continues_after_irregular_rows(tmp_path: Path) -> None:
    """Every row is returned once."""
    rich = '<c r="C9"><is><r><t>a</t></r></is></c>'
    later = '<row r="9" ><c  r="A9" t="inlineStr"><is><t>b</t></is></c></row>'
    body = HEADINGS + "".join(map(task, range(2, 6))) + later + task(10, more=rich)
    path = xlsx(tmp_path / "t.xlsx", parts={"xl/worksheets/sheet1.xml": sheet(body)})

    assert [number for number, *_ in rows(path)] == [1, 2, 3, 4, 5, 9, 10]


def test_pieces_can_end_anywhere() -> None:
    """A row is read when its end is known."""
    body = (
        b'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"/><row r="3" spans="1:2">'
        b'<c r="B3" s="1"><v>46085</v></c><c r="C3" s="1"/><c r="D3" t="b"><v>0</v></c></row>'
        b'<row r="5"><c r="A5" s="9" t="n"><v>1.50</v></c>'
        b'<c r="B5" t="inlineStr"><is><t xml:space="preserve"> a&amp;&#x8BA2;&#65; </t></is></c>'
        b'<c r="AA5" t="str"><v> x</v></c></row>'
    )
    expected = [
        (1, {0: ("zero", ".")}),
        (3, {1: ("2026-03-04", "d"), 3: ("FALSE", "b")}),
        (5, {0: ("1.5", "n"), 1: (" a&订A ", "."), 26: (" x", ".")}),
    ]

    assert [size for size in range(1, 200) if read(body, size=size) != expected] == []


IRREGULAR = {
    "unknown cell": b'<row r="1"><c r="A1" cm="1"><v>1</v></c></row>',
    "no address": b'<row r="1"><c><v>1</v></c></row>',
    "row without a number": b'<row><c r="A1"><v>1</v></c></row>',
    "rows in another order": b'<row r="2"><c r="A2"><v>1</v></c></row>'
    b'<row r="1"><c r="A1"><v>1</v></c></row>',
    "row beyond the last one": b'<row r="1048577"><c r="A1"><v>1</v></c></row>',
    "formula": b'<row r="1"><c r="A1"><f>B1</f><v>1</v></c></row>',
    "error": b'<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>',
    "rich text": b'<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r></is></c></row>',
    "comment": b'<row r="1"><!-- x --><c r="A1"><v>1</v></c></row>',
    "carriage return": b'<row r="1">\r\n<c r="A1"><v>1</v></c></row>',
    "unknown entity": b'<row r="1"><c r="A1" t="str"><v>&x;</v></c></row>',
    "half a character": b'<row r="1"><c r="A1" t="str"><v>&#xD800;</v></c></row>',
    "huge row": b'<row r="1"><c r="A1"><v>' + b"1" * (9 << 20) + b"</v></c></row>",
}


def test_irregular_sheets_are_left_to_the_complete_reader() -> None:
    """Nothing is guessed."""
    accepted = []
    for name, body in IRREGULAR.items():
        try:
            read(body)
        except IrregularError:
            continue
        accepted.append(name)

    assert accepted == []
    with pytest.raises(IrregularError):
        list(read_plain_rows([START], CONTEXT))


def test_strings_are_decoded() -> None:
    """White space at the ends counts if the file says so."""
    content = (
        b'<sst count="9"><si><t>a</t></si><si><t> b </t></si>'
        b'<si><t xml:space="preserve"> c </t></si><si><t>d&lt;</t></si><si><t></t></si></sst>'
    )

    for size in range(1, 200):
        assert list(read_texts(pieces(content, size))) == ["a", "b", " c ", "d<", ""]


def test_strings_with_formats_are_irregular() -> None:
    """Only the complete reader joins their parts."""
    with pytest.raises(IrregularError):
        read_texts([b"<sst ><si><r><t>a</t></r></si></sst>"])


def test_texts_are_stored_in_one_block() -> None:
    """The texts have lengths from zero on, and are added in parts."""
    source = random.Random(7)  # noqa: S311 # no secret
    texts = ["订a\U0001f600"[: source.randrange(4)] * source.randrange(9) for _ in range(1000)]
    store = TextStore()
    for at in range(0, 1000, 100):
        store.extend([text.encode() for text in texts[at : at + 100]])

    assert list(store) == texts
    with pytest.raises(IndexError):
        store[1000]
