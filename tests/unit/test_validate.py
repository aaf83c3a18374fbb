"""Rows become tasks, or are rejected with all their issues."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions, read
from batchcreate.models import (
    CellKind,
    Cleaning,
    Column,
    Key,
    RepeatedValue,
    RowLocation,
    RowProblem,
    Severity,
    Target,
    Task,
)
from batchcreate.rules import BODY_FIELDS, RULES, TARGET_FIELDS
from batchcreate.validator import CheckedChunk, repeated_value_issues, validate
from batchcreate.validator.damage import cleaned
from tests.chunks import Rejected, make_chunk, make_issue, rejected_rows

NO_DEFAULTS: dict[str, str] = {}


def chunk(*rows: tuple[str, ...], headings: str = "task_name operation_types") -> Chunk:
    """A chunk of *rows*, each a tuple of texts, from row 2 on."""
    names = headings.split()
    columns = {name: Column(heading=name.upper(), index=at) for at, name in enumerate(names)}
    return make_chunk(
        {name: [row[at] for row in rows] for at, name in enumerate(names)}, columns=columns
    )


def location(number: int) -> RowLocation:
    return RowLocation(file="tasks.csv", sheet="", number=number)


def bodies(checked: CheckedChunk) -> list[dict[str, object]]:
    return [json.loads(task.body) for task in checked.tasks("")]


def test_valid_rows_become_tasks() -> None:
    """A task has its location, its key and a compact body without empty fields."""
    rows = chunk(
        (" crm-orders\t", "", "realtime", '订单 "x"', "insert; Delete", "app-1", "p-1", "i-1"),
        headings="task_name task_id task_type description operation_types source_app_id"
        " project_id instance_id",
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=True)

    assert rejected_rows(checked) == ()
    assert list(checked.tasks("https://roma.example")) == [
        Task(
            location=location(2),
            key=Key(
                target=Target(
                    endpoint="https://roma.example", project_id="p-1", instance_id="i-1"
                ),
                task_name="crm-orders",
            ),
            body='{"description":"订单 \\"x\\"","operation_types":["INSERT","DELETE"],'
            '"source_app_id":"app-1","task_name":"crm-orders","task_type":"REALTIME"}'.encode(),
        )
    ]


def test_invalid_row_is_rejected_with_its_issues_in_column_order() -> None:
    """Every issue has its cell; the row has no task."""
    rows = chunk(
        ("INSERT", "abc", "ok-1"),
        ("", "abcd", "a b"),
        headings="operation_types task_tag task_name",
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [
        (
            row.location.number,
            row.task_name,
            [(i.column, i.cell, i.value, i.rule) for i in row.issues],
        )
        for row in rejected_rows(checked)
    ] == [
        (2, "ok-1", [("TASK_TAG", "B2", "abc", "task_tag.too_short")]),
        (
            3,
            "a b",
            [
                ("OPERATION_TYPES", "A3", "", "operation_types.missing"),
                ("TASK_NAME", "C3", "a b", "task_name.charset"),
            ],
        ),
    ]
    assert bodies(checked) == []


def test_row_without_target_is_rejected_if_a_target_is_needed() -> None:
    """Without such a column, the issue has the field and no cell."""
    checked = validate(chunk(("abc", "INSERT")), defaults={"project_id": "p"}, needs_target=True)

    assert rejected_rows(checked) == (
        Rejected(
            location=location(2),
            task_name="abc",
            project_id="p",
            instance_id="",
            issues=(
                make_issue(
                    location(2),
                    column="instance_id",
                    cell="",
                    value="",
                    rule="instance_id.missing",
                    message="The instance ID is empty. Enter 1 to 64 characters: letters (A-Z,"
                    " a-z), digits, underscores and hyphens, for example"
                    " 3f2e1d0c-9b8a-4756-8d4c-1b2a39485766.",
                ),
            ),
        ),
    )


def test_empty_target_cell_has_a_cell_address() -> None:
    """If the column exists, the issue has the cell."""
    rows = chunk(
        ("abc", "INSERT", ""),
        ("def", "INSERT", "i-2"),
        headings="task_name operation_types instance_id",
    )

    checked = validate(rows, defaults={"project_id": "p"}, needs_target=True)

    assert [[i.cell for i in row.issues] for row in rejected_rows(checked)] == [["C2"]]
    assert [task.key.target.instance_id for task in checked.tasks("")] == ["i-2"]


def test_problem_of_a_cell_is_an_issue_in_the_order_of_the_columns() -> None:
    """The loader detects it; the other cells of the row are checked."""
    column = Column(heading="OPERATION_TYPES", index=1)
    problem = RowProblem(number=2, column=column, rule="operation_types.no_result", value="x")
    rows = make_chunk(
        {"task_name": ["a b"], "operation_types": ["INSERT"], "task_tag": ["x"]},
        problems=[problem],
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [(issue.cell, issue.rule) for issue in checked.issues] == [
        ("A2", "task_name.charset"),
        ("B2", "operation_types.no_result"),
        ("C2", "task_tag.too_short"),
    ]
    assert checked.issues[1].message.startswith("The formula for the operation types has no")


def test_problem_of_a_whole_row_replaces_the_issues_of_its_cells() -> None:
    """The cells of such a row are not reliable."""
    problem = RowProblem(
        number=2, column=Column(heading="", index=2), rule="task_name.date", is_whole_row=True
    )
    rows = make_chunk({"task_name": ["", "abc"], "operation_types": ["", ""]}, problems=[problem])

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [(issue.number, issue.cell, issue.rule) for issue in checked.issues] == [
        (2, "C2", "task_name.date"),
        (3, "B3", "operation_types.missing"),
    ]


def test_row_of_totals_has_one_issue() -> None:
    """The word is the name, or the first filled cell of a row without a name."""
    rows = make_chunk(
        {
            "task_name": ["Total", "", "", "crm"],
            "operation_types": ["2", "合计：3", "", "INSERT"],
            "description": ["", "Total", "Totally new", ""],
        }
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [(issue.cell, issue.rule) for issue in checked.issues] == [
        ("A2", "row.totals"),
        ("B3", "row.totals"),
        ("A4", "task_name.missing"),
        ("B4", "operation_types.missing"),
    ]


def test_invalid_ids_are_not_compared() -> None:
    """A placeholder in many rows is reported once for each row."""
    rows = make_chunk(
        {
            "task_name": ["abc", "def", "ghi"],
            "task_id": ["x", "id-1", "x"],
            "operation_types": ["INSERT"] * 3,
        }
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert list(checked.unique_values()) == [
        ("task_name", ["abc", "def", "ghi"]),
        ("task_id", ["", "id-1", ""]),
    ]


def test_rows_without_a_real_name_are_not_compared() -> None:
    """Totals can equal an id, and a placeholder has one issue in each row."""
    rows = make_chunk(
        {
            "task_name": ["abc", "Total", "Total", "NULL", "NULL", "a b", "########", ""],
            "task_id": ["123", "123", "124", "125", "", "", "", "Total: 3"],
            "operation_types": ["INSERT"] * 8,
        }
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert list(checked.unique_values()) == [
        ("task_name", ["abc", "", "", "", "", "a b", "", ""]),
        ("task_id", ["123", "", "", "125", "", "", "", ""]),
    ]


def test_warning_does_not_reject_its_row() -> None:
    """The issue has the severity; the row becomes a task."""
    problem = RowProblem(
        number=2,
        column=Column(heading="TASK_NAME", index=0),
        rule="task_name.date",
        severity=Severity.WARNING,
    )
    rows = make_chunk({"task_name": ["abc"], "operation_types": ["INSERT"]}, problems=[problem])

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [issue.severity for issue in checked.issues] == [Severity.WARNING]
    assert checked.rejected == []
    assert len(bodies(checked)) == 1


def test_target_is_not_needed_for_checking() -> None:
    """Rows without a target are valid if no task is sent; an invalid target is not."""
    rows = chunk(
        ("abc", "INSERT", ""),
        ("def", "INSERT", "x/y"),
        headings="task_name operation_types project_id",
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [row.issues[0].rule for row in rejected_rows(checked)] == ["project_id.charset"]


def test_defaults_are_used_for_empty_cells() -> None:
    """The target of the row has precedence over the default."""
    rows = chunk(
        ("abc", "INSERT", " "),
        ("def", "INSERT", "own"),
        headings="task_name operation_types project_id",
    )

    checked = validate(rows, defaults={"project_id": "p", "instance_id": "i"}, needs_target=True)

    assert [task.key.target for task in checked.tasks("e")] == [
        Target(endpoint="e", project_id="p", instance_id="i"),
        Target(endpoint="e", project_id="own", instance_id="i"),
    ]


def test_every_row_with_a_name_has_a_key() -> None:
    """Rejected rows have keys too."""
    rows = chunk((" abc ", "INSERT"), ("", "INSERT"), ("a b", "nothing"))

    checked = validate(rows, defaults={"project_id": "p"}, needs_target=False)

    assert checked.targets() == [("p", "")]
    assert list(checked.unique_values()) == [("task_name", ["abc", "", "a b"])]


def test_same_issue_in_many_rows_is_reported_in_each() -> None:
    """A text is checked once and reported in all rows."""
    checked = validate(chunk(*[("abc", "x")] * 50), defaults=NO_DEFAULTS, needs_target=False)

    assert [row.issues[0].cell for row in rejected_rows(checked)] == [
        f"B{n}" for n in range(2, 52)
    ]


@given(st.data())
def test_bodies_are_canonical_json(data: st.DataObject) -> None:
    """Equal rows have equal bytes: compact, with sorted keys and minimal escapes."""
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=1024)
    row = tuple(
        data.draw(text) if name == "description" else RULES[name].example for name in BODY_FIELDS
    )

    checked = validate(
        chunk(row, headings=" ".join(BODY_FIELDS)), defaults=NO_DEFAULTS, needs_target=False
    )
    assume(not rejected_rows(checked))
    (task,) = checked.tasks("")

    read = json.loads(task.body)
    typed = row[BODY_FIELDS.index("description")]
    assert read.get("description", "") == cleaned(RULES["description"], typed)
    assert task.body.decode() == json.dumps(
        read, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


NAME = Column(heading="Task Name", index=1)


def row(number: int, *, file: str = "a.csv", sheet: str = "") -> RepeatedValue:
    location = RowLocation(file=file, sheet=sheet, number=number)
    return RepeatedValue(location=location, column=NAME, field="task_name", value="crm-orders")


def message(others: str) -> str:
    return (
        f"The task name 'crm-orders' is also used in {others}. Give each task in an instance a"
        " unique name, or remove the duplicate rows."
    )


def test_duplicate_rows_refer_to_each_other() -> None:
    """Both rows are rejected, each at its cell."""
    first, second = repeated_value_issues([row(2), row(9)])

    assert first == make_issue(
        RowLocation(file="a.csv", sheet="", number=2),
        column="Task Name",
        cell="B2",
        value="crm-orders",
        rule="task_name.repeated",
        message=message("row 9"),
    )
    assert (second.cell, second.message) == ("B9", message("row 2"))


def test_rows_in_other_files_and_sheets_have_their_location() -> None:
    """The message has the file and the sheet if they differ."""
    group = [
        row(2, file="a.xlsx", sheet="May"),
        row(3, file="a.xlsx", sheet="June"),
        row(4, file="b.csv"),
        row(5, file="c.xlsx", sheet="May"),
    ]

    issues = repeated_value_issues(group)

    assert issues[0].message == message(
        "row 3 of sheet June, row 4 of b.csv and row 5 of c.xlsx, sheet May"
    )


def test_message_names_the_row_that_has_the_task() -> None:
    """That row keeps its value, and has no issue."""
    owner = replace(row(9), has_task=True)

    (issue,) = repeated_value_issues([row(2), owner])

    assert (issue.number, issue.rule) == (2, "task_name.repeated")
    assert issue.message.startswith("The task name 'crm-orders' belongs to row 9, which was sent.")


def test_message_has_the_first_five_other_rows() -> None:
    """The message is short for any number of duplicates."""
    issues = repeated_value_issues([row(number) for number in range(2, 12)])

    assert issues[3].message == message("row 2, row 3, row 4, row 6, row 7 and 4 more")


FIELDS = (*BODY_FIELDS, *TARGET_FIELDS)
COLUMNS = dict(zip(FIELDS, "ABCDEFGHIJ", strict=True))

ISSUES = {
    5: ("task_name", "", "missing"),
    9: ("task_name", "ab", "too_short"),
    14: ("task_name", "x" * 101, "too_long"),
    23: ("task_name", "crm orders 023", "charset"),
    31: ("task_name", "crm\u200borders-031", "charset"),
    47: ("task_name", "\u0441rm-orders-047", "charset"),
    58: ("task_name", "-crm-orders-058", "first"),
    66: ("task_id", "t1", "too_short"),
    72: ("task_id", "7" * 51, "too_long"),
    85: ("task_id", "7f3c 9a41", "charset"),
    99: ("task_type", "TIMING", "impossible"),
    100: ("task_type", "REALTME", "value"),
    121: ("description", "x" * 1025, "too_long"),
    140: ("task_tag", "crm", "too_short"),
    155: ("task_tag", "crm orders", "charset"),
    170: ("operation_types", "", "missing"),
    188: ("operation_types", "UPSRT", "value"),
    203: ("operation_types", "INSERT,INSERT", "repeated"),
    222: ("source_app_id", "a" * 65, "too_long"),
    251: ("target_app_id", "订单", "charset"),
    277: ("project_id", "a/b", "charset"),
    301: ("instance_id", "i" * 65, "too_long"),
}


def good_row(number: int) -> dict[str, str]:
    return {
        "task_name": f"crm-orders-cdc-{number:03}",
        "task_id": "",
        "task_type": "realtime",
        "description": f"Orders of shop {number},\nin two lines",
        "task_tag": "crm-orders",
        "operation_types": "INSERT; update",
        "source_app_id": "app-crm",
        "target_app_id": "app-dwh",
        "project_id": "",
        "instance_id": "inst-1",
    }


def chunks(path: Path, *, chunk_rows: int = 1000) -> list[Chunk]:
    events = read(path, label="tasks.csv", options=LoadOptions(chunk_rows=chunk_rows))
    return [event for event in events if isinstance(event, Chunk)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, FIELDS)
        rows.writeheader()
        for number in range(2, 302):
            field, value, _ = ISSUES.get(number, ("task_id", "", ""))
            rows.writerow(good_row(number) | {field: value})
    return path


def test_exactly_the_issues_are_reported_each_at_its_cell(path: Path) -> None:
    """278 of 300 rows become tasks; 22 are rejected."""
    checked = [
        validate(chunk, defaults={"project_id": "p-1"}, needs_target=True)
        for chunk in chunks(path, chunk_rows=64)
    ]

    found = [
        (issue.location.number, issue.cell, issue.value, issue.rule)
        for part in checked
        for row in rejected_rows(part)
        for issue in row.issues
    ]
    sent = [
        task.location.number for part in checked for task in part.tasks("https://roma.example")
    ]

    assert found == [
        (number, f"{COLUMNS[field]}{number}", value, f"{field}.{kind}")
        for number, (field, value, kind) in ISSUES.items()
    ]
    assert sent == [number for number in range(2, 302) if number not in ISSUES]


def check(names: Sequence[str], descriptions: Sequence[str]) -> CheckedChunk:
    columns = {
        "description": Column(heading="What", index=0),
        "task_name": Column(heading="Name", index=1),
        "operation_types": Column(heading="How", index=2),
    }
    chunk = make_chunk(
        {
            "description": descriptions,
            "task_name": names,
            "operation_types": ["insert; Update"] * len(names),
        },
        columns=columns,
    )
    return validate(chunk, defaults={}, needs_target=False)


def cleaning(cell: str, column: str, before: str, after: str) -> Cleaning:
    location = RowLocation(file="tasks.csv", sheet="", number=int(cell[1:]))
    return Cleaning(location=location, column=column, cell=cell, before=before, after=after)


def test_lists_of_analysts_become_values_of_the_api() -> None:
    """Only words that are translated count as cleaned, not another case or separator."""
    typed = ["插入", "Insert & update", "更新和刪除", "delete AND insert", "新增、修改、删除"]
    rows = chunk(*((f"task-{at}", text) for at, text in enumerate(typed)))

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [body["operation_types"] for body in bodies(checked)] == [
        ["INSERT"],
        ["INSERT", "UPDATE"],
        ["UPDATE", "DELETE"],
        ["DELETE", "INSERT"],
        ["INSERT", "UPDATE", "DELETE"],
    ]
    assert [(each.cell, each.before, each.after) for each in checked.cleanings(limit=9)] == [
        ("B2", "插入", "INSERT"),
        ("B4", "更新和刪除", "UPDATE,DELETE"),
        ("B6", "新增、修改、删除", "INSERT,UPDATE,DELETE"),
    ]


def test_cleanings_are_listed_row_by_row() -> None:
    """Each cleaning has the text and the value; rejected cells are not included."""
    checked = check(
        ["crm-1\u200b", "crm-2", " crm 3 ", "crm-4"], ["", "Two\r\nlines ", "ok", "\u00a0"]
    )

    assert list(checked.cleanings(limit=9)) == [
        cleaning("B2", "Name", "crm-1\u200b", "crm-1"),
        cleaning("A3", "What", "Two\r\nlines ", "Two\nlines"),
        cleaning("A5", "What", "\u00a0", ""),
    ]
    assert checked.cleaned == 3


def test_cleaned_values_are_what_is_sent() -> None:
    """Keys, bodies and rejected rows contain the cleaned values."""
    checked = check([" crm-1 ", "\ufeffcrm 2"], ["one\r\ntwo", ""])

    assert checked.cells["task_name"].tolist() == ["crm-1", "crm 2"]
    assert [(task.key.task_name, task.body.decode()) for task in checked.tasks("")] == [
        (
            "crm-1",
            '{"description":"one\\ntwo","operation_types":["INSERT","UPDATE"],"task_name":"crm-1"}',
        )
    ]
    assert [row.task_name for row in rejected_rows(checked)] == ["crm 2"]


def test_empty_cells_are_not_in_the_body() -> None:
    """Empty texts and empty values are omitted."""
    cells = {
        "task_name": ["crm-1", "crm-2"],
        "operation_types": ["INSERT", "INSERT"],
        "task_type": ["", "realtime"],
        "task_tag": ["", "crm-tag"],
    }
    chunk = make_chunk(cells)

    checked = validate(chunk, defaults={}, needs_target=False)

    assert [sorted(json.loads(task.body)) for task in checked.tasks("")] == [
        ["operation_types", "task_name"],
        ["operation_types", "task_name", "task_tag", "task_type"],
    ]


@given(st.sampled_from(sorted(RULES)), st.text(max_size=30), st.sampled_from(list(CellKind)))
def test_any_cell_of_any_kind_can_be_checked(field: str, text: str, kind: CellKind) -> None:
    """No combination of text and kind raises an exception."""
    cells = {"task_name": ["crm-1"], "operation_types": ["INSERT"]} | {field: [text]}
    chunk = make_chunk(cells, kinds={field: {0: kind}})

    for language in ("en", "zh"):
        checked = validate(chunk, defaults={}, needs_target=True, language=language)
        assert [row.location.number for row in rejected_rows(checked)] == [2]


def checked(*, language: str = "en") -> CheckedChunk:
    cells = {
        "task_name": ["#REF!", "orders-1", "20240301", "orders-2", "orders-3"],
        "task_id": ["7f3c9a41", "12345678901234567168", "1001", "", ""],
        "operation_types": ["INSERT", "INSERT", "INSERT", "INSERT", ""],
    }
    chunk = make_chunk(
        cells,
        file="tasks.xlsx",
        sheet="May",
        columns={name: Column(heading=name.upper(), index=at) for at, name in enumerate(cells)},
        kinds={
            "task_name": {0: CellKind.ERROR, 2: CellKind.NUMBER},
            "task_id": {1: CellKind.NUMBER, 2: CellKind.NUMBER, 3: CellKind.NO_RESULT},
            "operation_types": {4: CellKind.MERGED},
        },
        covering={"operation_types": {4: "INSERT"}},
    )
    return validate(chunk, defaults={}, needs_target=False, language=language)


def test_kind_has_precedence_over_the_text() -> None:
    """Each cell has its address and the rule of its kind."""
    found = [(issue.cell, issue.rule) for row in rejected_rows(checked()) for issue in row.issues]

    assert found == [
        ("A2", "task_name.spreadsheet_error"),
        ("B3", "task_id.long_number"),
        ("B5", "task_id.no_result"),
        ("C6", "operation_types.merged"),
    ]
    assert rejected_rows(checked())[3].issues[0].suggestion == "INSERT"
    assert [task.key.task_name for task in checked().tasks("")] == ["20240301"]


def test_lost_digits_are_explained() -> None:
    """The message states the cause and the fix."""
    assert rejected_rows(checked())[1].issues == (
        make_issue(
            RowLocation(file="tasks.xlsx", sheet="May", number=3),
            column="TASK_ID",
            cell="B3",
            value="12345678901234567168",
            rule="task_id.long_number",
            message="A spreadsheet program stored the task ID '12345678901234567168' as a number"
            " and kept only 15 digits; the remaining digits are lost. Format the column as text,"
            " then enter the original value again.",
        ),
    )


def test_message_has_the_address_of_a_merged_cell() -> None:
    """A merged cell displays no value."""
    (issue,) = rejected_rows(checked(language="zh"))[3].issues

    assert issue.message == (
        "本行没有操作类型，因为单元格 C6 已与其他单元格合并。请取消合并，再在每一行中分别填写。"
    )
