"""Rows and lists that were split are rejected; short rows and notes are not."""

import io
from typing import Any

import pytest

from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions
from batchcreate.loader.csv_reader import read_csv
from batchcreate.loader.split_rows import PARTS_MAX
from batchcreate.models import Column, RowProblem
from tests.chunks import row_cells

HEADINGS = "task_name,operation_types,description,task_tag,source_app_id"
FULL = "full-01,INSERT,x,tag-2,app-2"


def chunks_of(text: str, *, block_bytes: int = 1 << 20, **options: Any) -> list[Chunk]:
    _, *events = read_csv(
        io.BytesIO(text.encode()),
        label="t.csv",
        options=LoadOptions(**options),
        block_bytes=block_bytes,
    )
    return [event for event in events if isinstance(event, Chunk)]


def problems_of(text: str, **options: Any) -> list[RowProblem]:
    return [problem for chunk in chunks_of(text, **options) for problem in chunk.problems]


def split_rows(*lines: str, block_bytes: int = 1 << 20) -> dict[int, str]:
    """Return the rows that are parts of others, with the numbers of the other parts."""
    found = problems_of("\n".join(lines), block_bytes=block_bytes)
    assert {problem.rule for problem in found} <= {"row.split"}
    return {problem.number: str(problem.facts["others"]) for problem in found}


PAIR = {2: "3", 3: "2"}
BLOCKS = pytest.mark.parametrize("block_bytes", [1, pytest.param(1 << 20, marks=pytest.mark.long)])
SPLIT = {
    "in the description": (
        [HEADINGS, "aaa-01,INSERT,first line", "second line,tag-1,app-1"],
        PAIR,
    ),
    "single word": ([HEADINGS, "aaa-01,INSERT,first", "second,tag-1,app-1"], PAIR),
    "at the end of a cell": ([HEADINGS, "aaa-01,INSERT,first", ",tag-1,app-1"], PAIR),
    "at the beginning": ([HEADINGS, "aaa-01,INSERT,", "second,tag-1,app-1"], PAIR),
    "in the list": ([HEADINGS, "aaa-01,INSERT", "UPDATE,x,tag-1,app-1"], PAIR),
    "trailing cells missing": ([HEADINGS, "aaa-01,INSERT,first line", "second line"], PAIR),
    "in the last cell": (
        ["task_name,operation_types,description", "aaa-01,INSERT,first line", "second line"],
        PAIR,
    ),
    "in an unknown column": (
        ["task_name,operation_types,note", "aaa-01,INSERT,first line", "second line"],
        PAIR,
    ),
    "before the list": (
        ["task_name,description,operation_types", "aaa-01,first", "second line,INSERT"],
        PAIR,
    ),
    "with a word below the names": ([HEADINGS, "aaa-01,INSERT", "x,,tag-1,app-1"], PAIR),
    "above blank cells": ([HEADINGS, "aaa-01,INSERT,x,", ",app-1"], PAIR),
    "in a name in the middle": (
        ["task_tag,task_name,operation_types,note,source_app_id", "tag-1,crmo", "rders,UPDATE,,a"],
        PAIR,
    ),
    "before a name in the middle": (
        ["description,operation_types,task_name,note,task_tag", "x,INSERT,crmo", "rders,,tagone"],
        PAIR,
    ),
    "two line breaks": (
        [HEADINGS, "aaa-01,INSERT,first", "second line", "third line,tag-1,app-1"],
        {2: "3, 4", 3: "2, 4", 4: "2, 3"},
    ),
    "two paragraphs": (
        [HEADINGS, "aaa-01,INSERT,first", "", "third line,tag-1,app-1"],
        {2: "4", 4: "2"},
    ),
    "consecutive": (
        [HEADINGS, *["aaa-01,INSERT,first line", "second line,tag-1,app-1"] * 2],
        {2: "3", 3: "2", 4: "5", 5: "4"},
    ),
    "three single words": (
        [HEADINGS, "aaa-01,INSERT,first", "second", "third,tag-1,app-1"],
        {2: "3, 4", 3: "2, 4", 4: "2, 3"},
    ),
    "word with blank cells": ([HEADINGS, "aaa-01,INSERT,first", "second,,"], PAIR),
    "behind a comma of the list": ([HEADINGS, "aaa-01,INSERT,", "UPDATE,x,tag-1,app-1"], PAIR),
    "behind two commas of the list": (
        [HEADINGS, "aaa-01,INSERT,", "UPDATE,", "DELETE,x,tag-1,app-1"],
        {2: "3, 4", 3: "2, 4", 4: "2, 3"},
    ),
    "between types of the list": (
        [HEADINGS, "aaa-01,INSERT,", "UPDATE,DELETE,x,tag-1,app-1"],
        PAIR,
    ),
    "in a list at the end": (
        ["task_name,operation_types", "aaa-01,INSERT", "UPDATE", "DELETE"],
        {2: "3, 4", 3: "2, 4", 4: "2, 3"},
    ),
    "below a full row": (
        [HEADINGS, FULL, "aaa-01,INSERT,first line", "second line,tag-1,app-1"],
        {3: "4", 4: "3"},
    ),
}


