"""Headings are found below titles and lead to fields; near misses lead to a hint."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.headers import (
    SEARCHED_ROWS,
    Header,
    count_known,
    find,
    has_header,
    layout,
    match,
    not_found,
    require_mapped,
)
from batchcreate.models import Column, Layout

TASK = ["task_name", "operation_types"]
SEARCHED = "The first 20 rows were searched for the headings."


def found(*headings: str, **options: Any) -> Mapping[str, Column]:
    return match(headings, file="t.csv", sheet="", number=1, **options).columns


def refusal(*headings: str, sheet: str = "", **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        match(headings, file="t.csv", sheet=sheet, number=1, **options)
    return str(caught.value)


def header_row(*rows: Sequence[str], **options: Any) -> int:
    """Return the number of the row of headings; 0 for none."""
    header = find(rows, file="t.csv", sheet="", **options)
    return header.number if header else 0


def unfound(*rows: Sequence[str], **options: Any) -> str:
    assert not header_row(*rows, **options)
    return not_found(rows, file="t.csv", sheet="", **options)


def test_header_says_what_every_column_is() -> None:
    """Known ones by field, unknown ones as typed, our own ones apart, blank ones not at all."""
    headings = [
        "Owner",
        "Task Name",
        "",
        "操作类型*",
        " ",
        "batchcreate 状态",
        "Batchcreate Origin",
    ]

    assert match(headings, file="t.xlsx", sheet="May", number=3) == Header(
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


def test_layout_tells_what_the_header_knows() -> None:
    """Whoever reads the file adds how."""
    header = match([*TASK, "task_tga"], file="t.csv", sheet="", number=3)

    assert layout(header, encoding="big5", delimiter=";", content="ab") == Layout(
        file="t.csv",
        sheet="",
        header_row=3,
        columns=header.columns,
        others=(Column(heading="task_tga", index=2),),
        encoding="big5",
        delimiter=";",
        content="ab",
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
def test_near_miss_of_an_optional_heading_is_hinted_at(heading: str, field: str) -> None:
    """It stops nothing: the column is one of the others."""
    header = match([*TASK, heading], file="t.csv", sheet="", number=4)

    (hint,) = header.hints
    assert hint == (
        f"cell C4 ('{heading}') is no known heading; did you mean {field}? Rename it, or use --map"
        f" '{heading}={field}'"
    )


@pytest.mark.parametrize(
    "heading", ["owner", "project name", "target_app_name", "type", "tag", ""]
)
def test_other_headings_lead_to_no_hint(heading: str) -> None:
    """Columns of the analyst's own are no mistakes."""
    assert match([*TASK, heading], file="t.csv", sheet="", number=1).hints == ()


def test_column_that_is_there_is_hinted_at_no_more() -> None:
    """The likeness of two columns is nobody's mistake while the right one exists."""
    header = match([*TASK, "task_tag", "task_tag2"], file="t.csv", sheet="", number=1)

    assert header.hints == ()


def test_missing_column_is_named_with_a_hint() -> None:
    """The message lists what was found and what was probably meant."""
    assert refusal("task_name", "operation typ", "owner") == (
        "t.csv, row 1: there is no column operation_types. The headings found there are"
        " 'task_name', 'operation typ', 'owner'. Did you mean 'operation typ'? Then rename it to"
        f" operation_types, or use --map 'operation typ=operation_types'. {SEARCHED}"
    )


def test_both_missing_columns_are_named() -> None:
    """Without any likeness there is no hint; the sheet is named where there is one."""
    assert refusal("x", "", sheet="May") == (
        "t.csv, sheet 'May', row 1: there is no column task_name and operation_types. The headings"
        f" found there are 'x'. {SEARCHED}"
    )


def test_only_the_first_headings_are_listed() -> None:
    """A hundred columns do not fill the screen."""
    message = refusal(*(f"c{number}" for number in range(25)))

    assert "'c19' and 5 more." in message


def test_repeated_column_is_refused() -> None:
    """Two headings for one field leave open which one counts."""
    assert refusal(*TASK, "Task Name") == (
        "t.csv, row 1: cells A1 ('task_name') and C1 ('Task Name') both mean task_name. Rename or"
        " remove one of them."
    )


def test_ambiguous_columns_are_refused() -> None:
    """Where the two are called differently, the user can say which one counts."""
    assert refusal(*TASK, "任务名称") == (
        "t.csv, row 1: cells A1 ('task_name') and C1 ('任务名称') both mean task_name. Rename or"
        " remove one of them, or say which one counts: --map '任务名称=task_name'."
    )


def test_unknown_headings_may_be_repeated() -> None:
    """Two empty or foreign headings disturb nobody, nor do two columns of statuses."""
    headings = [*TASK, "x", "x", "", "", "batchcreate status", "batchcreate 状态"]

    assert set(found(*headings)) == set(TASK)


@pytest.mark.parametrize("heading", ["batchcreate origin", "batchcreate 来源"])
def test_origin_column_is_recognised_in_every_language(heading: str) -> None:
    """A to-fix file can be read whatever the language of the run."""
    header = match([*TASK, heading], file="t.csv", sheet="", number=1, mapping={})

    assert header.origin == len(TASK)


