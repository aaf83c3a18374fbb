"""Text files: cells arrive as typed, with the row numbers of the spreadsheet program."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions, read
from batchcreate.loader.csv_parser import COLUMNS_MAX
from batchcreate.loader.csv_reader import read_csv
from batchcreate.models import Column, Layout, RowProblem
from tests.chunks import contents, make_chunk, row_cells

HEADER = "task_name,operation_types\n"


def load(path: Path, content: str | bytes, **options: Any) -> list[Chunk]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    events = read(path, label="t.csv", options=LoadOptions(**options))
    return [event for event in events if isinstance(event, Chunk)]


def refusal(path: Path, content: str | bytes, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, content, **options)
    return str(caught.value)


def problems(chunks: Iterable[Chunk]) -> list[RowProblem]:
    return [problem for chunk in chunks for problem in chunk.problems]


def described(chunks: Iterable[Chunk]) -> list[tuple[int, str, int, str]]:
    """Return number, rule, column and value of each problem."""
    return [
        (each.number, each.rule.removeprefix("row."), each.column.index, each.value)
        for each in problems(chunks)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.csv"


def test_chunk_has_the_known_columns(path: Path) -> None:
    """Each column has its heading and its position; other columns are not read."""
    chunks = load(path, "owner,Task Name,operation_types\nme,crm-orders,INSERT\n")

    assert [contents(chunk) for chunk in chunks] == [
        contents(
            make_chunk(
                {"task_name": ["crm-orders"], "operation_types": ["INSERT"]},
                file="t.csv",
                columns={
                    "task_name": Column(heading="Task Name", index=1),
                    "operation_types": Column(heading="operation_types", index=2),
                },
            )
        )
    ]


@pytest.mark.parametrize(
    "text",
    ["NA", "null", "None", "nan", "007", "1e3", "TRUE", "#N/A", " pad ", "-", "订单", "=1+1"],
)
def test_cells_stay_as_typed(path: Path, text: str) -> None:
    """No text becomes a number, a boolean or a missing value."""
    assert row_cells(load(path, f"{HEADER}{text},INSERT\n")) == [(2, text, "INSERT")]


def test_byte_order_mark_is_removed_once(path: Path) -> None:
    """Further marks are part of their cells."""
    content = f"\ufeff{HEADER}\ufeffabc,INSERT\n\ufeffdef,INSERT\n"

    assert row_cells(load(path, content)) == [
        (2, "\ufeffabc", "INSERT"),
        (3, "\ufeffdef", "INSERT"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_line_ends_and_mark_are_not_part_of_cells(path: Path, end: str, mark: bytes) -> None:
    """The first heading is known with and without a byte order mark."""
    content = mark + f"{HEADER}abc,INSERT\n".replace("\n", end).encode()

    assert row_cells(load(path, content)) == [(2, "abc", "INSERT")]


def test_row_numbers_are_those_of_the_spreadsheet_program(path: Path) -> None:
    """Blank rows are counted, line breaks in cells are not."""
    content = '\n,\ntask_name,operation_types\n\nabc,"INSERT\nUPDATE"\n , \ndef,INSERT\n\n'

    assert row_cells(load(path, content)) == [(5, "abc", "INSERT\nUPDATE"), (7, "def", "INSERT")]


def test_row_with_an_unknown_column_only_is_a_row(path: Path) -> None:
    """A row is blank only if the cells of unknown columns are blank too."""
    content = "task_name,operation_types,note\n,,look here\n,,\nabc,INSERT,\n"

    assert row_cells(load(path, content)) == [(2, "", ""), (4, "abc", "INSERT")]


def test_short_row_ends_in_empty_cells(path: Path) -> None:
    """Some programs omit empty cells at the end of a row."""
    assert row_cells(load(path, f"{HEADER}abc\n")) == [(2, "abc", "")]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7])
def test_chunks_join_to_the_same_rows(path: Path, chunk_rows: int) -> None:
    """The size of the chunks changes no row, and no chunk is empty."""
    content = HEADER + "\n\n\nabc,INSERT\n\n\n\ndef,UPDATE\nghi,DELETE\n"

    chunks = load(path, content, chunk_rows=chunk_rows)

    assert row_cells(chunks) == [(5, "abc", "INSERT"), (9, "def", "UPDATE"), (10, "ghi", "DELETE")]
    assert all(chunk.numbers for chunk in chunks)


@pytest.mark.parametrize("chunk_rows", [1, 2, 50])
@pytest.mark.parametrize("surplus", ["", "x", "x,", ",,,y"])
@pytest.mark.parametrize("number", [2, 3, 6])
def test_row_with_too_many_cells_is_a_problem(
    path: Path, number: int, surplus: str, chunk_rows: int
) -> None:
    """The other rows are read as usual, wherever a chunk starts."""
    lines = ["task_name,operation_types", *["abc,INSERT"] * 6]
    lines[number - 1] += f",{surplus}"

    chunks = load(path, "\n".join(lines), chunk_rows=chunk_rows)

    assert row_cells(chunks) == [(row, "abc", "INSERT") for row in range(2, 8)]
    assert problems(chunks) == [
        RowProblem(
            number=number,
            column=Column(heading="", index=2),
            rule="row.surplus",
            value=surplus.partition(",")[0],
            facts={"cells": 3 + surplus.count(","), "headings": 2},
            is_whole_row=True,
        )
    ]


@pytest.mark.parametrize("row", ["a,b,c", "a,b,", "a,b,,d", "a,b,,,,,x"])
def test_surplus_cell_in_every_row_is_a_problem_of_each(path: Path, row: str) -> None:
    """The first two cells are not shifted, and no row is accepted."""
    chunks = load(path, HEADER + f"{row}\n" * 5)

    assert row_cells(chunks) == [(number, "a", "b") for number in range(2, 7)]
    assert [problem.number for problem in problems(chunks)] == [2, 3, 4, 5, 6]


def test_separators_below_blank_headings_are_not_surplus(path: Path) -> None:
    """A separator at the end of the header row is a blank heading."""
    chunks = load(path, "task_name,operation_types,\nabc,INSERT,\ndef,INSERT,x\n")

    assert row_cells(chunks) == [(2, "abc", "INSERT"), (3, "def", "INSERT")]
    assert problems(chunks) == []


@pytest.mark.parametrize("surplus", [",", ",,", ",,,,,,", ", ,", ',"",'])
def test_blank_row_may_be_longer_than_the_header_row(path: Path, surplus: str) -> None:
    """A row without any text is not a task."""
    chunks = load(path, f"{HEADER}abc,INSERT\n,{surplus}\nghi,INSERT\n")

    assert row_cells(chunks) == [(2, "abc", "INSERT"), (4, "ghi", "INSERT")]
    assert problems(chunks) == []


@pytest.mark.parametrize("surplus", [",x", ",,x"])
def test_row_with_a_surplus_cell_only_is_a_row(path: Path, surplus: str) -> None:
    """The text would be lost otherwise."""
    chunks = load(path, f"{HEADER},{surplus}\nabc,INSERT\n")

    assert row_cells(chunks) == [(2, "", ""), (3, "abc", "INSERT")]
    assert [problem.number for problem in problems(chunks)] == [2]


def test_file_with_a_thousand_columns_is_read(path: Path) -> None:
    """Only the columns up to the last known one are parsed; the others decide if a row is blank."""
    more = "," * 2 * COLUMNS_MAX
    content = (
        f"task_name,operation_types{more}\nabc,INSERT\n,{more}\ndef,INSERT{more}\n"
        f',{more[1:]}"x, y"\nghi,INSERT{more},z\n'
    )

    chunks = load(path, content)

    assert row_cells(chunks) == [
        (2, "abc", "INSERT"),
        (4, "def", "INSERT"),
        (5, "", ""),
        (6, "ghi", "INSERT"),
    ]
    assert chunks[0].unnamed == {2 * COLUMNS_MAX: 1}
    assert described(chunks) == [(6, "surplus", 2 * COLUMNS_MAX + 2, "z")]


@pytest.mark.parametrize(
    "cell", ["x" * 2_500_000, f'"{"x" * 1_300_000}\n{"x" * 1_200_000}"'], ids=["plain", "quoted"]
)
def test_row_longer_than_the_blocks_of_the_parser_is_read(path: Path, cell: str) -> None:
    """No cell is cut at the end of a block."""
    before = "abc,INSERT,\n" * 100_000
    content = f"task_name,operation_types,note\n{before}def,INSERT,{cell}\nghi,INSERT,\n"

    rows = row_cells(load(path, content))

    assert rows[-2:] == [(100_002, "def", "INSERT"), (100_003, "ghi", "INSERT")]


def test_many_rows_with_inner_line_breaks_are_read(path: Path) -> None:
    """The parser never cuts a cell at a line break."""
    note = "x\n" * 1000
    content = "task_name,operation_types,note\nshort,INSERT\n" + f'abc,INSERT,"{note}"\n' * 2000

    chunks = load(path, content)

    assert row_cells(chunks)[1:] == [(number, "abc", "INSERT") for number in range(3, 2003)]
    assert problems(chunks) == []


def test_short_rows_below_many_headings_are_read(path: Path) -> None:
    """The missing cells do not fill the memory."""
    content = "task_name,operation_types" + "," * 400 + "\nabc" + "\n" * 10_000 + "def,x\n"

    assert row_cells(load(path, content)) == [(2, "abc", ""), (10_002, "def", "x")]


def test_title_may_be_wider_than_the_table(path: Path) -> None:
    """Rows above the header row may have any width."""
    content = f"Tasks,of,May,2026\n\n{HEADER}abc,INSERT\n"

    assert row_cells(load(path, content)) == [(4, "abc", "INSERT")]


@pytest.mark.parametrize(
    ("content", "rows", "expected"),
    [
        (
            '"a\nb",INSERT\n\ndef,"INSERT\nghi,INSERT\n',
            [2, 4, 5],
            [(4, "unclosed_mark", 1, '"INSERT')],
        ),
        ('abc,"x\ndef,"y"\n', [2, 3], [(2, "unclosed_mark", 1, '"x')]),
        ('abc,INSERT\n"de"f,INSERT\n', [2, 3], [(3, "stray_mark", 0, '"de"f')]),
        ('"abc,INSERT\n"def,INSERT\nghi,x\n', [2, 3, 4], [(2, "unclosed_mark", 0, '"abc'),
                                                         (3, "unclosed_mark", 0, '"def')]),
        ('abc,"x', [2], [(2, "unclosed_mark", 1, '"x')]),
        ('abc, "x,y" z\ndef,x\n', [2, 3], [(2, "stray_mark", 1, ' "x')]),
        ('abc, "x\ndef,x\n', [2, 3], [(2, "unclosed_mark", 1, ' "x')]),
        ('"a\nb","c"d\nabc,x\n', [2, 3], [(2, "stray_mark", 1, '"c"d')]),
    ],
    ids=[
        "open to the end",
        "closed by the next",
        "text behind",
        "several",
        "last cell",
        "separator in quotes",
        "space before",
        "below a line break",
    ],
)  # fmt: skip
@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
def test_wrong_quotation_mark_is_a_problem_of_its_row(
    content: str, rows: list[int], expected: list[tuple[int, str, int, str]], block_bytes: int
) -> None:
    """The row ends with the line of the mark, and the rows below it are read."""
    chunks = chunks_in((HEADER + content).encode(), block_bytes=block_bytes)

    assert [number for number, *_ in row_cells(chunks)] == rows
    assert described(chunks) == expected


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (' "a,b"', "a,b"),
        ('"a,b" ', "a,b"),
        ('   "a ""b"", c"\t', 'a "b", c'),
        (' "a\nb" ', "a\nb"),
        (' "" ', ""),
        (' "a" b', ' "a" b'),
        (' "a" and "b"', ' "a" and "b"'),
        (' 5" x', ' 5" x'),
        ('a "b', 'a "b'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blanks_around_quotation_marks_are_not_part_of_the_cell(
    cell: str, text: str, end: str
) -> None:
    """Marks in other text are characters, as long as they enclose no separator."""
    content = f"{HEADER}abc,{cell}\n{cell},abc\ndef,x".replace("\n", end)

    found = row_cells(chunks_in(content.encode(), block_bytes=1 << 20))

    text = text.replace("\n", end)
    assert found == [(2, "abc", text), (3, text, "abc"), (4, "def", "x")]


def test_tab_is_not_a_blank_between_tabs(path: Path) -> None:
    """The separator never belongs to a cell."""
    content = 'task_name\toperation_types\n\t"a"\nabc\t "x\ty"\n'

    assert row_cells(load(path, content)) == [(2, "", "a"), (3, "abc", "x\ty")]


def test_quotation_mark_inside_a_cell_is_a_character(path: Path) -> None:
    """The rows around such a cell are read as usual."""
    content = f'{HEADER}5" disk,INSERT\n"a ""b""",x"y\n,\nabc,"d\ne"\n'

    assert row_cells(load(path, content)) == [
        (2, '5" disk', "INSERT"),
        (3, 'a "b"', 'x"y'),
        (5, "abc", "d\ne"),
    ]


