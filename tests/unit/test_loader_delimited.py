"""Text files arrive cell by cell as they were typed, at the rows where people see them."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.loader import LoadOptions, read
from batchcreate.loader.delimited import COLUMNS_MAX, read_delimited
from batchcreate.loader.options import tell_nobody
from batchcreate.models import Chunk, Column, Layout, Skipped

HEADER = "task_name,operation_types\n"


def load(path: Path, content: str | bytes, **options: Any) -> list[Chunk]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, label="t.csv", options=LoadOptions(**options)))


def refusal(path: Path, content: str | bytes, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, content, **options)
    return str(caught.value)


def rows(chunks: Iterable[Chunk]) -> list[tuple[object, ...]]:
    """Row number and known cells of every row."""
    return [
        row for chunk in chunks for row in zip(chunk.numbers, *chunk.cells.values(), strict=True)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.csv"


def test_rows_come_as_a_chunk(path: Path) -> None:
    """Known columns only, each with its heading and place."""
    chunks = load(path, "owner,Task Name,operation_types\nme,crm-orders,INSERT\n")

    assert chunks == [
        Chunk(
            file="t.csv",
            sheet="",
            columns={
                "task_name": Column(heading="Task Name", index=1),
                "operation_types": Column(heading="operation_types", index=2),
            },
            numbers=[2],
            cells={"task_name": ["crm-orders"], "operation_types": ["INSERT"]},
        )
    ]


@pytest.mark.parametrize(
    "text",
    ["NA", "null", "None", "nan", "007", "1e3", "TRUE", "#N/A", " pad ", "-", "订单", "=1+1"],
)
def test_cells_stay_as_typed(path: Path, text: str) -> None:
    """Nothing is taken for a number, a truth value or a gap."""
    assert rows(load(path, f"{HEADER}{text},INSERT\n")) == [(2, text, "INSERT")]


def test_only_the_first_mark_is_none_of_a_cell(path: Path) -> None:
    """A further one is left for the rules to judge."""
    content = f"\ufeff{HEADER}\ufeffabc,INSERT\n\ufeffdef,INSERT\n"

    assert rows(load(path, content)) == [(2, "\ufeffabc", "INSERT"), (3, "\ufeffdef", "INSERT")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_line_ends_and_mark_do_not_matter(path: Path, end: str, mark: bytes) -> None:
    """The byte order mark is no part of the first heading."""
    content = mark + f"{HEADER}abc,INSERT\n".replace("\n", end).encode()

    assert rows(load(path, content)) == [(2, "abc", "INSERT")]


def test_row_numbers_are_those_of_the_spreadsheet_program(path: Path) -> None:
    """Blank rows count, a line break in a cell does not."""
    content = '\n,\ntask_name,operation_types\n\nabc,"INSERT\nUPDATE"\n , \ndef,INSERT\n\n'

    assert rows(load(path, content)) == [(5, "abc", "INSERT\nUPDATE"), (7, "def", "INSERT")]


def test_row_with_a_note_only_is_a_row(path: Path) -> None:
    """A row is blank if all its cells are, unknown columns included."""
    content = "task_name,operation_types,note\n,,look here\n,,\nabc,INSERT,\n"

    assert rows(load(path, content)) == [(2, "", ""), (4, "abc", "INSERT")]


def test_short_row_ends_in_empty_cells(path: Path) -> None:
    """Programs leave out empty cells at the end."""
    assert rows(load(path, f"{HEADER}abc\n")) == [(2, "abc", "")]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7])
def test_chunks_join_to_the_same_rows(path: Path, chunk_rows: int) -> None:
    """Where a chunk ends changes nothing, and no chunk is empty."""
    content = HEADER + "\n\n\nabc,INSERT\n\n\n\ndef,UPDATE\nghi,DELETE\n"

    chunks = load(path, content, chunk_rows=chunk_rows)

    assert rows(chunks) == [(5, "abc", "INSERT"), (9, "def", "UPDATE"), (10, "ghi", "DELETE")]
    assert all(chunk.numbers for chunk in chunks)


@pytest.mark.parametrize("chunk_rows", [1, 2, 50])
@pytest.mark.parametrize("surplus", [1, 2, 5])
@pytest.mark.parametrize("number", [2, 3, 6])
def test_row_with_too_many_cells_is_refused(
    path: Path, number: int, surplus: int, chunk_rows: int
) -> None:
    """Cells never move into other columns, wherever a chunk begins."""
    lines = ["task_name,operation_types", *["abc,INSERT"] * 6]
    lines[number - 1] += ",x" * surplus

    assert refusal(path, "\n".join(lines), chunk_rows=chunk_rows) == (
        f"t.csv, row {number}: there are {2 + surplus} cells but 2 headings. The cells are parted"
        " by commas; a cell that holds one needs quotation marks around it."
    )


@pytest.mark.parametrize("row", ["a,b,c", "a,b,c,d", "a,b,,d", "a,b,,,,,x"])
def test_surplus_cell_in_every_row_is_refused(path: Path, row: str) -> None:
    """The parser would take the first column for an index, or leave out the last."""
    cells = row.count(",") + 1

    message = refusal(path, HEADER + f"{row}\n" * 5)

    assert message.startswith(f"t.csv, row 2: there are {cells} cells but 2 headings.")


@pytest.mark.parametrize("surplus", [",", ",,", ",,,,,,", ", ,"])
def test_surplus_of_empty_cells_is_harmless(path: Path, surplus: str) -> None:
    """Programs write separators for columns that nobody filled in."""
    content = f"{HEADER}abc,INSERT{surplus}\ndef\n{surplus}\nghi,INSERT{surplus}\n"

    assert rows(load(path, content)) == [
        (2, "abc", "INSERT"),
        (3, "def", ""),
        (5, "ghi", "INSERT"),
    ]


def test_file_of_very_many_columns_is_read(path: Path) -> None:
    """A thousand columns of the analyst's own cost no more than their text."""
    more = "," * 2 * COLUMNS_MAX
    content = f"task_name,operation_types{more}\nabc,INSERT\n,{more}\ndef,INSERT{more}\n"

    assert rows(load(path, content)) == [(2, "abc", "INSERT"), (4, "def", "INSERT")]


