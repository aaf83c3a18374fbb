"""The input is edited between two runs: what was created stays, what is new is sent."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.functional.harness import FAST, Findings, audit, seeded
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    Row,
    at,
    creates,
    read_lines,
    recording,
    task_rows,
    write_rows,
)

ROWS = task_rows(12)
NEW = task_rows(3, stem="new")
CHANGED: Row = ROWS[4] | {"operation_types": "UPDATE"}


def shuffled() -> list[Row]:
    rows: list[Row] = list(ROWS)
    seeded(7).shuffle(rows)
    return rows


EDITS: Mapping[str, Sequence[Row]] = {
    "shuffled": shuffled(),
    "inserted and deleted": [*NEW[:2], *ROWS[:6], NEW[2], *ROWS[8:]],
    "changed": [*ROWS[:4], CHANGED, *ROWS[5:]],
}


@pytest.mark.parametrize("edited", EDITS.values(), ids=list(EDITS))
async def test_a_rerun_of_an_edited_file_sends_only_what_is_new(
    tmp_path: Path, edited: Sequence[Row]
) -> None:
    """Created rows keep their tasks at any position, a changed row is skipped, none is lost."""
    async with recording() as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        write_rows(tmp_path / "tasks.csv", ROWS)
        await invoke(*command, folder=tmp_path)
        write_rows(tmp_path / "tasks.csv", edited)
        ended = await invoke(*command, folder=tmp_path)
        sent = creates(simulator)
        tasks = simulator.tasks(PROJECT, INSTANCE)

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    read = {row["task_name"] for row in edited}
    removed = [row for row in ROWS if row["task_name"] not in read]
    new = [row for row in edited if row in NEW]
    assert ended.code == 0
    assert audit([*edited, *removed], lines, tasks) == Findings()
    assert sent == len(ROWS) + len(new)
    assert {line["task_name"] for line in lines if line["status"] == "skipped"} == {
        row["task_name"] for row in edited if row == CHANGED
    }