def test_repeated_origin_is_refused() -> None:
    """One of two origins would be wrong."""
    assert "cells C1 ('batchcreate origin') and D1" in refusal(*TASK, *["batchcreate origin"] * 2)


def test_mapped_heading_wins() -> None:
    """A column that the user names for a field counts instead of one that is called like it."""
    mapping = {"job code": "task_name"}

    header = match([*TASK, "Job-Code"], file="t.csv", sheet="", number=1, mapping=mapping)

    assert header.columns["task_name"] == Column(heading="Job-Code", index=2)
    assert header.others == (Column(heading="task_name", index=0),)


def test_two_mapped_headings_for_one_field_are_refused() -> None:
    """They leave open which one counts."""
    mapping = {"a": "task_name", "b": "task_name"}

    assert "cells A1 ('a') and B1 ('b') both mean" in refusal("a", "b", TASK[1], mapping=mapping)


def test_mapped_heading_that_is_not_there_is_named() -> None:
    """The likeliest reason why a mandatory column is missing."""
    assert refusal("Nmae", "operation_types", mapping={"Name": "task_name"}) == (
        "t.csv, row 1: there is no column task_name. The headings found there are 'Nmae',"
        f" 'operation_types'. --map names 'Name', which is not among them. {SEARCHED}"
    )


def test_mapped_heading_of_no_sheet_is_refused() -> None:
    """A typing error in an option does not leave a column behind silently."""
    sheets = [
        layout(match([*TASK, *more], file="t.csv", sheet="", number=1))
        for more in (["Kennung"], ["Note"])
    ]

    require_mapped({"kennung": "task_id", "NOTE": "description"}, sheets)
    with pytest.raises(LoadError) as caught:
        require_mapped({"Kenung": "task_id"}, sheets)

    assert str(caught.value) == (
        "--map Kenung=task_id: no sheet that was read has this heading. The headings found are"
        " 'task_name', 'operation_types', 'Kennung', 'Note'."
    )


def test_table_is_recognised_by_a_mandatory_column() -> None:
    """A sheet of notes with a description is no table of tasks."""
    assert has_header(["Task Name"])
    assert has_header(["x", "operation types"])
    assert not has_header(["description", "project id"])


def test_headings_are_found_below_a_title() -> None:
    """The row with most of them counts, wherever it stands."""
    title = [["Tasks of May"], [], ["任务名称", "filled in by", "me"], ["", ""]]

    assert header_row(*title, ["owner", *TASK, "task_tag"], ["me", "abc", "INSERT", ""]) == 5


def test_headings_that_are_repeated_below_are_data() -> None:
    """The validator shows where they stand."""
    assert header_row(TASK, ["abc", "INSERT"], TASK, ["def", "INSERT"]) == 1


def test_second_table_is_refused() -> None:
    """The rows of the first would be left out as if they were a title."""
    with pytest.raises(LoadError) as caught:
        header_row([], TASK, ["abc", "INSERT"], [*TASK, "description"])

    assert str(caught.value) == (
        "t.csv: rows 2 and 4 both hold headings, and the rows between them would be lost. Give"
        " every table a sheet or file of its own."
    )


def test_legend_above_the_headings_is_a_title() -> None:
    """Nothing stands between the two rows, so nothing is lost."""
    assert header_row(["mandatory:", *TASK], [], [*TASK, "description"]) == 3


def test_headings_in_two_rows_are_one() -> None:
    """Cells merged downwards hold their text in the upper row only."""
    upper = ["task_name", "operation_types", "applications", "", ""]
    lower = ["", " ", "source_app_id", "target_app_id"]

    header = find([["May"], upper, lower, ["abc", "INSERT"]], file="t.csv", sheet="")

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
    """Cells under known headings are never taken for further headings."""
    assert header_row([*TASK, "note"], ["abc", "INSERT", "description"]) == 1


def test_mandatory_heading_is_needed() -> None:
    """A legend of optional ones is no table; a row without all mandatory ones is refused."""
    assert not header_row(["description", "task_tag", "task_id"])
    with pytest.raises(LoadError, match="there is no column operation_types"):
        header_row(["x"], ["task_name", "task_tag"])


def test_known_headings_are_counted() -> None:
    """The count tells the right delimiter from the wrong ones."""
    rows = [["title"], [*TASK, "note", "Tag"]]

    assert count_known(rows) == 2
    assert count_known(rows, {"tag": "task_tag"}) == 3
    assert count_known([["title"]]) == 0


def test_sheet_without_headings_is_described() -> None:
    """The fullest of the rows is most likely to hold them."""
    assert unfound(["Tasks"], ["name", "operations", "owner"], ["abc"]) == (
        "t.csv: none of the first 20 rows holds the headings task_name and operation_types. Row 2"
        " reads 'name', 'operations', 'owner'. Did you mean 'name'? Then rename it to task_name,"
        " or use --map 'name=task_name'. Did you mean 'operations'? Then rename it to"
        " operation_types, or use --map 'operations=operation_types'."
    )


def test_headings_too_far_down_are_pointed_at() -> None:
    """They are searched for no further, yet seen."""
    rows = [["x"]] * (SEARCHED_ROWS + 4)

    assert unfound(*rows, TASK) == (
        "t.csv: none of the first 20 rows holds the headings task_name and operation_types. Row 1"
        " reads 'x'. Row 25 has them: remove rows above it until it is one of the first 20."
    )
