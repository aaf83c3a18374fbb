"""The option ``--where``: rows to send by the text of a cell."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.functional.inside import invoke
from tests.functional.program import INSTANCE, PROJECT, at, read_lines, recording

HEAD = ("task_name", "operation_types", "Owner", "Roll-out wave")
ROWS = (
    ("crm-one", "INSERT", "Li", 1),
    ("crm-two", "INSERT", " Li ", 2),
    ("no good", "INSERT", "Li", 2),
    ("crm-four", "INSERT", "Wu", 2),
)


@pytest.fixture(params=["csv", "xlsx"])
def tasks(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Yield a file with two columns without a field."""
    path = tmp_path / f"tasks.{request.param}"
    if request.param == "csv":
        path.write_text("\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS)))
        return path
    book = Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(path)
    return path


async def test_selected_rows_then_the_rest(tasks: Path) -> None:
    """The other rows are validated; the next command sends them."""
    where = ("--where", "rollout WAVE=2", "--where", "Owner=Li")

    async with recording() as simulator:
        some = await invoke("run", tasks.name, *at(simulator), *where, folder=tasks.parent)
        names = sorted(task.name for task in simulator.tasks(PROJECT, INSTANCE))
        rest = await invoke("run", tasks.name, *at(simulator), folder=tasks.parent)
        lines = read_lines(tasks.parent / "tasks-results" / "results.csv")

    assert (some.code, names, rest.code) == (1, ["crm-two"], 1)
    assert "1 to send, 1 rejected, 2 not sent in this run" in some.err
    assert "--where" not in some.err.splitlines()[-1]
    assert [line["status"] for line in lines] == ["created", "created", "rejected", "created"]


async def test_merged_cells_count_for_all_their_rows(tmp_path: Path) -> None:
    """Analysts merge the cells of a wave; each of its rows is displayed next to the text."""
    book = Workbook()
    for row in (HEAD, *ROWS):
        book.active.append((*row[:3], ""))
    book.active["D1"], book.active["D2"], book.active["D4"] = HEAD[3], "Wave 1", "Wave 2"
    book.active.merge_cells("D2:D3")
    book.active.merge_cells("D4:D5")
    book.save(tmp_path / "tasks.xlsx")

    ended = await invoke(
        *("run", "tasks.xlsx", "--simulate", "--dry-run", "--where", "Roll-out wave=Wave 1"),
        folder=tmp_path,
    )

    assert "4 rows read, 2 to send, 1 rejected, 1 not sent in this run" in ended.err


async def test_values_of_the_file_are_compared(tmp_path: Path) -> None:
    """A value that --set gives selects no row."""
    (tmp_path / "tasks.csv").write_text("task_name,operation_types,task_tag\na-one,INSERT,\n")
    command = ("run", "tasks.csv", "--simulate", "--dry-run", "--set", "task_tag=crm-orders")

    filled = await invoke(*command, "--where", "task_tag=crm-orders", folder=tmp_path)
    empty = await invoke(*command, folder=tmp_path, BATCHCREATE_WHERE="task_tag=")

    assert (filled.code, empty.code) == (2, 0)
    assert "no row has this value. The first values of the column are none." in filled.err


async def test_selection_is_checked_before_anything_is_sent(tasks: Path) -> None:
    """The message contains the headings of the file; there is no results folder."""
    ended = await invoke(
        "run", tasks.name, "--simulate", "--where", "Phase=2", folder=tasks.parent
    )

    assert (ended.code, ended.err) == (
        2,
        (
            "error: --where Phase=2: no sheet that was read has this heading. The headings are"
            " 'task_name', 'operation_types', 'Owner', 'Roll-out wave'.\n"
        ),
    )
    assert [path.name for path in tasks.parent.iterdir()] == [tasks.name]