def test_rows_that_leave_out_very_many_cells_are_read(path: Path) -> None:
    """Short rows below many headings are not filled up in memory."""
    content = "task_name,operation_types" + "," * 400 + "\nabc" + "\n" * 30_000 + "def,x\n"

    assert rows(load(path, content)) == [(2, "abc", ""), (30_002, "def", "x")]


def test_title_may_be_wider_than_the_table(path: Path) -> None:
    """What stands above the headings is no row of theirs."""
    content = f"Tasks,of,May,2026\n\n{HEADER}abc,INSERT\n"

    assert rows(load(path, content)) == [(4, "abc", "INSERT")]


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        ('"a\nb",INSERT\n\ndef,"INSERT\nghi,INSERT\n', "row 4 (line 5)", "is never closed"),
        ('abc,"x\ndef,"y"\n', "row 2", "text follows the quotation mark that closes a cell"),
        ('abc,INSERT\n"de"f,INSERT\n', "row 3", "text follows the quotation mark"),
        ('abc,INSERT\n"def" ,INSERT\n', "row 3", "text follows the quotation mark"),
        ('abc,"x', "row 2", "a quotation mark opens a cell and is never closed"),
    ],
    ids=["open to the end", "closed by the next", "text behind", "space behind", "last cell"],
)
def test_wrong_quotation_mark_is_refused(
    path: Path, content: str, where: str, reason: str
) -> None:
    """The row is named, and its line where lines and rows differ."""
    message = refusal(path, HEADER + content)

    assert message.startswith(f"t.csv, {where}: ")
    assert reason in message


def test_quotation_mark_inside_a_cell_is_a_character(path: Path) -> None:
    """Every program shows it so; around it rows are told apart as ever."""
    content = f'{HEADER}5" disk,INSERT\n"a ""b""",x"y\n,\nabc,"d\ne"\n'

    assert rows(load(path, content)) == [
        (2, '5" disk', "INSERT"),
        (3, 'a "b"', 'x"y'),
        (5, "abc", "d\ne"),
    ]


def test_quotation_mark_in_the_headings_is_refused(path: Path) -> None:
    """Headings are read strictly."""
    assert refusal(path, '\ntask_name,"operation_types\nabc,INSERT\n') == (
        "t.csv, row 2: the headings cannot be read, a quotation mark is not closed or stands inside"
        " a heading. Correct it or save the file as .xlsx."
    )


