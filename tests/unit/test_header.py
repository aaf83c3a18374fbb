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
    has_mandatory_headings,
    match_header,
    require_mapped,
)
from batchcreate.loader.header_names import COMPARED_CELLS, SEARCHED_ROWS, no_header_row
from batchcreate.models import Column, Layout
from batchcreate.workbooks.merged_cells import MergedRange

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
    ]

    assert match_header(headings, file="t.xlsx", sheet="May", number=3) == Header(
        file="t.xlsx",
        sheet="May",
        number=3,
        width=6,
        columns={
            "task_name": Column(heading="Task Name", index=1),
            "operation_types": Column(heading="操作类型*", index=3),
        },
        others=(Column(heading="Owner", index=0),),
        named=frozenset({0, 1, 3, 5}),
        added=5,
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
        ("Source", "source_app_id"),
        ("Target", "target_app_id"),
        ("源应用", "source_app_id"),
        ("目标应用", "target_app_id"),
        ("目标应用（名称）", "target_app_id"),
        ("说明", "description"),
        ("ID", "task_id"),
        ("task_tag (old)", "task_tag"),
        ("[old] task_tag", "task_tag"),
        ("Label", "task_tag"),
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
    "heading", ["owner", "project name", "target_app_name", "type", "备注", "Remarks", ""]
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


def test_earlier_table_with_similar_headings_is_refused() -> None:
    """Its rows would be lost, too; a translation directly above the headings has none."""
    similar = ["Name", "Ops"]

    with pytest.raises(LoadError, match="rows 1 and 4 both contain headings"):
        header_row(similar, ["abc", "INSERT"], [], TASK)
    assert header_row(similar, TASK, ["abc", "INSERT"]) == 2
    assert header_row(["Name", "May"], ["of", "tasks"], TASK) == 3


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
        named=frozenset({0, 1, 2, 3}),
        rows=2,
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
    rows = [["title"], [*TASK, "note", "Kennung"]]

    assert count_known_headings(rows) == 2
    assert count_known_headings(rows, {"kennung": "task_tag"}) == 3
    assert count_known_headings([["title"]]) == 0


def test_sheet_without_header_row_is_described() -> None:
    """The row with the most cells is shown."""
    assert no_header(["Tasks"], ["name", "operations", "owner"], ["abc"]) == (
        "t.csv: none of the first 20 rows contains the headings task_name and operation_types. Row"
        " 2 contains 'name', 'operations', 'owner'. Did you mean 'name'? Rename it to task_name, or"
        " use --map 'name=task_name'. Did you mean 'operations'? Rename it to operation_types, or"
        " use --map 'operations=operation_types'."
    )


def test_row_with_similar_headings_is_shown_before_wider_rows() -> None:
    """Neither a title of one cell nor a row of data with more cells is the likely header row."""
    rows = [["Tasks"], ["Name", "Ops"], ["crm", "INSERT", "x", "y"]]

    assert "Row 2 contains 'Name', 'Ops'. Did you mean 'Name'?" in no_header(*rows)


def test_wide_row_is_compared_in_part() -> None:
    """The time for an error does not depend on the width of a sheet."""
    rows = [["x"] * COMPARED_CELLS + ["Name", "Ops"], ["Name", "Ops"]]

    assert "Row 2 contains 'Name', 'Ops'." in no_header(*rows)


def test_heading_of_several_lines_is_suggested_on_one_line() -> None:
    """The option can be typed; a heading that is too long for it must be renamed."""
    long = f"Name ({'of the task ' * 8})"

    assert (
        " Did you mean 'Job\\nname'? Rename it to task_name, or use --map 'Job name=task_name'."
        in no_header(["Job\nname", "x"])
    )
    assert no_header([long, "x"]).endswith("…'? Rename it to task_name.")


def test_short_name_is_a_column_unless_the_full_name_is_one() -> None:
    """Tag means task_tag; next to the column task_tag it means something else."""
    assert found(*TASK, "Tags", "Desc.") == {
        "task_name": Column(heading="task_name", index=0),
        "operation_types": Column(heading="operation_types", index=1),
        "task_tag": Column(heading="Tags", index=2),
        "description": Column(heading="Desc.", index=3),
    }
    assert found(*TASK, "Tag", "task_tag")["task_tag"].index == 3
    assert found(*TASK, "标签", "任务标签 (4-64字符)")["task_tag"].index == 3
    assert "cells C1 ('Tag') and D1 ('Tags') both map to task_tag" in refusal(*TASK, "Tag", "Tags")


def test_mapped_heading_may_have_a_remark() -> None:
    """The option needs the name only."""
    headings = ["Kennung (max. 50)", *TASK]
    mapping = {"Kennung": "task_id"}

    header = match_header(headings, file="t.csv", sheet="", number=1, mapping=mapping)

    assert header.columns["task_id"].index == 0
    require_mapped(mapping, [header.layout()])


def test_columns_without_a_heading_are_known() -> None:
    """Cells of blanks are no headings."""
    header = match_header([*TASK, "", "x", " "], file="t.csv", sheet="", number=1)

    assert header.unnamed() == [2, 4]


def test_columns_below_a_merged_heading_belong_to_its_field() -> None:
    """Merged titles, unknown headings and covered cells with a separate heading do not."""
    title = ["Tasks", "", "", "", ""]
    headings = ["task_name", "operation_types", "", "", "owner", "", "task_tag"]
    merges = [
        MergedRange(1, 0, 1, 6),
        MergedRange(2, 1, 2, 3),
        MergedRange(2, 4, 2, 5),
        MergedRange(2, 6, 2, 6),
        MergedRange(3, 1, 3, 3),
    ]

    header = find_header([title, headings], file="t.xlsx", sheet="May")

    assert header
    assert header.covered(merges) == {2: "operation_types", 3: "operation_types"}


def test_merged_heading_can_be_in_the_upper_of_two_rows() -> None:
    """A column with a heading in the lower row is not covered."""
    upper = ["task_name", "operation_types", "", "description", ""]
    lower = ["", "", "", "", "task_tag"]

    header = find_header([upper, lower], file="t.xlsx", sheet="May")

    assert header
    assert header.covered([MergedRange(1, 1, 1, 2), MergedRange(1, 3, 1, 4)]) == {
        2: "operation_types"
    }


def test_mandatory_headings_of_a_sheet_are_detected() -> None:
    """One of them is not enough, and neither is a sheet without rows."""
    assert has_mandatory_headings([["x"], TASK], NO_MAPPING)
    assert has_mandatory_headings([["x", TASK[1]]], {"x": "task_name"})
    assert not has_mandatory_headings([["task_name"]], NO_MAPPING)
    assert not has_mandatory_headings([], NO_MAPPING)


def test_headings_too_far_down_are_reported() -> None:
    """The message has their row."""
    rows = [["x"]] * (SEARCHED_ROWS + 4)

    assert no_header(*rows, TASK) == (
        "t.csv: none of the first 20 rows contains the headings task_name and operation_types. Row"
        " 1 contains 'x'. Row 25 contains them: remove rows above it until it is one of the first"
        " 20."
    )