@pytest.mark.parametrize("name", SPLIT)
@BLOCKS
@pytest.mark.parametrize("is_last", [True, False], ids=["end of file", "before a row"])
def test_row_with_an_unquoted_line_break_is_rejected(
    name: str, block_bytes: int, *, is_last: bool
) -> None:
    """Each part names the others."""
    lines, expected = SPLIT[name]
    full = FULL.split(",")[: lines[0].count(",") + 1]
    after = [] if is_last else [",".join(full)]

    assert split_rows(*lines, *after, block_bytes=block_bytes) == expected


THREE = "task_name,operation_types,description"
TEXT_FIRST = "description,task_name,operation_types"
LIST_FIRST = "operation_types,task_name,description"
THREE_PARTS = {2: "3, 4", 3: "2, 4", 4: "2, 3"}
FIRST_CELL = {
    "behind a hyphen": ([THREE, "crm-", "orders-1,INSERT,x"], PAIR),
    "before a hyphen": ([THREE, "crm", "-orders-1,INSERT,x"], PAIR),
    "behind the name": ([THREE, "crm-", ",INSERT,x"], PAIR),
    "above a blank line": ([THREE, "crm-", "", "orders-1,INSERT,x"], {2: "4", 4: "2"}),
    "above a short row": ([HEADINGS, "crm-", "orders-1,INSERT"], PAIR),
    "two line breaks": ([THREE, "cr", "mo", "rders-1,INSERT,x"], THREE_PARTS),
    "part of either row": ([THREE, "aaa-01,INSERT,x", "crm-", "orders-1,INSERT,x"], THREE_PARTS),
    "word below a text": ([THREE, "aaa-01,INSERT,first", "second", "bbb,INSERT,x"], PAIR),
    "word below a tag": (
        ["task_name,operation_types,task_tag", "aaa-01,INSERT,wave", "crmo", "rders-1,INSERT,x"],
        THREE_PARTS,
    ),
    "below a blank cell": ([THREE, "aaa-01,INSERT,", "crm-", "orders-1,INSERT,x"], THREE_PARTS),
    "word at the end": ([THREE, "aaa-01,INSERT,first", "second"], PAIR),
    "word below a short row": ([HEADINGS, "aaa-01,INSERT,first", "second"], PAIR),
    "between two letters": ([THREE, "crmo", "rders-1,INSERT,x"], PAIR),
    "between two letters of a tag": (
        ["task_name,operation_types,task_tag", "aaa-01,INSERT,wave", "crm2"],
        PAIR,
    ),
    "between two letters below a list": (
        ["operation_types,task_name,task_tag", "INSERT,aaa-01,tago", "ne"],
        PAIR,
    ),
    "between letters above a short row": ([HEADINGS, "crmo", "rders-1,INSERT"], {}),
    "in quotation marks": ([THREE, "aaa-01,INSERT,first", '"x"', "bbb,INSERT,x"], PAIR),
    "in quotation marks below a blank cell": (
        [THREE, "aaa-01,INSERT,", '"x"', "aaa-02,INSERT,y"],
        PAIR,
    ),
    "quoted name below": ([THREE, "crmo", '"rders-1",INSERT,x'], PAIR),
    "quoted name above": ([THREE, '"crmo"', "rders-1,INSERT,x"], {}),
    "in an id": (["task_id,task_name,operation_types", "app-", "0012,aaa-01,INSERT"], PAIR),
    "in a text": ([TEXT_FIRST, "first", "second,aaa-01,INSERT"], PAIR),
    "in a list": ([LIST_FIRST, "INSERT", "UPDATE,aaa-01,x"], PAIR),
    "behind a comma of a list": ([LIST_FIRST, "INSERT,", "UPDATE,aaa-01,x"], PAIR),
    "in a tag at the end": (
        ["task_name,operation_types,task_tag", "aaa-01,INSERT,wave-", "crm-2"],
        PAIR,
    ),
    "whole name": ([THREE, "aaa-01", "aaa-02,INSERT,x"], PAIR),
    "title": ([THREE, "Wave 1", "aaa-02,INSERT,x"], {}),
    "total": ([TEXT_FIRST, "Total", "x,aaa-02,INSERT"], {}),
    "list without a name": ([LIST_FIRST, "INSERT,,", "UPDATE,aaa-01,x"], {}),
    "unknown column": (["note,task_name,operation_types", "a", "b,aaa-01,INSERT"], {}),
    "wrong quotation mark": ([THREE, '"crm-', "orders-1,INSERT,x"], {}),
    "above a surplus cell": ([THREE, "crm-", "orders-1,INSERT,x,y"], {}),
}