def test_quotation_mark_in_the_headings_is_refused(path: Path) -> None:
    """The header row must be well formed."""
    assert refusal(path, '\ntask_name,"operation_types\nabc,INSERT\n') == (
        "t.csv, row 2: the header row cannot be parsed, because a quotation mark is unclosed or"
        " inside a cell. Correct it or save the file as .xlsx."
    )


@pytest.mark.parametrize("text", ["x" * (3 << 20), '"' + "x" * (3 << 20), "x\t" * (1 << 20)])
def test_endless_row_is_refused(path: Path, text: str) -> None:
    """If no row ends within a mebibyte, the rest of the file is not read."""
    assert refusal(path, f"{HEADER}abc,INSERT\ndef,{text}").startswith(
        "t.csv, row 3: the row is longer than 1 MiB. The cause is probably an unclosed quotation"
    )


def test_endless_heading_is_refused(path: Path) -> None:
    """The message shows the start of the cell."""
    message = refusal(path, "x" * (3 << 20))

    assert message.endswith(f" Row 1 contains '{'x' * 60}…'.")


UNREADABLE = {
    "NUL byte": b"x\0y",
    "no encoding": b"M\xfchle \x8d\x81",
    "several encodings": b"M\x9fhle",
    "invalid": b"\xff",
}


