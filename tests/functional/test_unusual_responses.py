"""Responses in unusual formats: what a run reads from them, against the simulator."""

from pathlib import Path

from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    at,
    creates,
    read_lines,
    recording,
    statuses,
    task_rows,
    write_rows,
)

FAST = ("--settle", "0.1", "--rate", "200")
RESULTS = Path("tasks-results/results.csv")


async def test_numeric_ids_are_read_as_text_and_undone(tmp_path: Path) -> None:
    """Created tasks have the digits as id, and undo deletes by these ids."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))
    async with recording(faults={FaultKind.NUMERIC_ID: 1}) as simulator:
        ran = await invoke("run", "tasks.csv", *at(simulator), *FAST, folder=tmp_path)
        lines = read_lines(tmp_path / RESULTS)
        ids = [task.task_id for task in simulator.tasks(PROJECT, INSTANCE)]
        undone = await invoke("undo", "tasks-results", "--yes", folder=tmp_path)
        left = simulator.tasks(PROJECT, INSTANCE)

    assert (ran.code, [line["status"] for line in lines]) == (0, ["created"] * 3)
    assert sorted(line["task_id"] for line in lines) == sorted(ids)
    assert all(task_id.isdecimal() for task_id in ids)
    assert (undone.code, left) == (0, [])


async def test_unusual_lists_are_read(tmp_path: Path) -> None:
    """Null, totals as text, entries without a name and compressed lists serve every command."""
    write_rows(tmp_path / "tasks.csv", task_rows(5))
    found = {}
    for kind in (FaultKind.LIST_SPELLING, FaultKind.LIST_GZIP):
        faults = {kind: 1.0, FaultKind.CREATED_504: 0.5}
        async with recording(faults=faults) as simulator:
            target = at(simulator)
            doctor = await invoke("doctor", *target, folder=tmp_path)
            command = ("run", "tasks.csv", *target, *FAST, "--results", kind.value)
            ran = await invoke(*command, folder=tmp_path)
            found[kind] = (
                doctor.code,
                ran.code,
                statuses(read_lines(tmp_path / kind.value / "results.csv")),
                len(simulator.tasks(PROJECT, INSTANCE)),
            )

    assert found == dict.fromkeys(found, (0, 0, ["created"] * 5, 5))


async def test_server_text_is_in_the_results(tmp_path: Path) -> None:
    """Code and message are kept in any format, also of an error with a status of success."""
    write_rows(tmp_path / "tasks.csv", task_rows(1))
    found = {}
    for kind in (FaultKind.ERROR_200, FaultKind.NESTED_ERROR, FaultKind.FIREWALL):
        async with recording(faults={kind: 1}) as simulator:
            command = ("run", "tasks.csv", *at(simulator), *FAST, "--results", kind.value)
            ran = await invoke(*command, folder=tmp_path)
            (line,) = read_lines(tmp_path / kind.value / "results.csv")
            found[kind] = (ran.code, line["status"], line["error_code"], line["error_msg"])

    assert found[FaultKind.NESTED_ERROR] == (
        *(1, "failed", "400"),
        "The source application is disabled.",
    )
    assert found[FaultKind.FIREWALL][:3] == (1, "failed", "HTTP_418")
    assert "blocked by the web application firewall" in found[FaultKind.FIREWALL][3]
    code, status, error_code, message = found[FaultKind.ERROR_200]
    assert (code, status, error_code) == (1, "failed", "FDI.3026")
    assert "The data source is busy." in message
    assert "no task was created" in message


async def test_existing_name_at_the_first_attempt_is_reconciled(tmp_path: Path) -> None:
    """The gateway repeated the request: the task is found, and it is sent once."""
    write_rows(tmp_path / "tasks.csv", task_rows(4))
    async with recording(faults={FaultKind.CREATED_EXISTS: 1}) as simulator:
        ran = await invoke("run", "tasks.csv", *at(simulator), *FAST, folder=tmp_path)
        sent = creates(simulator)

    lines = read_lines(tmp_path / RESULTS)
    assert (ran.code, sent, [line["status"] for line in lines]) == (0, 4, ["created"] * 4)