@pytest.mark.parametrize("name", FIRST_CELL)
@BLOCKS
def test_single_cell_is_a_part_of_the_row_below_if_both_can_be_one_value(
    name: str, block_bytes: int
) -> None:
    """Otherwise the row below would be created with half of its first cell."""
    lines, expected = FIRST_CELL[name]

    found = problems_of("\n".join(lines), block_bytes=block_bytes)

    others = {each.number: each.facts["others"] for each in found if each.rule == "row.split"}
    assert others == expected


NO_LIST = "task_name,description,task_tag"
GIVEN_LIST = {
    "in a text": ([NO_LIST, "aaa-1,first", "second,tag1", "aaa-2,x,tag2"], PAIR),
    "above a single cell": ([NO_LIST, "aaa-1", "second,x,tag1", "aaa-2,x,tag2"], PAIR),
    "in the last cell": (
        ["task_name,description", "aaa-1,first", "second", "aaa-2,x"],
        PAIR,
    ),
    "two line breaks": ([NO_LIST, "aaa-1,one", "two", "three,tag1", "aaa-2,x,tag2"], THREE_PARTS),
    "short rows": ([NO_LIST, "aaa-1,first", "second,tag1", "aaa-2,x"], {}),
    "only short rows": ([NO_LIST, "aaa-1,x", "aaa-2,x", "aaa-3,x", "aaa-4,x"], {}),
    "complete rows": ([NO_LIST, "aaa-1,x,tag1", "aaa-2,x,tag2"], {}),
    "one short row": ([NO_LIST, "aaa-1,x,tag1", "aaa-2,x", "aaa-3,x,tag1"], {}),
}


@pytest.mark.parametrize("name", GIVEN_LIST)
def test_rows_without_a_list_are_parts_if_they_have_all_cells_together(name: str) -> None:
    """With a given list, each part would be created as a task."""
    lines, expected = GIVEN_LIST[name]

    found = problems_of("\n".join(lines), given=frozenset({"operation_types"}))

    assert {problem.number: problem.facts["others"] for problem in found} == expected