@pytest.mark.parametrize("text", ["x" * (3 << 20), '"' + "x" * (3 << 20), "x\t" * (1 << 20)])
def test_endless_row_is_refused(path: Path, text: str) -> None:
    """Where no row ends within a mebibyte, the rest of the file is not even looked at."""
    assert refusal(path, f"{HEADER}abc,INSERT\ndef,{text}").startswith(
        "t.csv, row 3: the row is longer than 1 MiB. Probably a quotation mark opens"
    )


def test_endless_heading_is_refused(path: Path) -> None:
    """A cell without an end is no heading."""
    message = refusal(path, "x" * (3 << 20))

    assert message.endswith(f" Row 1 reads '{'x' * 60}…'.")


def test_nul_byte_is_refused_with_its_line(path: Path) -> None:
    """Whatever else the file is, it is no text."""
    content = f'{HEADER}"a\nb",INSERT\nab\0c,INSERT\n'

    assert refusal(path, content) == (
        "t.csv: line 4 holds a NUL byte, so this is no text or a damaged one. Save the spreadsheet"
        " again as 'CSV UTF-8' or as .xlsx."
    )


def test_nul_byte_far_down_is_found_on_its_line(path: Path) -> None:
    """Beyond the first block lines are still counted from the start of the file."""
    content = HEADER + "abc,INSERT\n" * 300_000 + "a\0c,INSERT\n"

    assert refusal(path, content).startswith("t.csv: line 300002 holds a NUL byte")


def test_wrong_byte_far_down_is_found_on_its_line(path: Path) -> None:
    """What is UTF-8 up to there is no other encoding all of a sudden."""
    content = "订单,INSERT\r\n" * 300_000

    assert refusal(path, HEADER.encode() + content.encode() + b"\xff,INSERT\n") == (
        "t.csv, line 300002: the byte FF is not utf-8, as which the file is read. Save the"
        " spreadsheet again as 'CSV UTF-8' or as .xlsx, or say with --encoding what it is."
    )


def test_text_cut_inside_a_character_is_refused(path: Path) -> None:
    """A file that ends too early is noticed."""
    content = f"{HEADER}订单".encode()[:-1]

    assert "line 2: the byte E5 8D is not utf-8" in refusal(path, content)


@pytest.mark.parametrize("content", ["\n,,\n\n", "\n", " \n"])
def test_blank_file_is_refused(path: Path, content: str) -> None:
    """Rows of nothing have no headings."""
    assert refusal(path, content) == (
        "t.csv: holds only blank rows. Put the headings in the first row."
    )


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), f"{HEADER}\n,\n"])
def test_headings_alone_are_refused(path: Path, content: str | bytes) -> None:
    """A template that nobody filled in is not a batch."""
    assert refusal(path, content) == (
        "t.csv: has headings but no rows. Type one row per task below them."
    )


def test_layout_is_told_before_the_rows(path: Path) -> None:
    """It says how the file is read, so that people can see it."""
    path.write_bytes("Tasks\n任务名称;操作类型;备注;task_tga\nabc;INSERT;;\n".encode("gb18030"))
    told: list[Layout | Skipped] = []
    hint = (
        "cell D2 ('task_tga') is no known heading; did you mean task_tag? Rename it, or use"
        " --map 'task_tga=task_tag'"
    )

    chunks = read(path, label="t.csv", tell=told.append)
    next(chunks)

    assert told == [
        Layout(
            file="t.csv",
            sheet="",
            header_row=2,
            columns={
                "task_name": Column(heading="任务名称", index=0),
                "operation_types": Column(heading="操作类型", index=1),
            },
            others=(Column(heading="备注", index=2), Column(heading="task_tga", index=3)),
            encoding="gb18030",
            delimiter=";",
            hints=(hint,),
        )
    ]


def test_origins_go_with_their_rows(path: Path) -> None:
    """The column of our own reports is no column of the analyst's."""
    content = "task_name,operation_types,batchcreate origin\nabc,x,o1\n,,\ndef,y,\n"

    (chunk,) = load(path, content)

    assert (chunk.numbers, chunk.origins) == ([2, 4], ["o1", ""])