def test_unknown_headings_are_reported_before_unreadable_cells(path: Path) -> None:
    """The user corrects the headings first, then the cell is reported."""
    options = [{}, {"encoding": "utf-8"}, {"encoding": "ascii"}]
    messages = [
        refusal(path, mark + b"Name,Ops\r\nabc,INSERT\r\n" + cell + b",INSERT\r\n", **option)
        for cell in UNREADABLE.values()
        for mark in (b"", codecs.BOM_UTF8)
        for option in options
    ]

    assert {message.partition("Row 1")[2][:25] for message in messages} == {
        " contains 'Name', 'Ops'. "
    }
    assert "NUL byte" in refusal(path, b"task_name,operation_types\nx\0y,INSERT\n")
    assert "line 1: the byte FF" in refusal(path, b"N\xffme,Ops\n", encoding="utf-8")


def test_cells_below_blank_headings_are_counted(path: Path) -> None:
    """A cell of blanks is not filled; a column with a heading is an ordinary other column."""
    content = "task_name,,operation_types,owner, ,\na,1,b,x,,\nc,2,d,y, ,\ne,,f,z,,3\n"

    (chunk,) = load(path, content)

    assert chunk.unnamed == {1: 2, 5: 1}


def test_nul_byte_is_refused_with_its_line(path: Path) -> None:
    """A file with a NUL byte is binary or damaged."""
    content = f'{HEADER}"a\nb",INSERT\nab\0c,INSERT\n'

    assert refusal(path, content) == (
        "t.csv: line 4 contains a NUL byte, so the file is binary or damaged. Save the spreadsheet"
        " again as 'CSV UTF-8' or as .xlsx."
    )