LEGAL = {
    "trailing cells missing": ["aaa-01,INSERT", "aaa-02,INSERT,x", "aaa-03,INSERT", FULL],
    "wrong operation type": ["aaa-01,INSERT", "aaa-02,UPSRT,x,tag-1", "aaa-03,更新", FULL],
    "name only": ["aaa-01,INSERT", "aaa-02", "aaa-03,INSERT"],
    "total": [FULL, "Total: 2"],
    "number of rows": [FULL, "(1 row)"],
    "comment": [FULL, "# last wave"],
    "ruler": [FULL, "-----"],
    "title of a part": ["Wave 1", FULL, "Wave 2", FULL],
    "blank lines": ["aaa-01,INSERT", "", "", FULL, ""],
    "no operation type": [FULL, "aaa-01,,x,tag-1,app-1", "aaa-02,,x"],
    "two rows without a type": ["aaa-01,x", "bbb 02,x,tag-1,app-1", FULL],
    "short row without a type": ["aaa-01,INSERT", "aaa-02,,x,tag-1,", FULL],
    "wrong type in a short row": ["aaa-01,INSERT,x", "aaa-02,xyz", FULL],
    "name of an operation type": [FULL, "update,INSERT,x,tag-1"],
    "name of an operation type below blank cells": ["aaa-01,INSERT,,,", "update,INSERT,x,tag-1"],
    "empty last cell": ["aaa-01,INSERT,x,tag-1,", "see above"],
}


@pytest.mark.parametrize("name", LEGAL)
@BLOCKS
def test_short_row_is_not_a_part_of_another(name: str, block_bytes: int) -> None:
    """Missing cells at the end of a row are empty, and notes do not reject the row above."""
    assert split_rows(HEADINGS, *LEGAL[name], block_bytes=block_bytes) == {}


RETURNS = {
    "in the description": ("aaa-01,INSERT,first\rsecond,tag-1,app-1", PAIR),
    "in the name": ("aaa\r-01,INSERT,x,tag-1,app-1", PAIR),
    "in the last cell": ("aaa-01,INSERT,x,tag-1,app-1\rmore", PAIR),
    "with an unquoted separator": ("aaa-01,INSERT,first\rsecond, third,tag-1,app-1", PAIR),
    "between equal parts": ("aaa-01,INSERT,a,b,c\rd,e,f,tag-1,app-1", PAIR),
    "twice": ("aaa-01,INSERT,a\rb\rc,tag-1,app-1", {2: "3, 4", 3: "2, 4", 4: "2, 3"}),
    "between rows": (f"{FULL}\r{FULL}", {}),
    "in quotation marks": ('aaa-01,INSERT,"first\rsecond",tag-1,app-1', {}),
}


