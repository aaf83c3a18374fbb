"""Rows that repeat the headings are detected; rows of tasks never are."""

from collections.abc import Mapping, Sequence

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.header import NO_MAPPING
from batchcreate.loader.repeated_headers import RepeatedHeaders
from batchcreate.models import Column
from tests.chunks import make_chunk

TASK = ("abc", "INSERT", "text", "tag-1")
FIELDS = ("task_name", "operation_types", "description", "task_tag")


def found(
    *rows: Sequence[str],
    headings: Sequence[str] = FIELDS,
    mapping: Mapping[str, str] = NO_MAPPING,
    chunk_rows: int = 100,
) -> list[int]:
    """Return the numbers of the header rows among *rows*, which begin in row 2."""
    columns = {
        field: Column(heading=heading, index=at)
        for at, (field, heading) in enumerate(zip(FIELDS, headings, strict=True))
    }
    headers = RepeatedHeaders(mapping)
    numbers = []
    for start in range(0, len(rows), chunk_rows):
        cells = zip(*rows[start : start + chunk_rows], strict=True)
        chunk = make_chunk(
            dict(zip(FIELDS, cells, strict=True)),
            range(2 + start, 2 + min(start + chunk_rows, len(rows))),
            columns=columns,
        )
        numbers += [chunk.numbers[at] for at in headers.find(chunk)]
    return numbers


def refusal(*rows: Sequence[str]) -> str:
    with pytest.raises(LoadError) as caught:
        found(*rows)
    return str(caught.value)


def wide(text: str) -> str:
    """Return the full-width forms of *text*, as Chinese keyboards type them."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


REPEATED = {
    "same": FIELDS,
    "another spelling": ("Task Name", "OPERATION-TYPES", "Description", "Task tag"),
    "Chinese": ("任务名称", "操作类型", "描述", "任务标签"),
    "both languages": ("任务名称/task_name", "操作类型 (operation_types)", "描述", "标签"),
    "remarks": ("任务名称（必填）", "Operation types\n(INSERT/UPDATE/DELETE)", "Desc.", "Tags"),
    "blank cells": ("task_name", "operation_types", "", " "),
    "similar names": ("名称", "操作", "说明", "Label"),
    "byte order mark": ("\ufefftask_name", "operation_types", "", ""),
    "quoted behind a byte order mark": ('\ufeff"task_name"', "operation_types", "", ""),
    "full width": (wide("task_name"), wide("OPERATION_TYPES"), "描述", ""),
}


def test_repeated_headings_are_detected() -> None:
    """The language and the spelling do not matter, in the middle and at the end of a sheet."""
    wrong = [
        case
        for case, row in REPEATED.items()
        for chunk_rows in (1, 2, 100)
        if found(TASK, row, TASK, row, row, chunk_rows=chunk_rows) != [3, 5, 6]
    ]

    assert wrong == []


def test_two_rows_that_share_the_headings_are_detected() -> None:
    """The upper one may contain a heading of several columns."""
    upper, lower = ("task_name", "operation_types", "Texts", ""), ("", "", "Description", "Tag")
    split = [("task_name", "", "description", ""), ("", "operation_types", "", "Tag")]

    assert found(TASK, upper, lower, TASK, *split, TASK) == [3, 4, 6, 7]
    assert found(upper, lower, TASK) == [2, 3]
    assert "differs from the heading" in refusal(TASK, upper, TASK)


TASKS = {
    "name of the field as task name": ("task_name", "INSERT", "text", "tag-1"),
    "name only": ("task_name", "", "", ""),
    "operation types only": ("", "operation_types", "", ""),
    "another name": ("crm-orders", "operation_types", "description", "task_tag"),
    "headings in a description": ("abc", "INSERT", "operation_types", "task_tag"),
    "words of a list": ("abc", "operations, INSERT", "", ""),
    "long cell": ("task_name", "operation_types" * 20, "", ""),
    "unknown addition": ("task_name", "operation types of crm", "", ""),
}


def test_rows_of_tasks_are_kept() -> None:
    """The validator checks them, even if one cell is a heading."""
    rows = [TASK, *TASKS.values(), TASK]

    assert found(*rows) == []


def test_translation_below_the_headings_may_have_unknown_words() -> None:
    """The rows below it have the columns of the header row."""
    translation = ("任务名称", "操作类型", "Beschreibung", "标签（旧）")

    assert found(translation, TASK) == [2]
    assert found(translation, FIELDS, TASK) == [2, 3]


def test_mapped_headings_can_be_repeated() -> None:
    """A heading is repeated in its column, or its field is given with the option."""
    headings = ("Kennung", "Vorgang", "Text", "Marke")
    mapping = {"kennung": "task_name", "VORGANG": "operation_types"}

    assert found(TASK, headings, TASK, headings=headings) == [3]
    assert found(TASK, ("Kennung", "Vorgang", "", ""), TASK, mapping=mapping) == [3]


OTHER_TABLES = {
    "exchanged columns": ("task_name", "operation_types", "task_tag", "description"),
    "another column": ("task_name", "operation_types", "description", "owner"),
    "exchanged translation": ("任务名称", "操作类型", "任务标签", "描述"),
}


def test_headings_of_another_table_are_refused() -> None:
    """The rows below them have other columns, so that tags would become descriptions."""
    messages = {case: refusal(TASK, row, TASK) for case, row in OTHER_TABLES.items()}

    assert [
        case for case, text in messages.items() if "the row contains headings again" not in text
    ] == []
    assert messages["another column"] == (
        "tasks.csv, row 3: the row contains headings again, but cell D3 ('owner') differs from the"
        " heading 'task_tag' of this column, so the rows below may be misread. Put each table in a"
        " separate sheet or file, or correct the heading."
    )


def test_translation_with_exchanged_columns_is_refused() -> None:
    """One of the two header rows is wrong."""
    assert "cell C2 ('任务标签') differs" in refusal(OTHER_TABLES["exchanged translation"], TASK)
