"""What a cell of an .xlsx workbook shows and what kind it is, whichever reader tells it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import xlsxwriter
from python_calamine import CalamineSheet

from batchcreate.workbooks.ahead import Ahead
from batchcreate.workbooks.batches import Batch
from batchcreate.workbooks.blocks import Merge
from batchcreate.workbooks.cells import cell, duration_text, number_text
from batchcreate.workbooks.dates import DURATION, MOMENT, PLAIN, dated, meaning
from batchcreate.workbooks.survey import has_plain_strings, survey
from batchcreate.workbooks.tables import dense
from tests.desks import head, refusal, rows
from tests.spreadsheets import HEADINGS, sheet, task, xlsx

STYLES = (
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="165" formatCode="&quot;day&quot; 0"/>'
    '<numFmt numFmtId="166" formatCode="000000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="x"/><xf numFmtId="166"/></cellXfs>'
)


@pytest.mark.parametrize(
    ("made", "shown"),
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
        ('<c r="C2" s="3"><v>7</v></c>', ("7", "n")),
        ('<c r="C2" s="4"><v>7</v></c>', ("7", "n")),
        ('<c r="C2" s="5"><v>42</v></c>', ("000042", ".")),
        ('<c r="C2" s="5"><v>1234567</v></c>', ("1234567", "n")),
        ('<c r="C2" s="5"><v>-42</v></c>', ("-42", "n")),
        ('<c r="C2" s="5"><v>0.5</v></c>', ("0.5", "n")),
        ('<c r="C2" s="1"><v>46085</v></c>', ("2026-03-04", "d")),
        ('<c r="C2" s="1"><v>46085.5</v></c>', ("2026-03-04 12:00:00", "d")),
        ('<c r="C2" s="1"><v>0.5</v></c>', ("12:00:00", "d")),
        ('<c r="C2" s="1"><v>-1</v></c>', ("-1", "n")),
        ('<c r="C2" s="2"><v>1.5</v></c>', ("36:00:00", "d")),
        ('<c r="C2" s="2"><v>1e10</v></c>', ("10000000000", "n")),
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
def test_a_cell_shows_what_the_program_shows(
    tmp_path: Path, made: str, shown: tuple[str, str]
) -> None:
    """Its text and its kind."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more=made),
        strings="<si><t>crm-订单</t></si><si><r><t>东</t></r><r><t>京</t></r>"
        '<rPh sb="0" eb="2"><t>tokyo</t></rPh></si><si><t> 京 </t></si>',
        styles=STYLES,
    )

    ((_, texts, kinds),) = rows(path, after=1, is_careful=True)

    assert (texts[2], kinds[2]) == shown


def test_dates_may_count_from_1904(tmp_path: Path) -> None:
    """As on old Macintoshes."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more='<c r="C2" s="1"><v>0</v></c>'),
        styles=STYLES,
        book='<workbookPr date1904="1"/>',
    )

    assert rows(path, after=1, is_careful=True)[0][1][2] == "00:00:00"
    assert dated(1, MOMENT, is_1904=True) == ("1904-01-02", "d")


def test_east_asian_formats_are_told_by_our_own_reader(tmp_path: Path) -> None:
    """They stand in no file, and calamine does not know them."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more='<c r="C2" s="1"><v>46085</v></c>'),
        styles='<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs>',
    )

    assert rows(path, after=1)[0][1:] == (
        ("crm-orders", "INSERT", "2026-03-04"),
        (".", ".", "d"),
    )


def test_zeros_that_a_format_puts_before_a_number_are_seen(tmp_path: Path) -> None:
    """The analyst means what is shown, and calamine does not tell it."""
    path = xlsx(
        tmp_path / "t.xlsx",
        HEADINGS + task(2, more='<c r="C2" s="5"><v>42</v></c>'),
        styles=STYLES,
    )

    assert rows(path, after=1)[0][1:] == (("crm-orders", "INSERT", "000042"), (".", ".", "."))


def test_zeros_hide_no_lost_digits() -> None:
    """A long number stays one, whatever is put before it."""
    assert dated(1234567890123456, "0" * 20, is_1904=False) == ("1234567890123456", "n")
    assert dated(123456789012345, "0" * 16, is_1904=False) == ("0123456789012345", ".")


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("General", PLAIN),
        ("0.00", PLAIN),
        ("0", PLAIN),
        ("0000", "0000"),
        ("000;-000", "000"),
        ('"A"000', PLAIN),
        ("yyyy-mm-dd", MOMENT),
        ('"day" 0', PLAIN),
        ("\\d0", PLAIN),
        ("_d0*h", PLAIN),
        ("[Red]0;yyyy", PLAIN),
        ("[$-804]yyyy", MOMENT),
        ("[hh]:mm", DURATION),
        ("[<1]0", PLAIN),
        ("[", PLAIN),
    ],
)
def test_a_format_tells_what_a_number_is(code: str, meant: str) -> None:
    """By what it shows, and not by what it shows as it stands."""
    assert meaning(164, code) == meant