@pytest.mark.parametrize("name", RETURNS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@BLOCKS
def test_bare_carriage_return_splits_a_row(name: str, end: str, block_bytes: int) -> None:
    """The character is a line break for spreadsheet programs, so that the row numbers are right."""
    line, expected = RETURNS[name]
    text = end.join([HEADINGS, line, FULL, FULL])

    found = problems_of(text, block_bytes=block_bytes)

    assert {problem.number: problem.facts["others"] for problem in found} == expected
    last = row_cells(chunks_of(text, block_bytes=block_bytes))[-1]
    assert last[:2] == (4 + line.count("\r") * (name != "in quotation marks"), "full-01")


def test_carriage_returns_between_all_rows_split_none() -> None:
    """Old programs end each row in this way."""
    lines = [HEADINGS, "aaa-01,INSERT,first", "aaa-02,INSERT,x,tag-1,app-1", FULL]
    text = "\r".join(lines)

    assert problems_of(text) == []


def test_surplus_carriage_return_at_the_end_of_each_row_splits_none() -> None:
    """Some programs write the carriage return twice; the blank row between the rows is counted."""
    text = f"{HEADINGS}\r\r\n{FULL}\r\r\n{FULL}"

    assert problems_of(text) == []
    assert [row[0] for row in row_cells(chunks_of(text))] == [3, 5]


def test_number_of_parts_is_bounded() -> None:
    """A long text below the table is not a part of its last row as a whole."""
    lines = ["task_name,operation_types,description", "aaa-01,INSERT,x", *["some text"] * 300]

    found = split_rows(*lines)

    assert list(found) == list(range(2, 3 + PARTS_MAX))


def test_problem_has_the_cell_at_the_line_break() -> None:
    """The first part ends there, and the second part begins with its first cell."""
    found = problems_of(f"{HEADINGS}\naaa-01,INSERT,first line\nsecond line,tag-1,app-1\n")

    assert found == [
        RowProblem(
            number=number,
            column=Column(heading=heading, index=index),
            rule="row.split",
            value=value,
            facts={"others": others},
            is_whole_row=True,
        )
        for number, heading, index, value, others in [
            (2, "description", 2, "first line", "3"),
            (3, "task_name", 0, "second line", "2"),
        ]
    ]


LISTS = {
    "UPDATE": True,
    " update ": True,
    "UPDATE)": True,
    '"DELETE"': True,
    "UPDATE,DELETE": True,
    "UPDATE / DELETE": True,
    "": False,
    "UPDATE and DELETE": True,
    "updates of the shop": False,
    "定时 INSERT": False,
    "更新": False,
    "UPDATE2": False,
    "x": False,
}


def test_operation_type_in_the_next_cell_is_a_split_list() -> None:
    """The column of the cell does not matter, nor do quotes and brackets that are left over."""
    wrong = {}
    for index, headings in enumerate(["description", "", "owner", "task_tag"]):
        for text, is_split in LISTS.items():
            quoted = '"' + text.replace('"', '""') + '"'
            found = problems_of(f"task_name,operation_types,{headings},x\naaa-01,INSERT,{quoted}")
            column = Column(heading=headings, index=2)
            expected = [RowProblem(number=2, column=column, rule="row.split_list", value=text)]
            if found != (expected if is_split else []):
                wrong[index, text] = found

    assert wrong == {}


def test_chinese_words_next_to_chinese_words_are_a_split_list() -> None:
    """Next to an English operation type, such a word is a description."""
    texts = ["更新", "更新、删除", "更新和删除」", "更新订单", "UPDATE"]
    rows = "".join(f"aaa-0{number},插入,{text},\n" for number, text in enumerate(texts))

    found = problems_of(f"{HEADINGS}\n{rows}")

    assert [problem.value for problem in found] == ["更新", "更新、删除", "更新和删除」", "UPDATE"]


def test_operation_type_next_to_an_empty_cell_is_no_list() -> None:
    """The row is rejected for its missing operation types."""
    assert problems_of(f"{HEADINGS}\naaa-01,,INSERT,x\n") == []


def test_list_column_may_be_the_last_one() -> None:
    """There is no cell next to it."""
    assert problems_of("description,task_name,operation_types\nUPDATE,aaa-01,INSERT\n") == []


@pytest.mark.parametrize("column", ["description", "owner"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_cell_that_contains_a_row_is_rejected(column: str, end: str) -> None:
    """A missing quotation mark would hide the rows up to the next mark."""
    text = end.join(
        [f"task_name,operation_types,{column}", 'aaa-01,INSERT,"x', "aaa-02,update,y", 'z",b,"c"']
    )

    (problem,) = problems_of(text.replace(',b,"c"', ""))

    assert (problem.number, problem.rule, problem.value) == (
        2,
        "row.enclosed_row",
        "aaa-02,update,y",
    )


@pytest.mark.parametrize(
    "text", ["first\nsecond", "tables: orders,INSERT\nx", "a\nrun INSERT\nb", "a\nb b,INSERT\nc"]
)
def test_quoted_cell_with_other_lines_is_accepted(text: str) -> None:
    """A description may consist of several lines."""
    chunks = chunks_of(f'task_name,operation_types,description\naaa-01,INSERT,"{text}"\n')

    assert row_cells(chunks) == [(2, "aaa-01", "INSERT", text)]
    assert chunks[0].problems == []
