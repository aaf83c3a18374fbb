"""Chunks against the rules: which rows become tasks, and what the others are told."""

import json

from hypothesis import assume, given
from hypothesis import strategies as st

from batchcreate.models import Chunk, Column, Issue, Key, Rejected, RowLocation, Target, Task
from batchcreate.rules import BODY_FIELDS, RULES
from batchcreate.validator import Checked, validate
from batchcreate.validator.damage import cleaned

NO_DEFAULTS: dict[str, str] = {}


def chunk(*rows: tuple[str, ...], headings: str = "task_name operation_types") -> Chunk:
    """A chunk of *rows*, each a tuple of texts, from row 2 on."""
    names = headings.split()
    columns = {name: Column(heading=name.upper(), index=at) for at, name in enumerate(names)}
    cells = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    numbers = list(range(2, len(rows) + 2))
    return Chunk(file="tasks.csv", sheet="", columns=columns, numbers=numbers, cells=cells)


def place(number: int) -> RowLocation:
    return RowLocation(file="tasks.csv", sheet="", number=number)


def bodies(checked: Checked) -> list[dict[str, object]]:
    return [json.loads(task.body) for task in checked.tasks("")]


def test_good_rows_become_tasks() -> None:
    """A task carries its place, its key and a compact body without empty fields."""
    rows = chunk(
        (" crm-orders\t", "", "realtime", '订单 "x"', "insert; Delete", "app-1", "p-1", "i-1"),
        headings="task_name task_id task_type description operation_types source_app_id"
        " project_id instance_id",
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=True)

    assert checked.rejected == ()
    assert list(checked.tasks("https://roma.example")) == [
        Task(
            location=place(2),
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


def test_bad_row_is_rejected_with_all_its_issues_in_column_order() -> None:
    """Every issue names its cell; nothing of the row is sent."""
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
        for row in checked.rejected
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


def test_row_without_target_is_rejected_where_one_is_needed() -> None:
    """The issue names the field, for there is no such column, and no cell."""
    checked = validate(chunk(("abc", "INSERT")), defaults={"project_id": "p"}, needs_target=True)

    assert checked.rejected == (
        Rejected(
            location=place(2),
            task_name="abc",
            project_id="p",
            instance_id="",
            issues=(
                Issue(
                    location=place(2),
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
    """Where the column is there, the analyst is led to the cell."""
    rows = chunk(
        ("abc", "INSERT", ""),
        ("def", "INSERT", "i-2"),
        headings="task_name operation_types instance_id",
    )

    checked = validate(rows, defaults={"project_id": "p"}, needs_target=True)

    assert [[i.cell for i in row.issues] for row in checked.rejected] == [["C2"]]
    assert [task.key.target.instance_id for task in checked.tasks("")] == ["i-2"]


def test_target_is_not_needed_for_checking() -> None:
    """Rows without a target are fine as long as nothing is to be sent, bad ones are not."""
    rows = chunk(
        ("abc", "INSERT", ""),
        ("def", "INSERT", "x/y"),
        headings="task_name operation_types project_id",
    )

    checked = validate(rows, defaults=NO_DEFAULTS, needs_target=False)

    assert [row.issues[0].rule for row in checked.rejected] == ["project_id.charset"]


def test_defaults_stand_in_for_empty_cells() -> None:
    """A row's own target goes before the default."""
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


def test_keys_come_of_every_named_row() -> None:
    """Rejected rows have keys too; rows without a name have none."""
    rows = chunk((" abc ", "INSERT"), ("", "INSERT"), ("a b", "nothing"))

    checked = validate(rows, defaults={"project_id": "p"}, needs_target=False)

    assert list(checked.keys()) == [(2, "p", "", "abc"), (4, "p", "", "a b")]


def test_same_mistake_in_many_rows_is_found_in_each() -> None:
    """A text is judged once and reported wherever it stands."""
    checked = validate(chunk(*[("abc", "x")] * 50), defaults=NO_DEFAULTS, needs_target=False)

    assert [row.issues[0].cell for row in checked.rejected] == [f"B{n}" for n in range(2, 52)]


@given(st.data())
def test_bodies_are_canonical_json(data: st.DataObject) -> None:
    """Equal rows have equal bytes: compact, keys sorted, nothing escaped that need not be."""
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=1024)
    row = tuple(
        data.draw(text) if name == "description" else RULES[name].example for name in BODY_FIELDS
    )

    checked = validate(
        chunk(row, headings=" ".join(BODY_FIELDS)), defaults=NO_DEFAULTS, needs_target=False
    )
    assume(not checked.rejected)
    (task,) = checked.tasks("")

    read = json.loads(task.body)
    typed = row[BODY_FIELDS.index("description")]
    assert read.get("description", "") == cleaned(RULES["description"], typed)
    assert task.body.decode() == json.dumps(
        read, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