def test_nul_byte_far_down_is_reported_with_its_line(path: Path) -> None:
    """Lines are counted from the start of the file over all blocks."""
    content = HEADER + "abc,INSERT\n" * 300_000 + "a\0c,INSERT\n"

    assert refusal(path, content).startswith("t.csv: line 300002 contains a NUL byte")


def test_invalid_byte_far_down_is_reported_with_its_line(path: Path) -> None:
    """A file that is UTF-8 up to this byte has no other encoding."""
    content = "订单,INSERT\r\n" * 300_000

    assert refusal(path, HEADER.encode() + content.encode() + b"\xff,INSERT\n") == (
        "t.csv, line 300002: the byte FF is not valid utf-8. Save the spreadsheet again as 'CSV"
        " UTF-8' or as .xlsx, or specify --encoding."
    )


def test_text_cut_inside_a_character_is_refused(path: Path) -> None:
    """A file that ends too early is detected."""
    content = f"{HEADER}订单".encode()[:-1]

    assert "line 2: the byte E5 8D is not valid utf-8" in refusal(path, content)


@pytest.mark.parametrize("content", ["\n,,\n\n", "\n", " \n"])
def test_blank_file_is_refused(path: Path, content: str) -> None:
    """Without any text there is no header row."""
    assert refusal(path, content) == "t.csv: all rows are blank. Add a header row."


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), f"{HEADER}\n,\n"])
def test_headings_alone_are_refused(path: Path, content: str | bytes) -> None:
    """A blank template is not a batch."""
    assert refusal(path, content) == "t.csv: no rows below the header row. Add one row per task."


