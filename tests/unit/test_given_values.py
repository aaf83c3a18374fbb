"""Values that the command line gives to rows without one."""

from collections.abc import Sequence

import pytest

from batchcreate.errors import SettingsError
from batchcreate.models import CellKind, Column, Layout
from batchcreate.pipeline.given_values import fill, parse_given, require_no_similar
from tests.chunks import make_chunk

TARGETS = "task_type, description, task_tag, operation_types, source_app_id, target_app_id"


def message_of(*texts: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_given(texts)
    return str(caught.value)


@pytest.mark.parametrize(
    ("texts", "given"),
    [
        ((), {}),
        (
            ("task_tag= crm-orders ", "task_type=Realtime"),
            {"task_tag": "crm-orders", "task_type": "Realtime"},
        ),
        (("description=a=b",), {"description": "a=b"}),
        (("operation_types=insert; 更新",), {"operation_types": "INSERT,UPDATE"}),
        (("project_id=p1", " instance_id =i1"), {"project_id": "p1", "instance_id": "i1"}),
    ],
    ids=["none", "trimmed", "equals sign", "list", "target"],
)
def test_values_are_cleaned_like_cells(texts: Sequence[str], given: dict[str, str]) -> None:
    """The first equals sign separates the column from its value."""
    assert parse_given(texts) == given


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["Tag=x"], f"--set Tag=x: unknown column Tag; the columns are {TARGETS}, project_id,"),
        (["task_name=a"], "--set task_name=a: task_name must be different in each row; fill in"),
        (["task_id=abc"], "--set task_id=abc: task_id must be different in each row; fill in"),
        (["task_tag=abcd", "task_tag =efgh"], "--set contains task_tag 2 times; give one value"),
        (["task_tag=abc"], "--set task_tag=abc: The task tag 'abc' is too short"),
        (["task_tag=a b c"], "--set task_tag=a b c: The task tag 'a b c' contains a space"),
        (["task_type=TIMING"], "--set task_type=TIMING: The task type 'TIMING' is not available"),
        (["task_tag=2026-01-15"], "--set task_tag=2026-01-15: "),
        (["description=NULL"], "--set description=NULL: "),
    ],
    ids=[
        "unknown",
        "name",
        "id",
        "twice",
        "short",
        "characters",
        "impossible",
        "date",
        "placeholder",
    ],
)
def test_values_that_no_row_could_have_are_refused(texts: Sequence[str], message: str) -> None:
    """Every row would have the same issue or warning, at a cell that does not contain it."""
    assert message_of(*texts).startswith(message)


def test_message_suggests_a_valid_value() -> None:
    """The suggestion is that of a cell with the same text."""
    assert message_of("task_tag=crm orders").endswith(" Suggestion: crm_orders")


def test_only_empty_cells_are_filled() -> None:
    """White space and invisible characters are empty; an error or a covered cell is not."""
    cells = {"task_name": ["a1", "b1", "c1", "d1"], "task_tag": ["", " \u3000\u200b", "kept", ""]}
    chunk = make_chunk(cells, kinds={"task_tag": {3: CellKind.MERGED}})

    filled, counts = fill(chunk, {"task_tag": "crm-orders"})

    assert filled.texts("task_tag") == ["crm-orders", "crm-orders", "kept", ""]
    assert counts == {"task_tag": 2}
    assert chunk.texts("task_tag") == ["", " \u3000\u200b", "kept", ""]


def test_rows_without_a_name_get_no_values() -> None:
    """A filled cell would hide that the row contains totals."""
    cells = {"task_tag": ["", ""], "task_name": ["a-01", " "], "description": ["", "Total: 1"]}

    filled, counts = fill(make_chunk(cells), {"task_tag": "crm-orders"})

    assert filled.texts("task_tag") == ["crm-orders", ""]
    assert counts == {"task_tag": 1}


def test_missing_columns_are_added_behind_the_others() -> None:
    """The type of the texts is that of the other columns."""
    columns = {"task_name": Column(heading="Name", index=4)}
    chunk = make_chunk({"task_name": ["a1", "b1"]}, columns=columns)

    filled, counts = fill(chunk, {"task_tag": "crm-orders", "description": "All orders"})

    assert filled.columns == {
        "task_name": Column(heading="Name", index=4),
        "task_tag": Column(heading="task_tag", index=5),
        "description": Column(heading="description", index=6),
    }
    assert filled.texts("description") == ["All orders"] * 2
    assert counts == {"task_tag": 2, "description": 2}
    assert {str(kind) for kind in filled.frame.dtypes} == {str(chunk.frame["task_name"].dtype)}


def test_chunk_without_given_values_is_unchanged() -> None:
    """Most commands give none."""
    chunk = make_chunk({"task_name": ["a1"]})

    filled, counts = fill(chunk, {})

    assert filled.frame is chunk.frame
    assert counts == {}


def layout(*others: str) -> Layout:
    columns = {"task_name": Column(heading="task_name", index=0)}
    unknown = [Column(heading=heading, index=at) for at, heading in enumerate(others, 1)]
    return Layout(file="a.xlsx", sheet="Plan", header_row=3, columns=columns, others=unknown)


def test_ignored_column_of_the_same_name_is_refused() -> None:
    """The value would override cells that the analyst has filled in."""
    with pytest.raises(SettingsError) as caught:
        require_no_similar(layout("Owner", "Ops"), {"operation_types": "INSERT"})

    assert str(caught.value) == (
        "a.xlsx, sheet 'Plan': --set operation_types would override all cells below the unknown"
        " heading 'Ops' in cell C3. Rename it to operation_types, or use --map"
        " 'Ops=operation_types'."
    )


def test_other_ignored_columns_are_accepted() -> None:
    """Neither an unrelated heading nor a similar heading of a known column matters."""
    require_no_similar(layout("Owner", "Name"), {"task_name": "x", "task_tag": "crm-orders"})