def test_formats_that_every_program_knows() -> None:
    """They have numbers only."""
    assert [meaning(each, None) for each in (0, 14, 46, 49)] == [PLAIN, MOMENT, DURATION, PLAIN]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", ("text", ".")),
        (True, ("TRUE", "b")),
        (1.5, ("1.5", "n")),
        (dt.date(2026, 3, 4), ("2026-03-04", "d")),
        (dt.datetime(2026, 3, 4, 5, 6, 7, 8000), ("2026-03-04 05:06:07.008", "d")),  # noqa: DTZ001 # cells have no zone
        (dt.time(5, 6, 7, 8000), ("05:06:07.008", "d")),
        (dt.timedelta(hours=-30), ("-30:00:00", "d")),
        (None, ("None", "d")),
    ],
)
def test_a_value_of_calamine_shows_the_same(value: object, shown: tuple[str, str]) -> None:
    """As our own reader does."""
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (12345.0, "12345"),
        (1.23456789012346e19, "12345678901234600000"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (1e-50, "1E-50"),
        (1e300, "1E+300"),
        (float("inf"), "INF"),
        (float("nan"), "NAN"),
    ],
)
def test_a_number_shows_every_digit_that_is_held(number: float, text: str) -> None:
    """Without an exponent, as long as anybody can read it."""
    assert number_text(number) == text


def test_a_stretch_of_time_has_as_many_hours_as_it_takes() -> None:
    """And parts of seconds only where there are some."""
    assert [duration_text(ms) for ms in (90_061_000, 1)] == ["25:01:01", "0:00:00.001"]


def test_rows_without_numbers_follow_each_other(tmp_path: Path) -> None:
    """Some programs leave out where rows and cells stand."""
    bare = (
        '<row><c t="inlineStr"><is><t>{}</t></is></c><c t="inlineStr"><is><t>{}</t></is></c></row>'
    )
    body = bare.format("task_name", "operation_types") + bare.format("a", "INSERT")
    path = xlsx(tmp_path / "t.xlsx", body)

    assert rows(path, (0, 1), is_careful=True)[1] == (2, ("a", "INSERT"), (".", "."))


def test_merged_cells_are_marked(tmp_path: Path) -> None:
    """All but the first, unless they hold something all the same."""
    merges = '<mergeCells><mergeCell ref="$B$2:C3"/><mergeCell ref="A9:B9"/></mergeCells>'
    blank = '<row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c></row>'
    body = sheet(HEADINGS + task(2) + blank + task(4), after=merges)
    path = xlsx(tmp_path / "t.xlsx", parts={"xl/worksheets/sheet1.xml": body})

    assert [row[2] for row in rows(path, after=1)] == [
        (".", ".", "m"),
        (".", "m", "m"),
        (".", ".", "."),
    ]


def test_covered_cells_show_the_text_of_the_first_one_in_the_rows_below(tmp_path: Path) -> None:
    """However far below; beside it stands another field, and nothing is told of numbers."""
    merges = (
        '<mergeCells><mergeCell ref="C2:D90"/><mergeCell ref="E2:E3"/>'
        '<mergeCell ref="B2:B3"/></mergeCells>'
    )
    first = '<c r="C2" t="inlineStr"><is><t>crm</t></is></c><c r="E2"><v>7</v></c>'
    below = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>b</t></is></c></row>'
        for at in range(3, 95)
    )
    body = sheet(HEADINGS + task(2, more=first) + below, after=merges)
    path = xlsx(tmp_path / "t.xlsx", parts={"xl/worksheets/sheet1.xml": body})

    found = rows(path, range(5), after=1)

    assert found[0] == (2, ("crm-orders", "INSERT", "crm", "", "7"), (".", ".", ".", "m", "n"))
    assert found[1] == (3, ("b", "INSERT", "crm", "", ""), (".", "m", "m", "m", "m"))
    assert found[88] == (90, ("b", "", "crm", "", ""), (".", ".", "m", "m", "."))
    assert found[89] == (91, ("b", "", "", "", ""), (".",) * 5)


def test_both_readers_tell_the_same(tmp_path: Path) -> None:
    """Rows, texts and kinds, of a sheet that begins in the middle."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        cells = book.add_worksheet()
        for number in range(3, 300, 2):
            cells.write_row(number, 1, [f"crm-{number}", number * 1.5, number % 4 == 1])
            cells.write_number(number, 4, number, day)

    fast, careful = (rows(path, range(6), is_careful=careful) for careful in (False, True))

    assert fast == careful
    assert len(fast) == 149


@pytest.mark.parametrize("is_careful", [False, True], ids=["calamine", "our own"])
def test_text_that_is_not_escaped_is_not_lost(tmp_path: Path, *, is_careful: bool) -> None:
    """Some programs write values so."""
    number = '<c r="C2"><v><![CDATA[7]]></v></c>'
    text = '<c r="D2" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, more=number + text))

    assert rows(path, (2, 3), after=1, is_careful=is_careful) == [(2, ("7", "a<b"), ("n", "."))]


def test_what_calamine_cannot_read_is_read_on_by_ourselves(tmp_path: Path) -> None:
    """From the row on at which it gave up, and from the first one if it gave up at once."""
    body = HEADINGS + task(2) + '<row r="3"><c r="A3" t="s"><v>5</v></c></row>'
    path = xlsx(tmp_path / "t.xlsx", body, strings="<si><t>x</t></si>")

    assert refusal(path) == (
        "the workbook is damaged (cell A3 has a text that is not there). Open it in the spreadsheet"
        " program and save it again, or copy the file once more from where it came from."
    )


def test_no_row_is_lost_or_told_twice_where_calamine_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own reader goes on below the last row that was told."""

    def dying(ahead: Ahead[CalamineSheet], chunk_rows: int) -> Iterator[Batch]:
        yield next(dense(ahead.result(), chunk_rows))
        raise KeyboardInterrupt

    monkeypatch.setattr("batchcreate.workbooks.xlsx._fast", dying)
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + "".join(map(task, range(2, 61))))

    assert [number for number, *_ in rows(path)] == list(range(1, 61))


