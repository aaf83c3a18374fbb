"""Rows that show how a template is filled in are left out, and only those."""

import pytest

from batchcreate.loader.examples import without_examples
from batchcreate.models import CellKind, Chunk, Column


def chunk(*names: str, origins: tuple[str, ...] = ()) -> Chunk:
    return Chunk(
        file="t.csv",
        sheet="",
        columns={"task_name": Column(heading="task_name", index=0)},
        numbers=range(2, 2 + len(names)),
        cells={"task_name": names, "task_tag": [f"tag {name}" for name in names]},
        kinds={
            "task_tag": {
                len(names) - 1: CellKind.ERROR,
                len(names) // 4: CellKind.NUMBER,
                0: CellKind.DATE,
            }
        },
        covering={"task_tag": {0: "first", 1: "second"}},
        origins=origins,
    )


@pytest.mark.parametrize(
    "name",
    ["EXAMPLE: x", "example:x", " Example : x", "示例: x", "示例\uff1ax", "\u3000示例\uff1a"],
)
def test_example_rows_are_left_out(name: str) -> None:
    """What belongs to the other rows stays with them."""
    found = without_examples(chunk("a", name, "b:c", name, "d", origins=("1", "2", "3", "4", "5")))

    assert found == (
        Chunk(
            file="t.csv",
            sheet="",
            columns={"task_name": Column(heading="task_name", index=0)},
            numbers=[2, 4, 6],
            cells={"task_name": ["a", "b:c", "d"], "task_tag": ["tag a", "tag b:c", "tag d"]},
            kinds={"task_tag": {0: CellKind.DATE, 2: CellKind.ERROR}},
            covering={"task_tag": {0: "first"}},
            origins=["1", "3", "5"],
        ),
        2,
    )


@pytest.mark.parametrize("name", ["example", "examples: x", "an example: x", "x", "", ":", "示例"])
def test_other_rows_stay(name: str) -> None:
    """A task may be called example; its name has no colon."""
    assert without_examples(chunk(name)) == (chunk(name), 0)
