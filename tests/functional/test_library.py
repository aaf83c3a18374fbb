"""The package as a library: the same pipeline, from Python, with typed values."""

import asyncio
from pathlib import Path

import pytest

import batchcreate
from batchcreate import Plan, Progress, Status
from tests.functional.program import listing, write_rows

ROWS = [{"task_name": f"task-{number:03}", "operation_types": "insert"} for number in range(30)]
BAD = {"task_name": "no good", "operation_types": "INSERT"}


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """Thirty good rows and a bad one."""
    path = tmp_path / "tasks.csv"
    write_rows(path, [*ROWS, BAD])
    return path


def settings_for(folder: Path, **options: object) -> batchcreate.Settings:
    return batchcreate.configure(simulate=True, rate=500, results=folder / "out", **options)


async def test_a_run_returns_typed_values(tasks: Path, tmp_path: Path) -> None:
    """The counts, the rows and the issues; the events begin with the plan."""
    events: list[Plan | Progress] = []

    ending = await batchcreate.run([tasks], settings_for(tmp_path), on_event=events.append)

    rows = list(batchcreate.read_results(ending.results))
    assert (ending.summary.total, ending.halt) == (31, None)
    assert [row.status for row in rows] == [Status.CREATED] * 30 + [Status.REJECTED]
    assert all(row.task_id for row in rows[:30])
    assert [issue.cell for issue in batchcreate.read_issues(ending.results)] == ["A32"]
    assert isinstance(events[0], Plan)
    assert isinstance(events[-1], Progress)
    assert (events[-1].planned, events[-1].created) == (30, 30)


async def test_a_run_can_be_followed(tasks: Path, tmp_path: Path) -> None:
    """The iteration ends with the run, whose ending is there then."""
    async with batchcreate.running([tasks], settings_for(tmp_path)) as running:
        events = [event async for event in running]
        ending = await running.ending()

    assert isinstance(events[0], Plan)
    assert ending.summary.counts[Status.CREATED] == 30


async def test_leaving_early_ends_the_run_in_good_order(tasks: Path, tmp_path: Path) -> None:
    """What was not sent is sent by the next run; nothing is sent twice."""
    slow = settings_for(tmp_path).model_copy(update={"rate": 20.0})
    async with batchcreate.running([tasks], slow) as running:
        async for event in running:
            if isinstance(event, Progress) and event.created:
                break
    ending = await running.ending()
    again = await batchcreate.resume(ending.results, settings_for(tmp_path))

    created = ending.summary.counts[Status.CREATED]
    assert ending.halt is not None
    assert 0 < created < 30
    assert again.summary.counts[Status.CREATED] == 30
    assert again.facts["this_run"]["attempts"] == 30 - created


async def test_cancelled_run_lets_go_of_its_input(tmp_path: Path) -> None:
    """Whoever gives up while a large file is read may start again at once."""
    rows = [{"task_name": f"task-{n}", "operation_types": "insert"} for n in range(20_000)]
    tasks = write_rows(tmp_path / "tasks.csv", rows)
    settings = settings_for(tmp_path, dry_run=False, limit=1)
    running = asyncio.create_task(batchcreate.run([tasks], settings))  # noqa: TID251 # cancelled
    while not (tmp_path / "out" / "journal.db-wal").exists():  # noqa: ASYNC110 # nobody tells
        await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    left = listing(tmp_path)

    write_rows(tasks, ROWS)
    again = await batchcreate.run([tasks], settings)

    assert left == ["tasks.csv"]
    assert (again.summary.total, again.summary.counts[Status.CREATED]) == (30, 1)


USER = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": "canary-password",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY = {"HUAWEICLOUD_SDK_AK": "CANARYAK", "HUAWEICLOUD_SDK_SK": "canary-secret-key"}


@pytest.mark.parametrize("environment", [USER, KEY], ids=["user", "key"])
async def test_run_ends_although_the_look_up_of_its_project_is_not_answered(
    tasks: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """At once, and leaves nothing behind."""
    stop, is_over = batchcreate.Stop(), asyncio.Event()

    async def end_the_run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stop.pull(batchcreate.Halt(cause=batchcreate.Cause.INTERRUPTED, message="enough"))
        await reader.read()
        writer.close()
        is_over.set()

    async with await asyncio.start_server(end_the_run, "127.0.0.1", 0) as iam:
        url = "http://127.0.0.1:{1}".format(*iam.sockets[0].getsockname())
        settings = batchcreate.configure(
            endpoint=url, iam_endpoint=url, region="cn-north-4", instance_id="i1", timeout=600
        )
        async with asyncio.timeout(60):
            with pytest.raises(batchcreate.StoppedError, match="nothing was sent"):
                await batchcreate.run([tasks], settings, environment=environment, stop=stop)
            await is_over.wait()

    assert listing(tmp_path) == ["tasks.csv"]


async def test_what_ends_a_run_is_raised(tmp_path: Path) -> None:
    """An input that cannot be read is an error of the package, from either way to run."""
    settings = settings_for(tmp_path)

    with pytest.raises(batchcreate.LoadError, match="there is no such file"):
        await batchcreate.run([tmp_path / "none.csv"], settings)
    async with batchcreate.running([tmp_path / "none.csv"], settings) as running:
        assert [event async for event in running] == []
        with pytest.raises(batchcreate.LoadError, match="there is no such file"):
            await running.ending()
    with pytest.raises(batchcreate.SettingsError, match="no input file"):
        await batchcreate.run([], settings)


async def test_what_ends_the_block_is_raised_as_it_is(tmp_path: Path) -> None:
    """No group is put around it: `except` finds it."""
    with pytest.raises(batchcreate.LoadError, match="there is no such file"):
        async with batchcreate.running([tmp_path / "none.csv"], settings_for(tmp_path)) as running:
            await running.ending()


async def test_a_run_can_be_iterated_over_again(tasks: Path, tmp_path: Path) -> None:
    """What was told is told; there is nothing left to wait for."""
    async with batchcreate.running([tasks], settings_for(tmp_path)) as running:
        events = [event async for event in running]
        async with asyncio.timeout(10):
            again = [event async for event in running]

    assert isinstance(events[0], Plan)
    assert again == []


def test_a_check_tells_every_issue(tasks: Path) -> None:
    """No network, no credentials, no results folder."""
    with batchcreate.check([tasks], batchcreate.configure()) as findings:
        found = [(issue.cell, issue.rule) for issue in findings.issues()]

    assert (findings.rows, findings.rejected) == (31, 1)
    assert found == [("A32", "task_name.charset")]
    assert list(tasks.parent.iterdir()) == [tasks]


async def test_reports_can_be_rebuilt(tasks: Path, tmp_path: Path) -> None:
    """From the journal alone."""
    ending = await batchcreate.run([tasks], settings_for(tmp_path))
    before = (ending.results / "results.csv").read_bytes()
    (ending.results / "results.csv").unlink()

    summary = batchcreate.rebuild_reports(ending.results)

    assert summary == ending.summary
    assert (ending.results / "results.csv").read_bytes() == before


def test_a_wrong_setting_is_named() -> None:
    """As on the command line."""
    with pytest.raises(batchcreate.SettingsError, match="--rate"):
        batchcreate.configure(rate=0)
