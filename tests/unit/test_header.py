"""The header row is found below titles; headings that resemble a known one get a hint."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.header import (
    NO_MAPPING,
    Header,
    count_known_headings,
    find_header,
    match_header,
    require_mapped,
)
from batchcreate.loader.header_names import SEARCHED_ROWS, no_header_row
from batchcreate.models import Column, Layout

TASK = ["task_name", "operation_types"]
SEARCHED = "The first 20 rows were searched for the header row."


def found(*headings: str, **options: Any) -> Mapping[str, Column]:
    return match_header(headings, file="t.csv", sheet="", number=1, **options).columns


def refusal(*headings: str, sheet: str = "", **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        match_header(headings, file="t.csv", sheet=sheet, number=1, **options)
    return str(caught.value)


def header_row(*rows: Sequence[str], **options: Any) -> int:
    """Return the number of the header row; 0 if there is none."""
    header = find_header(rows, file="t.csv", sheet="", **options)
    return header.number if header else 0


def no_header(*rows: Sequence[str], **options: Any) -> str:
    assert not header_row(*rows, **options)
    return no_header_row(rows, file="t.csv", sheet="", mapping=NO_MAPPING, **options)


def test_header_contains_every_column_with_a_heading() -> None:
    """Known columns have a field; those that to-fix files add are separate."""
    headings = [
        "Owner",
        "Task Name",
        "",
        "操作类型*",
        " ",
        "batchcreate 状态",
        "Batchcreate Origin",
    ]

    assert match_header(headings, file="t.xlsx", sheet="May", number=3) == Header(
        file="t.xlsx",
        sheet="May",
        number=3,
        width=7,
        columns={
            "task_name": Column(heading="Task Name", index=1),
            "operation_types": Column(heading="操作类型*", index=3),
        },
        others=(Column(heading="Owner", index=0),),
        origin=6,
    )


def test_layout_contains_the_header_and_the_format() -> None:
    """The reader adds the encoding and the separator."""
    header = match_header([*TASK, "task_tga"], file="t.csv", sheet="", number=3)

    assert header.layout(encoding="big5", delimiter=";") == Layout(
        file="t.csv",
        sheet="",
        header_row=3,
        columns=header.columns,
        others=(Column(heading="task_tga", index=2),),
        encoding="big5",
        delimiter=";",
        hints=header.hints,
    )


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("task_tga", "task_tag"),
        ("Desciption", "description"),
        ("source_app", "source_app_id"),
        ("任务标签页", "task_tag"),
    ],
)
def test_heading_similar_to_an_optional_one_gets_a_hint(heading: str, field: str) -> None:
    """The column is one of the others, and the file is read."""
    header = match_header([*TASK, heading], file="t.csv", sheet="", number=4)

    (hint,) = header.hints
    assert hint == (
        f"unknown heading '{heading}' in cell C4; did you mean {field}? Rename it, or use --map"
        f" '{heading}={field}'"
    )


@pytest.mark.parametrize(
    "heading", ["owner", "project name", "target_app_name", "type", "tag", ""]
)
def test_other_headings_get_no_hint(heading: str) -> None:
    """Analysts may add columns."""
    assert match_header([*TASK, heading], file="t.csv", sheet="", number=1).hints == ()


def test_field_with_a_column_is_not_suggested() -> None:
    """Similar headings are accepted next to the right one."""
    header = match_header([*TASK, "task_tag", "task_tag2"], file="t.csv", sheet="", number=1)

    assert header.hints == ()


def test_missing_column_is_reported_with_a_suggestion() -> None:
    """The message lists the headings and the most similar one."""
    assert refusal("task_name", "operation typ", "owner") == (
        "t.csv, row 1: column operation_types is missing. The headings are 'task_name', 'operation"
        " typ', 'owner'. Did you mean 'operation typ'? Rename it to operation_types, or use --map"
        f" 'operation typ=operation_types'. {SEARCHED}"
    )


def test_both_missing_columns_are_reported() -> None:
    """Without a similar heading there is no suggestion; the message has the sheet."""
    assert refusal("x", "", sheet="May") == (
        "t.csv, sheet 'May', row 1: columns task_name and operation_types are missing. The headings"
        f" are 'x'. {SEARCHED}"
    )


def test_only_the_first_headings_are_listed() -> None:
    """The message is short for a hundred columns too."""
    message = refusal(*(f"c{number}" for number in range(25)))

    assert "'c19' and 5 more." in message


def test_repeated_column_is_refused() -> None:
    """With two headings for one field, the right one is not known."""
    assert refusal(*TASK, "Task Name") == (
        "t.csv, row 1: cells A1 ('task_name') and C1 ('Task Name') both map to task_name. Rename or"
        " remove one."
    )


def test_ambiguous_columns_are_refused() -> None:
    """If the two headings differ, the user can choose one."""
    assert refusal(*TASK, "任务名称") == (
        "t.csv, row 1: cells A1 ('task_name') and C1 ('任务名称') both map to task_name. Rename or"
        " remove one, or choose one with --map '任务名称=task_name'."
    )


def test_unknown_headings_may_be_repeated() -> None:
    """Empty and unknown headings may be repeated, and so may the status column."""
    headings = [*TASK, "x", "x", "", "", "batchcreate status", "batchcreate 状态"]

    assert set(found(*headings)) == set(TASK)


def test_origin_column_is_known_in_every_language() -> None:
    """The language of the run does not matter for a to-fix file."""
    headings = ["batchcreate origin", "batchcreate 来源"]

    headers = [
        match_header([*TASK, heading], file="t.csv", sheet="", number=1) for heading in headings
    ]

    assert [header.origin for header in headers] == [len(TASK)] * len(headings)


def test_repeated_origin_is_refused() -> None:
    """With two origins, the right one is not known."""
    assert "cells C1 ('batchcreate origin') and D1" in refusal(*TASK, *["batchcreate origin"] * 2)


def test_mapped_heading_has_precedence() -> None:
    """A mapped column replaces a column with the name of the field."""
    mapping = {"job code": "task_name"}

    header = match_header([*TASK, "Job-Code"], file="t.csv", sheet="", number=1, mapping=mapping)

    assert header.columns["task_name"] == Column(heading="Job-Code", index=2)
    assert header.others == (Column(heading="task_name", index=0),)


def test_two_mapped_headings_for_one_field_are_refused() -> None:
    """The right one is not known."""
    mapping = {"a": "task_name", "b": "task_name"}

    assert "cells A1 ('a') and B1 ('b') both map to" in refusal("a", "b", TASK[1], mapping=mapping)


def test_mapped_heading_that_is_missing_is_reported() -> None:
    """It is the most likely reason for a missing mandatory column."""
    mapping = {"owner": "description", "Name": "task_name"}

    assert refusal("Nmae", "operation_types", mapping=mapping) == (
        "t.csv, row 1: column task_name is missing. The headings are 'Nmae', 'operation_types'."
        f" --map contains 'Name', which is not one of them. {SEARCHED}"
    )


def test_mapped_heading_of_no_sheet_is_refused() -> None:
    """A typing error in the option is reported."""
    sheets = [
        match_header([*TASK, *more], file="t.csv", sheet="", number=1).layout()
        for more in (["Kennung"], ["Note"])
    ]

    require_mapped({"kennung": "task_id", "NOTE": "description"}, sheets)
    with pytest.raises(LoadError) as caught:
        require_mapped({"Kenung": "task_id"}, sheets)

    assert str(caught.value) == (
        "--map Kenung=task_id: no sheet that was read has this heading. The headings are"
        " 'task_name', 'operation_types', 'Kennung', 'Note'."
    )


def test_headings_are_found_below_a_title() -> None:
    """The header row is the row with the most known headings."""
    title = [["Tasks of May"], [], ["任务名称", "filled in by", "me"], ["", ""]]

    assert header_row(*title, ["owner", *TASK, "task_tag"], ["me", "abc", "INSERT", ""]) == 5


def test_headings_that_are_repeated_below_are_data() -> None:
    """The validator reports them."""
    assert header_row(TASK, ["abc", "INSERT"], TASK, ["def", "INSERT"]) == 1


def test_second_table_is_refused() -> None:
    """The rows of the first table would be skipped like a title."""
    with pytest.raises(LoadError) as caught:
        header_row([], TASK, ["abc", "INSERT"], [*TASK, "description"])

    assert str(caught.value) == (
        "t.csv: rows 2 and 4 both contain headings, so the rows between them would be lost. Put"
        " each table in a separate sheet or file."
    )


def test_legend_above_the_headings_is_a_title() -> None:
    """There are no rows between the two, so no row is lost."""
    assert header_row(["mandatory:", *TASK], [], [*TASK, "description"]) == 3


def test_headings_in_two_rows_are_one() -> None:
    """Cells merged downwards have their text in the upper row only."""
    upper = ["task_name", "operation_types", "applications", "", ""]
    lower = ["", " ", "source_app_id", "target_app_id"]

    header = find_header([["May"], upper, lower, ["abc", "INSERT"]], file="t.csv", sheet="")

    assert header == Header(
        file="t.csv",
        sheet="",
        number=3,
        width=5,
        columns={
            "task_name": Column(heading="task_name", index=0),
            "operation_types": Column(heading="operation_types", index=1),
            "source_app_id": Column(heading="source_app_id", index=2),
            "target_app_id": Column(heading="target_app_id", index=3),
        },
    )


def test_row_of_words_below_the_headings_is_data() -> None:
    """Cells below known headings are never further headings."""
    assert header_row([*TASK, "note"], ["abc", "INSERT", "description"]) == 1


def test_mandatory_heading_is_needed() -> None:
    """Optional headings alone are not a table; a row without all mandatory ones is refused."""
    assert not header_row(["description", "task_tag", "task_id"])
    with pytest.raises(LoadError, match="column operation_types is missing"):
        header_row(["x"], ["task_name", "task_tag"])


def test_known_headings_are_counted() -> None:
    """The count is highest for the right separator."""
    rows = [["title"], [*TASK, "note", "Tag"]]

    assert count_known_headings(rows) == 2
    assert count_known_headings(rows, {"tag": "task_tag"}) == 3
    assert count_known_headings([["title"]]) == 0


def test_sheet_without_header_row_is_described() -> None:
    """The row with the most cells is shown."""
    assert no_header(["Tasks"], ["name", "operations", "owner"], ["abc"]) == (
        "t.csv: none of the first 20 rows contains the headings task_name and operation_types. Row"
        " 2 contains 'name', 'operations', 'owner'. Did you mean 'name'? Rename it to task_name, or"
        " use --map 'name=task_name'. Did you mean 'operations'? Rename it to operation_types, or"
        " use --map 'operations=operation_types'."
    )


def test_headings_too_far_down_are_reported() -> None:
    """The message has their row."""
    rows = [["x"]] * (SEARCHED_ROWS + 4)

    assert no_header(*rows, TASK) == (
        "t.csv: none of the first 20 rows contains the headings task_name and operation_types. Row"
        " 1 contains 'x'. Row 25 contains them: remove rows above it until it is one of the first"
        " 20."
    )
