"""CSV files arrive cell by cell as they were typed, at the rows where people see them."""

import csv
import errno
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.loader import LoadOptions, read
from batchcreate.loader.delimited import _explained
from batchcreate.loader.headers import match
from batchcreate.loader.options import tell_nobody
from batchcreate.loader.reading import _chunks
from batchcreate.loader.source import Source
from batchcreate.models import Chunk, Column

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
                "task_name": Column(header="Task Name", index=1),
                "operation_types": Column(header="operation_types", index=2),
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
        f"t.csv, row {number}: there are {2 + surplus} cells but 2 headings. A cell with a comma in"
        " it needs quotation marks around it."
    )


def test_surplus_cell_in_every_row_is_refused(path: Path) -> None:
    """The parser would take the first column for an index."""
    assert "row 2: there are 3 cells but 2 headings" in refusal(path, f"{HEADER}a,b,c\nd,e,f\n")


def test_unclosed_quotation_mark_is_refused(path: Path) -> None:
    """The row where it opens is named, line breaks in cells before it not counted."""
    content = f'{HEADER}"a\nb",INSERT\n\ndef,"INSERT\nghi,INSERT\n'

    assert refusal(path, content) == (
        "t.csv, row 4: a quotation mark opens a cell and is never closed. Close it or remove it."
    )


def test_quotation_mark_in_the_headings_is_refused(path: Path) -> None:
    """Headings are read strictly."""
    assert refusal(path, '\ntask_name,"operation_types\nabc,INSERT\n') == (
        "t.csv, row 2: the headings cannot be read, a quotation mark is not closed or stands inside"
        " a heading. Correct it or save the file as .xlsx."
    )


def test_nul_byte_is_refused_with_its_line(path: Path) -> None:
    """A workbook called .csv is told apart from text."""
    assert refusal(path, f"{HEADER}abc,INSERT\nab\0c,INSERT\n") == (
        "t.csv: line 3 holds a NUL byte. The file is not UTF-8 text: save the spreadsheet again as"
        " 'CSV UTF-8' or as .xlsx."
    )


def test_other_encoding_is_refused_with_its_line(path: Path) -> None:
    """The byte is named; nothing is guessed."""
    assert refusal(path, f"{HEADER}abc,INSERT\n订单,INSERT\n".encode("gb18030")) == (
        "t.csv: line 3 holds the byte 0xB6, which is not UTF-8. The file is not UTF-8 text: save"
        " the spreadsheet again as 'CSV UTF-8' or as .xlsx."
    )


def test_wrong_byte_far_down_is_found_on_its_line(path: Path) -> None:
    """Beyond the first block lines are still counted from the start of the file."""
    content = HEADER.encode() + b"abc,INSERT\n" * 200_000 + b"\xff,INSERT\n"

    assert "line 200002 holds the byte 0xFF" in refusal(path, content)


def test_text_cut_inside_a_character_is_refused(path: Path) -> None:
    """A file that ends too early is noticed."""
    content = f"{HEADER}订单".encode()[:-1]

    assert "line 2 holds the byte 0xE5, which is not UTF-8" in refusal(path, content)


def test_blank_file_is_refused(path: Path) -> None:
    """Rows of nothing have no headings."""
    assert refusal(path, "\n,,\n\n") == (
        "t.csv: holds only blank rows. Put the headings in the first row."
    )


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), f"{HEADER}\n,\n"])
def test_headings_alone_are_refused(path: Path, content: str | bytes) -> None:
    """A template that nobody filled in is not a batch."""
    assert refusal(path, content) == (
        "t.csv: has headings but no rows. Type one row per task below them."
    )


def test_unexpected_parser_error_is_not_passed_on() -> None:
    """Whatever the parser says next year, people read our words."""
    header = match(["task_name", "operation_types"], file="t.csv", sheet="", number=1)

    assert _explained("C error: out of memory", header) == (
        "t.csv: is not a table of comma-separated cells. Save the spreadsheet again as 'CSV UTF-8'"
        " or as .xlsx."
    )


def test_file_that_stops_being_readable_is_refused() -> None:
    """An input error in the middle of a file is one message, too."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> Never:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(LoadError) as caught:
        list(_chunks(Failing(), ".csv", "t.csv", LoadOptions(), tell_nobody))

    assert str(caught.value) == (
        "t.csv: cannot be read to its end (Input/output error). Copy it and try again."
    )


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.data())
def test_source_gives_the_text_whatever_the_blocks(text: str, data: st.DataObject) -> None:
    """Characters that are cut by a block's end come out whole."""
    source = Source(io.BytesIO(b"\xef\xbb\xbf" + text.encode()), "t.csv")
    parts = []

    while part := source.read(data.draw(st.integers(1, 5))):
        parts.append(part)

    assert "".join(parts) == text
    assert list(Source(io.BytesIO(text.encode()), "t.csv")) == [text.removeprefix("\ufeff")]


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
AWKWARD = st.sampled_from(["", " ", '"', '""', ",", "\n", "\r\n", "\r", "a\nb", "NA", "\ufeff"])


@given(
    st.lists(st.lists(CELL | AWKWARD, min_size=3, max_size=3), max_size=12),
    st.integers(1, 5),
    st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
)
@settings(deadline=None)
def test_any_table_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    chunk_rows: int,
    style: tuple[str, Literal[0, 1]],
) -> None:
    """What the csv module writes is what is read, at the rows that the csv module counts."""
    table = [*table, ["last", "INSERT", ""]]
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=style[0], quoting=style[1])
        writer.writerows([["task_name", "operation_types", "note"], *table])
    with path.open(encoding="utf-8", newline="") as file:
        count = sum(1 for _ in csv.reader(file))

    found = rows(read(path, label="t.csv", options=LoadOptions(chunk_rows=chunk_rows)))

    assert found == [
        (number, *row[:2])
        for number, row in enumerate(table, start=2)
        if any(cell.strip() for cell in row)
    ]
    assert found[-1][0] == count