@pytest.mark.parametrize("is_careful", [False, True], ids=["calamine", "our own"])
def test_the_head_begins_at_a1_and_is_cut(tmp_path: Path, *, is_careful: bool) -> None:
    """Blank rows and columns count; no heading is as long as this."""
    body = f'<row r="3"><c r="B3" t="inlineStr"><is><t>{"x" * 2000}</t></is></c></row>'
    path = xlsx(tmp_path / "t.xlsx", body)

    said = head(path, is_careful=is_careful)

    assert said == {"head": [[], [], ["", "x" * 1000]], "is_blank": False}


def test_a_head_full_of_text_is_refused(tmp_path: Path) -> None:
    """There would be no end of what is sent."""
    wide = "".join(f'<c t="inlineStr"><is><t>{"x" * 1000}</t></is></c>' for _ in range(300))
    path = xlsx(tmp_path / "t.xlsx", f"<row>{wide}</row>" * 30)

    assert (
        refusal(path, is_careful=True)
        == "holds more text in its first rows than headings ever have."
    )


@pytest.mark.parametrize("is_careful", [False, True], ids=["calamine", "our own"])
def test_a_long_cell_is_refused_by_either_reader(tmp_path: Path, *, is_careful: bool) -> None:
    """Where it stands is told."""
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, "x" * 150_000))

    assert refusal(path, is_careful=is_careful).startswith("cell A2 holds 150,000 characters")


def test_errors_beside_the_table_are_passed_over() -> None:
    """Calamine gives the cells from the first one on to the last one."""

    class Sheet:
        start = (0, 1)
        width = 2

        def iter_rows(self) -> Iterator[list[object]]:
            return iter([["", "x"]])

    found = dense(cast("CalamineSheet", Sheet()), 10, {1: {0: "#REF!", 1: "#N/A", 3: "#REF!"}})

    assert [batch.row(0) for batch in found] == [{1: ("#N/A", "e"), 2: ("x", ".")}]


def test_blank_batches_above_the_table_are_passed_over(tmp_path: Path) -> None:
    """Formatted cells hold nothing; the first rows are still the head."""
    blank = "".join(f'<row r="{at}"><c r="A{at}"/></row>' for at in range(1, 300))
    path = xlsx(tmp_path / "t.xlsx", blank + task(300))

    said = head(path, is_careful=True)

    assert (len(said["head"]), said["is_blank"]) == (40, False)
    assert rows(path, is_careful=True) == [(300, ("crm-orders", "INSERT", ""), (".", ".", "."))]


def test_a_sheet_may_end_where_a_batch_does(tmp_path: Path) -> None:
    """Nothing is left over."""
    path = xlsx(tmp_path / "t.xlsx", "".join(map(task, range(1, 41))))

    assert len(rows(path, is_careful=True)) == 40


def test_a_merge_that_is_looked_at_twice_is_one() -> None:
    """The end of a block is looked at again, with the next one."""
    merge = b'<mergeCell ref="A1:B2"/>'

    found = survey([b"<worksheet >" + merge, b'<mergeCell ref="C3:D4"/>'], has_dates=False)

    assert [(each.top, each.left) for each in found.merges] == [(1, 0), (3, 2)]


def test_what_stands_across_two_blocks_is_seen() -> None:
    """A sheet is unpacked block by block, cut anywhere."""
    merge = survey([b'<worksheet ><mergeCell ref="A1', b':B2"/>'], has_dates=False)
    error = survey([b'<worksheet ><c t="', b'e"><v>'], has_dates=False)
    negative = [b"<worksheet ><c><v", b">-1</v></c>"]

    assert merge.merges == [Merge(1, 0, 2, 1)]
    assert not error.is_plain
    assert not survey(negative, has_dates=True).is_plain
    assert survey(negative, has_dates=False).is_plain


@pytest.mark.parametrize("start", [b"<sst ><si>", b"<!DOCTYPE sst><sst >"])
def test_shared_strings_are_plain_or_read_by_ourselves(start: bytes) -> None:
    """What calamine would leave as it stands is not left to it."""
    blocks = [start, b"<t>_xD83D_</t>"]

    assert not has_plain_strings(blocks)
    assert has_plain_strings([b"<sst ><si>", b"<t>x</t>"])
