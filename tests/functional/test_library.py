"""The package as a library: the same pipeline, from Python, with typed values."""

import asyncio
from pathlib import Path

import pytest

import batchcreate
from batchcreate.library import Progress
from batchcreate.models.results import Status
from batchcreate.pipeline.plan import Plan
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
    given = {"simulate": True, "rate": 500, "results": folder / "out", **options}
    return batchcreate.configure(**given)


async def test_a_run_returns_typed_values(tasks: Path, tmp_path: Path) -> None:
    """The counts, the rows and the issues; the events begin with the plan."""
    events: list[Plan | Progress] = []

    ending = await batchcreate.run([tasks], settings_for(tmp_path), on_event=events.append)

    rows = list(batchcreate.read_results(ending.results))
    assert (ending.summary.total, ending.stop_reason) == (31, None)
    assert [row.status for row in rows] == [Status.CREATED] * 30 + [Status.REJECTED]
    assert all(row.task_id for row in rows[:30])
    assert [issue.cell for issue in batchcreate.read_issues(ending.results)] == ["A32"]
    assert isinstance(events[0], Plan)
    assert [sheet.layout.file for sheet in events[0].notes.sheets] == ["tasks.csv"]
    assert isinstance(events[-1], Progress)
    assert (events[-1].planned, events[-1].created) == (30, 30)


async def test_stop_switch_ends_a_run_cleanly(tasks: Path, tmp_path: Path) -> None:
    """The next run sends the tasks that were not sent; no task is sent twice."""
    slow = settings_for(tmp_path, rate=20.0)
    stop = batchcreate.StopSwitch()

    def stop_after_the_first(event: Plan | Progress) -> None:
        if isinstance(event, Progress) and event.created:
            reason = batchcreate.StopReason(
                cause=batchcreate.StopCause.INTERRUPTED, message="stopped by the calling program"
            )
            stop.request_stop(reason)

    ending = await batchcreate.run([tasks], slow, on_event=stop_after_the_first, stop=stop)
    again = await batchcreate.resume(ending.results, settings_for(tmp_path))

    created = ending.summary.counts[Status.CREATED]
    assert ending.stop_reason is not None
    assert 0 < created < 30
    assert again.summary.counts[Status.CREATED] == 30
    assert again.facts["this_run"]["attempts"] == 30 - created


async def test_cancelled_run_lets_go_of_its_input(tmp_path: Path) -> None:
    """A run that is cancelled while it reads a large file can be started again immediately."""
    rows = [{"task_name": f"task-{n}", "operation_types": "insert"} for n in range(20_000)]
    tasks = write_rows(tmp_path / "tasks.csv", rows)
    settings = settings_for(tmp_path, dry_run=False, limit=1)
    running = asyncio.create_task(batchcreate.run([tasks], settings))  # noqa: TID251 # cancelled
    while not (tmp_path / "out" / "journal.db-wal").exists():  # noqa: ASYNC110 # there is no event for a new file
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
    stop, is_over = batchcreate.StopSwitch(), asyncio.Event()

    async def end_the_run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stop.request_stop(
            batchcreate.StopReason(cause=batchcreate.StopCause.INTERRUPTED, message="enough")
        )
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
    """An input that cannot be read is an error of the package."""
    settings = settings_for(tmp_path)

    with pytest.raises(batchcreate.LoadError, match="file not found"):
        await batchcreate.run([tmp_path / "none.csv"], settings)
    with pytest.raises(batchcreate.SettingsError, match="no input file"):
        await batchcreate.run([], settings)


def test_check_returns_every_issue(tasks: Path) -> None:
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


async def test_resume_sends_at_most_the_limit(tasks: Path, tmp_path: Path) -> None:
    """The remaining rows are not attempted."""
    await batchcreate.run([tasks], settings_for(tmp_path, limit=5))

    result = await batchcreate.resume(tmp_path / "out", settings_for(tmp_path, limit=7))

    counts = result.summary.counts
    assert (counts[Status.CREATED], counts[Status.NOT_ATTEMPTED]) == (12, 18)


async def test_run_that_is_stopped_by_its_plan_sends_nothing(tasks: Path, tmp_path: Path) -> None:
    """Not even the task list is read; the next run creates all tasks."""
    stop = batchcreate.StopSwitch()

    def stop_at_the_plan(event: Plan | Progress) -> None:
        if isinstance(event, Plan):
            stop.request_stop(
                batchcreate.StopReason(cause=batchcreate.StopCause.INTERRUPTED, message="enough")
            )

    result = await batchcreate.run(
        [tasks], settings_for(tmp_path), on_event=stop_at_the_plan, stop=stop
    )
    again = await batchcreate.run([tasks], settings_for(tmp_path))

    assert result.stop_reason is not None
    assert result.facts["this_run"]["attempts"] == 0
    assert again.summary.counts[Status.CREATED] == 30