def test_mapped_headings_are_read(path: Path) -> None:
    """What the user says of a heading is heeded."""
    content = "Code;Ops\nabc;INSERT\n"

    found = load(path, content, mapping={"code": "task_name", "OPS": "operation_types"})

    assert rows(found) == [(2, "abc", "INSERT")]


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
AWKWARD = st.sampled_from(
    [
        "",
        " ",
        '"',
        '""',
        ",",
        ";",
        "\t",
        "|",
        "\n",
        "\r\n",
        "\r",
        "a\nb",
        "NA",
        "\ufeff",
        "\ufeffa",
    ]
)
TABLE = st.lists(st.lists(CELL | AWKWARD, min_size=3, max_size=3), max_size=12)
ENDS = ("\r\n", "\n", "\r")
HEADINGS = ["task_name", "operation_types", "note"]


def write(table: Sequence[Sequence[str]], **style: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **style).writerows([HEADINGS, *table])
    return out.getvalue()


def found_in(content: bytes, *, block_bytes: int, **options: Any) -> list[tuple[object, ...]]:
    return rows(
        read_delimited(
            io.BytesIO(content),
            label="t.csv",
            options=LoadOptions(**options),
            tell=tell_nobody,
            block_bytes=block_bytes,
        )
    )


@given(
    TABLE,
    st.integers(1, 5),
    st.sampled_from([1, 2, 3, 7, 50, 1 << 20]),
    st.sampled_from(",;\t|"),
    # The csv module quotes no other line breaks than its own.
    st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), *((end, csv.QUOTE_ALL) for end in ENDS)]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
)
@example([["\ufeffa", "", ""]] * 3, 1, 1, ",", ("\n", csv.QUOTE_ALL), "utf-8")
@settings(deadline=None, max_examples=60)
def test_any_table_comes_back_exactly(
    table: list[list[str]],
    chunk_rows: int,
    block_bytes: int,
    delimiter: str,
    style: tuple[str, Literal[0, 1]],
    encoding: str,
) -> None:
    """What the csv module writes is what is read, at the rows that the csv module counts."""
    table = [*table, ["last", "INSERT", ""]]
    text = write(table, delimiter=delimiter, lineterminator=style[0], quoting=style[1])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    count = sum(1 for _ in reader)

    found = found_in(text.encode(encoding), chunk_rows=chunk_rows, block_bytes=block_bytes)

    assert found == [
        (number, *row[:2])
        for number, row in enumerate(table, start=2)
        if any(cell.strip() for cell in row)
    ]
    assert found[-1][0] == count


def alphabet(encoding: str) -> list[str]:
    """The characters that come back from *encoding* as they went in."""
    chars = map(chr, range(1, 0xD800))
    return [char for char in chars if char.encode(encoding, "ignore").decode(encoding) == char]


ALPHABETS = {name: alphabet(name) for name in ("gb18030", "cp950", "cp932", "cp949", "cp1251")}


@pytest.mark.parametrize("encoding", ALPHABETS)
@given(data=st.data())
@settings(deadline=None, max_examples=15)
def test_any_table_in_a_told_encoding_comes_back_exactly(
    encoding: str, data: st.DataObject
) -> None:
    """Bytes that look like separators or quotation marks inside a character are none."""
    cell = st.text(st.sampled_from(ALPHABETS[encoding]), max_size=12)
    table = data.draw(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=12))
    table = [*table, ["last", "INSERT", ""]]
    content = write(table, quoting=csv.QUOTE_ALL).encode(encoding)

    found = found_in(content, encoding=encoding, block_bytes=data.draw(st.integers(1, 9)))

    assert found == [
        (number, *row[:2])
        for number, row in enumerate(table, start=2)
        if any(cell.strip() for cell in row)
    ]


@given(st.text(st.sampled_from('ab"\n\r, '), max_size=60), st.sampled_from([1, 2, 5, 100]))
@settings(deadline=None)
def test_any_text_is_read_as_the_csv_module_reads_it_or_refused(
    text: str, block_bytes: int
) -> None:
    """Rows never move and never vanish, whatever the quotation marks do."""
    content = f"task_name,operation_types\n{text}\nlast,INSERT"
    try:
        expected = list(csv.reader(io.StringIO(content, newline=""), strict=True))[1:]
    except csv.Error:
        expected = None

    try:
        found = found_in(content.encode(), block_bytes=block_bytes)
    except LoadError:
        assert expected is None or any(any(map(str.strip, row[2:])) for row in expected)
        return

    assert expected is not None
    assert found == [
        (number, *[*row, "", ""][:2])
        for number, row in enumerate(expected, start=2)
        if any(cell.strip() for cell in row)
    ]