def test_layout_is_the_first_event(path: Path) -> None:
    """It contains the encoding, the separator, the columns and the hints."""
    path.write_bytes("Tasks\n任务名称;操作类型;备注;task_tga\nabc;INSERT;;\n".encode("gb18030"))
    hint = (
        "unknown heading 'task_tga' in cell D2; did you mean task_tag? Rename it, or use"
        " --map 'task_tga=task_tag'"
    )

    layout, chunk = read(path, label="t.csv")

    assert layout == Layout(
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
    assert isinstance(chunk, Chunk)


def test_mapped_headings_are_read(path: Path) -> None:
    """The mapping adds names of fields."""
    content = "Code;Ops\nabc;INSERT\n"

    found = load(path, content, mapping={"code": "task_name", "OPS": "operation_types"})

    assert row_cells(found) == [(2, "abc", "INSERT")]


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
STYLES: list[tuple[str, Literal[0, 1, 2]]] = [
    # The csv module quotes only the line break that it writes.
    ("\r\n", csv.QUOTE_MINIMAL),
    *((end, csv.QUOTE_ALL) for end in ("\r\n", "\n", "\r")),
    *((end, csv.QUOTE_NONNUMERIC) for end in ("\r\n", "\n", "\r")),
]
HEADINGS = ["task_name", "operation_types", "note"]


def write(table: Sequence[Sequence[str]], **style: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **style).writerows([HEADINGS, *table])
    return out.getvalue()


def chunks_in(content: bytes, *, block_bytes: int, **options: Any) -> list[Chunk]:
    _, *chunks = read_csv(
        io.BytesIO(content),
        label="t.csv",
        options=LoadOptions(**options),
        block_bytes=block_bytes,
    )
    return [chunk for chunk in chunks if isinstance(chunk, Chunk)]


def found_in(content: bytes, *, block_bytes: int, **options: Any) -> list[tuple[object, ...]]:
    return row_cells(chunks_in(content, block_bytes=block_bytes, **options))


@given(
    TABLE,
    st.integers(1, 5),
    st.sampled_from([1, 2, 3, 7, 50, 1 << 20]),
    st.sampled_from(",;\t|"),
    st.sampled_from(STYLES),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
)
@example([["\ufeffa", "", ""]] * 3, 1, 1, ",", ("\n", csv.QUOTE_ALL), "utf-8")
@example([["", "0\n", "\n"], ["", "\n", "\n"]], 1, 1, ",", ("\r", csv.QUOTE_ALL), "utf-8")
@example([["", "", "0\n"], ["", "0\n", "\n"]] * 3, 1, 50, ",", ("\r", csv.QUOTE_ALL), "utf-8")
@settings(max_examples=settings().max_examples // 2)
def test_any_table_comes_back_exactly(
    table: list[list[str]],
    chunk_rows: int,
    block_bytes: int,
    delimiter: str,
    style: tuple[str, Literal[0, 1, 2]],
    encoding: str,
) -> None:
    """Cells and row numbers are the ones that the csv module writes."""
    table = [*table, ["last", "INSERT", ""]]
    text = write(table, delimiter=delimiter, lineterminator=style[0], quoting=style[1])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    count = sum(1 for _ in reader)

    chunks = chunks_in(text.encode(encoding), chunk_rows=chunk_rows, block_bytes=block_bytes)

    found = row_cells(chunks)
    assert problems(chunks) == []
    assert found == [
        (number, *row[:2])
        for number, row in enumerate(table, start=2)
        if any(cell.strip() for cell in row)
    ]
    assert found[-1][0] == count


@cache
def texts_in(encoding: str) -> st.SearchStrategy[str]:
    """Return texts of characters that *encoding* can represent."""
    chars = map(chr, range(1, 0xD800))
    known = [char for char in chars if char.encode(encoding, "ignore").decode(encoding) == char]
    return st.lists(st.sampled_from(known), max_size=12).map("".join)


@pytest.mark.parametrize("encoding", ["gb18030", "cp950", "cp932", "cp949", "cp1251"])
@given(data=st.data())
@settings(max_examples=settings().max_examples // 5)
def test_any_table_in_a_given_encoding_comes_back_exactly(
    encoding: str, data: st.DataObject
) -> None:
    """Bytes inside a character are never separators or quotation marks."""
    row = st.lists(texts_in(encoding), min_size=3, max_size=3)
    table = data.draw(st.lists(row, max_size=12))
    table = [*table, ["last", "INSERT", ""]]
    content = write(table, quoting=csv.QUOTE_ALL).encode(encoding)

    found = found_in(content, encoding=encoding, block_bytes=data.draw(st.integers(1, 9)))

    assert found == [
        (number, *row[:2])
        for number, row in enumerate(table, start=2)
        if any(cell.strip() for cell in row)
    ]


BLANKS_AROUND = re.compile(r'(?<![^,\r\n]) *("(?:[^"]|"")*") *(?=[,\r\n])')


@given(st.text(st.sampled_from('ab"\n\r, '), max_size=60), st.sampled_from([1, 2, 5, 100]))
@example(',,","', 1)
@example(',,""', 1)
@settings(deadline=None)
def test_any_text_is_read_as_the_csv_module_reads_it_or_rejected(
    text: str, block_bytes: int
) -> None:
    """No arrangement of quotation marks moves or hides a row."""
    content = f"task_name,operation_types\n{text}\nlast,INSERT"
    lines = io.StringIO(BLANKS_AROUND.sub(r"\1", content), newline="")
    try:
        expected = list(csv.reader(lines, strict=True))[1:]
    except csv.Error:
        expected = None

    chunks = chunks_in(content.encode(), block_bytes=block_bytes)

    rejected = {problem.number for problem in problems(chunks)}
    found = {int(str(number)): tuple(cells) for number, *cells in row_cells(chunks)}
    if expected is None:
        assert rejected
        return
    assert found.keys() == {
        number for number, row in enumerate(expected, start=2) if any(cell.strip() for cell in row)
    }
    read = {number: (*row, "", "")[:2] for number, row in enumerate(expected, start=2)}
    assert [number for number in found.keys() - rejected if found[number] != read[number]] == []


PLAIN = st.text(st.sampled_from("abc -_订."), max_size=8)


@given(
    st.lists(st.tuples(PLAIN, PLAIN, PLAIN), max_size=12),
    st.integers(0, 2),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from([1, 7, 1 << 20]),
)
@settings(max_examples=settings().max_examples // 2)
def test_missing_cells_at_the_end_of_rows_are_empty(
    table: list[tuple[str, str, str]], omitted: int, end: str, block_bytes: int
) -> None:
    """A program that omits the last cells of rows shifts none of the others."""
    rows = [(*row[: 3 - omitted], *[""] * omitted) for row in table]
    lines = [",".join(HEADINGS), *(",".join(row[: 3 - omitted]) for row in rows), "last,INSERT"]

    found = found_in(end.join(lines).encode(), block_bytes=block_bytes)

    assert found == [
        (number, *row[:2])
        for number, row in enumerate([*rows, ("last", "INSERT")], start=2)
        if any(cell.strip() for cell in row)
    ]
