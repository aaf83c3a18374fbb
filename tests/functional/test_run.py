"""The command ``run``: its effect on the server, in the results folder and on the terminal."""

import asyncio
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from batchcreate.simulator import FaultKind, Simulator, StoredTask
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Ended,
    OnDemand,
    Row,
    at,
    code_due,
    creates,
    ids_by_name,
    listing,
    read_lines,
    read_summary,
    recording,
    run_process,
    statuses,
    task_rows,
    untrue,
    write_rows,
)

RESULT_COLUMNS = (
    "file,sheet,row,task_name,status,task_id,http_status,error_code,error_msg,advice,attempts,"
    "first_sent_at,finished_at,duration_ms,project_id,instance_id"
)
ISSUE_COLUMNS = "file,sheet,row,column,cell,value,rule,severity,message,suggestion"
COLUMNS = (
    "task_name",
    "task_id",
    "task_type",
    "description",
    "task_tag",
    "operation_types",
    "source_app_id",
    "target_app_id",
    "owner",
)
MISTAKES = (
    ("task_name", "", "missing"),
    ("task_name", "ab", "too_short"),
    ("task_name", "n" * 101, "too_long"),
    ("task_name", "crm orders", "charset"),
    ("task_name", "-crm-orders", "first"),
    ("task_id", "x", "too_short"),
    ("task_id", "x" * 51, "too_long"),
    ("task_id", "an id", "charset"),
    ("task_type", "REALTME", "value"),
    ("task_type", "TIMING", "impossible"),
    ("description", "d" * 1025, "too_long"),
    ("description", "ring\x07", "charset"),
    ("task_tag", "crm", "too_short"),
    ("task_tag", "t" * 65, "too_long"),
    ("task_tag", "crm/dwh", "charset"),
    ("operation_types", "", "missing"),
    ("operation_types", "UPSRT", "value"),
    ("operation_types", ",;", "count"),
    ("operation_types", "INSERT,insert", "repeated"),
    ("source_app_id", "s" * 65, "too_long"),
    ("source_app_id", "two words", "charset"),
    ("target_app_id", "two words", "charset"),
)
ROWS = 300
BLANK_ROW = 150
"""A blank row of the sheet; rows below it keep their numbers."""

WRONG = {9 + 13 * at: mistake for at, mistake in enumerate(MISTAKES)}
"""Cells with issues, by row number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of the story, with its files and the tasks on the server."""

    ended: Ended
    tasks: Sequence[StoredTask]
    requests: int
    creates: int
    files: Mapping[str, bytes]
    lines: Sequence[Row]
    issues: Sequence[Row]
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """300 rows with 22 issues: run, run again, corrected and run."""

    results: Path
    first: Step
    second: Step
    corrected: Step


def all_rows(wrong: Mapping[int, tuple[str, str, str]]) -> dict[int, dict[str, str]]:
    numbers = [number for number in range(2, ROWS + 3) if number != BLANK_ROW]
    rows = {}
    for number in numbers:
        row = dict.fromkeys(COLUMNS, "")
        row |= {"task_name": f"crm-{number}", "operation_types": "INSERT; update", "owner": "ada"}
        if number in wrong:
            field, text, _ = wrong[number]
            row[field] = text
        rows[number] = row
    return rows


def write_story(path: Path, wrong: Mapping[int, tuple[str, str, str]]) -> None:
    rows = all_rows(wrong)
    blank = dict.fromkeys(COLUMNS, "")
    write_rows(path, [rows.get(number, blank) for number in range(2, ROWS + 3)])


async def take_step(folder: Path, simulator: Simulator) -> Step:
    ended = await invoke("run", "tasks.csv", *at(simulator), "-v", folder=folder)
    results = folder / "tasks-results"
    return Step(
        ended=ended,
        tasks=simulator.tasks(PROJECT, INSTANCE),
        requests=len(simulator.requests),
        creates=creates(simulator),
        files={path.name: path.read_bytes() for path in results.rglob("*") if path.is_file()},
        lines=read_lines(results / "results.csv"),
        issues=read_lines(results / "issues.csv"),
        summary=read_summary(results),
    )


async def live(folder: Path) -> Story:
    async with recording() as simulator:
        write_story(folder / "tasks.csv", WRONG)
        first = await take_step(folder, simulator)
        second = await take_step(folder, simulator)
        write_story(folder / "tasks.csv", {})
        corrected = await take_step(folder, simulator)
    return Story(results=folder / "tasks-results", first=first, second=second, corrected=corrected)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return asyncio.run(live(tmp_path_factory.mktemp("story")))


def test_every_issue_is_reported_at_its_cell(story: Story) -> None:
    """issues.csv contains exactly the 22 issues, each with its cell."""
    letters = dict(zip(COLUMNS, "ABCDEFGHI", strict=True))

    found = [
        (issue["row"], issue["column"], issue["cell"], issue["rule"])
        for issue in story.first.issues
    ]

    assert found == [
        (str(number), field, f"{letters[field]}{number}", f"{field}.{kind}")
        for number, (field, _, kind) in WRONG.items()
    ]
    assert all(issue["message"] for issue in story.first.issues)


def test_exactly_the_rows_with_issues_are_rejected(story: Story) -> None:
    """All other rows are created, and each rejected row has a message."""
    rejected = {
        int(line["row"]): (line["error_code"], line["error_msg"])
        for line in story.first.lines
        if line["status"] == "rejected"
    }

    messages = {int(issue["row"]): issue["message"] for issue in story.first.issues}
    assert statuses(story.first.lines).count("created") == ROWS - len(WRONG) == 278
    assert rejected == {number: ("INVALID_ROW", messages[number]) for number in WRONG}


def test_every_line_agrees_with_the_server(story: Story) -> None:
    """The server has a task with the same name, id and values for each created row."""
    created = {
        line["task_name"]: line["task_id"]
        for line in story.first.lines
        if line["status"] == "created"
    }

    assert created == ids_by_name(story.first.tasks)
    assert [task.body for task in story.first.tasks if task.name == "crm-2"] == [
        {"task_name": "crm-2", "operation_types": ["INSERT", "UPDATE"]}
    ]
    assert untrue(story.first.lines, story.first.tasks) == []


def test_run_with_rejected_rows_has_exit_code_1_and_a_next_command(story: Story) -> None:
    """The last lines contain the counts and the command that completes the batch."""
    ended = story.first.ended

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-2] == "300 rows: 22 rejected, 278 created"
    last = ended.err.splitlines()[-1]
    assert last.startswith(
        "next: send tasks-results/to-fix/tasks.xlsx to the analysts, then run "
        "batchcreate run tasks-results/to-fix/tasks.xlsx --endpoint http://127.0.0.1:"
    )
    assert last.endswith(" --rate 1000 -v --results tasks-results")


def test_a_second_run_sends_nothing(story: Story) -> None:
    """The same command creates no further tasks, and the report does not change."""
    assert story.second.ended.code == 1
    assert story.second.requests == story.first.requests
    assert story.second.files["results.csv"] == story.first.files["results.csv"]
    assert story.second.files["issues.csv"] == story.first.files["issues.csv"]


def test_only_corrected_rows_are_sent(story: Story) -> None:
    """After the correction every row has a task; ids of earlier tasks are unchanged."""
    earlier = ids_by_name(story.first.tasks)

    assert story.corrected.ended.code == 0
    assert story.corrected.ended.err.endswith("next: nothing to do; every row has a task\n")
    assert story.corrected.creates - story.second.creates == len(WRONG)
    assert statuses(story.corrected.lines) == ["created"] * ROWS
    assert untrue(story.corrected.lines, story.corrected.tasks) == []
    assert earlier.items() <= ids_by_name(story.corrected.tasks).items()
    assert story.corrected.issues == []


def test_lines_are_in_input_order_with_the_row_numbers_of_the_sheet(story: Story) -> None:
    """Rows below a blank one keep the number that the spreadsheet program shows."""
    expected = [(str(number), row["task_name"]) for number, row in all_rows(WRONG).items()]

    # A cell that a spreadsheet program would read as a formula is protected by an apostrophe.
    found = [(line["row"], line["task_name"].removeprefix("'")) for line in story.first.lines]
    assert found == expected


def test_tables_have_their_columns(story: Story) -> None:
    """Both tables begin with the mark by which Excel recognises UTF-8."""
    results = f"{RESULT_COLUMNS},owner"
    for name, columns in (("results.csv", results), ("issues.csv", ISSUE_COLUMNS)):
        assert story.first.files[name].startswith(f"\ufeff{columns}\r\n".encode())
    assert {"journal.db", "log.jsonl", "summary.json"} <= set(story.first.files)
    assert [name for name in story.first.files if name.startswith(".")] == []


def test_created_lines_have_times_and_attempts(story: Story) -> None:
    """A created line has one attempt, times and a target; a rejected line has no times."""
    created, rejected = story.first.lines[0], story.first.lines[7]

    assert created["first_sent_at"] <= created["finished_at"]
    assert {name: created[name] for name in ("file", "sheet", "http_status", "attempts")} == {
        "file": "tasks.csv",
        "sheet": "",
        "http_status": "200",
        "attempts": "1",
    }
    assert (created["project_id"], created["instance_id"]) == (PROJECT, INSTANCE)
    assert created["advice"] == ""
    assert rejected["status"] == "rejected"
    assert (rejected["attempts"], rejected["first_sent_at"]) == ("0", "")
    assert "issues.csv" in rejected["advice"]


def test_the_counts_add_up(story: Story) -> None:
    """The counts of summary.json are those of the lines, and their sum is the rows."""
    for step in (story.first, story.second, story.corrected):
        counts = step.summary["counts"]
        found = statuses(step.lines)
        assert counts == {status: found.count(status) for status in counts}
        assert step.summary["total"] == sum(counts.values()) == ROWS


def test_summary_contains_the_counts_of_the_run(story: Story) -> None:
    """They differ from the counts of the batch, which include earlier runs."""
    sent = [step.summary["this_run"] for step in (story.first, story.second, story.corrected)]

    assert [now["created"] for now in sent] == [278, 0, 22]
    assert [now["attempts"] for now in sent] == [278, 0, 22]
    assert story.first.summary["rate"]["configured_per_s"] == 1000
    assert story.first.summary["stopped"] is None


def test_every_line_of_the_log_is_one_event(story: Story) -> None:
    """Each line is a JSON object with the id of its run; a later run appends lines."""
    events = [json.loads(line) for line in story.corrected.files["log.jsonl"].splitlines()]

    names = [event["event"] for event in events]
    assert len({event["run_id"] for event in events}) == 3
    assert names.count("task.created") == ROWS
    assert names.count("run.finished") == 3
    assert story.corrected.files["log.jsonl"].startswith(story.second.files["log.jsonl"])


def test_the_token_is_written_nowhere(story: Story) -> None:
    """The token is neither in the results folder nor in the output."""
    for step in (story.first, story.second, story.corrected):
        assert [name for name, data in step.files.items() if TOKEN.encode() in data] == []
        assert TOKEN not in step.ended.out + step.ended.err


def test_results_are_readable_by_the_owner_only(story: Story) -> None:
    """The folder has mode 0700, its files 0600."""
    written = [path for path in story.results.rglob("*") if path.is_file()]
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in written}

    assert stat.S_IMODE(story.results.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(modes, "0o600")


async def test_the_report_does_not_depend_on_the_concurrency(tmp_path: Path) -> None:
    """One worker or fifty write the same lines in the same order."""
    write_rows(tmp_path / "tasks.csv", task_rows(60))
    seen = []

    for concurrency in ("1", "50"):
        async with recording(latency_ms=2) as simulator:
            options = ("--concurrency", concurrency, "--results", f"by-{concurrency}")
            ended = await invoke("run", "tasks.csv", *at(simulator), *options, folder=tmp_path)
            lines = read_lines(tmp_path / f"by-{concurrency}" / "results.csv")
            assert (ended.code, untrue(lines, simulator.tasks(PROJECT, INSTANCE))) == (0, [])
            seen.append([(line["row"], line["task_name"], line["status"]) for line in lines])

    assert seen[0] == seen[1]
    assert [row for row, _, _ in seen[0]] == [str(number) for number in range(2, 62)]


async def test_json_goes_to_stdout_and_quiet_prints_only_the_last_lines(tmp_path: Path) -> None:
    """Standard output contains the content of summary.json; standard error contains the last lines."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))

    async with recording() as simulator:
        ended = await invoke(
            "run", "tasks.csv", *at(simulator), "--json", "--quiet", folder=tmp_path
        )

    assert json.loads(ended.out) == read_summary(tmp_path / "tasks-results")
    assert ended.err.splitlines() == [
        "page: tasks-results/report.html",
        "results: tasks-results/results.csv",
        "workbook: tasks-results/results.xlsx",
        "3 rows: 3 created",
        "next: nothing to do; every row has a task",
    ]


async def test_dry_run_creates_no_tasks_and_writes_no_files(tmp_path: Path) -> None:
    """The plan is shown; there is no create request and no results folder."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(3), {"task_name": "x y"}])

    async with recording() as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), "--dry-run", folder=tmp_path)
        assert creates(simulator) == 0

    assert ended.code == 1
    assert "4 rows read, 3 to send, 1 rejected" in ended.err
    assert "dry run" in ended.err
    assert listing(tmp_path) == ["tasks.csv"]


async def test_a_dry_run_of_valid_rows_ends_with_0(tmp_path: Path) -> None:
    """A script can start the run if the exit code is 0."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))

    ended = await invoke("run", "tasks.csv", "--simulate", "--dry-run", folder=tmp_path)

    assert (ended.code, ended.err.splitlines()[-2:]) == (
        0,
        ["3 rows: 3 not_attempted", "next: batchcreate run tasks.csv --simulate"],
    )


async def test_strict_sends_nothing_if_a_row_is_rejected(tmp_path: Path) -> None:
    """Every valid row is reported as not attempted."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(3), {"task_name": "x y"}])

    async with recording() as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), "--strict", folder=tmp_path)
        assert creates(simulator) == 0

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert ended.code == 1
    assert statuses(lines) == ["not_attempted"] * 3 + ["rejected"]
    assert "--strict" in ended.err


async def test_warnings_of_created_rows_do_not_hold_back_a_strict_run(tmp_path: Path) -> None:
    """Only rows that the run would send are looked at; a new warning still stops it."""
    dated = {"task_name": "dated-1", "operation_types": "INSERT", "task_tag": "5-Mar"}
    rows = [dated, *task_rows(1)]
    results = tmp_path / "tasks-results" / "results.csv"
    seen = []

    async with recording() as simulator:
        command = ("run", "tasks.csv", *at(simulator), "--yes")
        write_rows(tmp_path / "tasks.csv", rows[:1])
        await invoke(*command, folder=tmp_path)
        for row in (rows[1], dated | {"task_name": "dated-2"}):
            rows = [*rows[:1], *([] if row in rows else rows[1:]), row]
            write_rows(tmp_path / "tasks.csv", rows)
            ended = await invoke(*command, "--strict", folder=tmp_path)
            seen.append((ended.code, statuses(read_lines(results))))

    assert seen == [
        (0, ["created", "created"]),
        (1, ["created", "created", "not_attempted"]),
    ]


async def test_selected_rows_then_some_then_the_rest(tmp_path: Path) -> None:
    """Rows are selected by number or limited in number; a run without selection sends the rest."""
    write_rows(tmp_path / "tasks.csv", task_rows(40))
    created = []

    async with recording() as simulator:
        for choice in (("--rows", "5-20,31"), ("--limit", "3"), ()):
            ended = await invoke("run", "tasks.csv", *at(simulator), *choice, folder=tmp_path)
            lines = read_lines(tmp_path / "tasks-results" / "results.csv")
            assert untrue(lines, simulator.tasks(PROJECT, INSTANCE)) == []
            rows = {int(line["row"]) for line in lines if line["status"] == "created"}
            created.append((ended.code, rows))

    chosen = {*range(5, 21), 31}
    assert created == [(1, chosen), (1, chosen | {2, 3, 4}), (0, {*range(2, 42)})]


@pytest.mark.parametrize(
    ("instances", "code", "counts"),
    [
        (["", ""], 2, {}),
        (["i1", ""], 1, {"rejected": 1, "created": 1}),
        (["", "i1"], 1, {"rejected": 1, "created": 1}),
    ],
    ids=["none", "not in the second file", "not in the first file"],
)
async def test_missing_instance_is_required_as_an_option(
    tmp_path: Path, instances: list[str], code: int, counts: dict[str, int]
) -> None:
    """If any row contains an instance, an empty cell is an issue of its row only."""
    for number, instance in enumerate(instances):
        row = {"task_name": f"task-{number}", "operation_types": "INSERT", "instance_id": instance}
        write_rows(tmp_path / f"{number}.csv", [row])

    async with recording() as simulator:
        ended = await invoke(
            *("run", "0.csv", "1.csv", "--endpoint", simulator.url, "--project-id", PROJECT),
            *("--rate", "1000", "--results", "out"),
            folder=tmp_path,
        )

    assert ended.code == code, ended.err
    assert ("give --instance-id" in ended.err) == (code == 2)
    assert (tmp_path / "out").exists() == (code != 2)  # the results folder of this test
    if counts:
        found = read_summary(tmp_path / "out")["counts"]
        assert {status: count for status, count in found.items() if count} == counts


async def test_several_files_may_span_instances(tmp_path: Path) -> None:
    """Rows with a target use it, the others use the default; one report contains all."""
    own = {"project_id": "p2", "instance_id": "i2"}
    write_rows(tmp_path / "east" / "tasks.csv", [row | own for row in task_rows(3)])
    write_rows(tmp_path / "west" / "tasks.csv", task_rows(2))

    async with recording() as simulator:
        ended = await invoke(
            *("run", "east/tasks.csv", "west/tasks.csv", *at(simulator), "--results", "out"),
            folder=tmp_path,
        )
        here, there = simulator.tasks(PROJECT, INSTANCE), simulator.tasks("p2", "i2")

    lines = read_lines(tmp_path / "out" / "results.csv")
    assert ended.code == 0
    assert "5 to send in 2 instances" in ended.err
    assert untrue(lines[:3], there) == untrue(lines[3:], here) == []
    assert (len(there), len(here)) == (3, 2)
    assert [(line["file"], line["project_id"], line["instance_id"]) for line in lines] == [
        *[("east/tasks.csv", "p2", "i2")] * 3,
        *[("west/tasks.csv", PROJECT, INSTANCE)] * 2,
    ]


async def test_options_come_before_environment_before_file_before_default(tmp_path: Path) -> None:
    """A source applies to settings that are missing in the sources before it."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    (tmp_path / "token.txt").write_text("t0ken\n", encoding="ascii")

    async with recording(token="t0ken") as simulator:
        (tmp_path / "batchcreate.toml").write_text(
            f'endpoint = "{simulator.url}"\nproject_id = "by-file"\ninstance_id = "by-file"\n'
            'rate = 900\nresults = "by-file"\n',
            encoding="utf-8",
        )
        ended = await invoke(
            *("run", "tasks.csv", "--instance-id", "by-option", "--token-file", "token.txt"),
            "--trust-config",
            folder=tmp_path,
            BATCHCREATE_TOKEN="",
            BATCHCREATE_INSTANCE_ID="by-environment",
            BATCHCREATE_PROJECT_ID="by-environment",
            BATCHCREATE_RATE="800",
        )
        tasks = simulator.tasks("by-environment", "by-option")

    assert (ended.code, ended.err.splitlines()[-2]) == (0, "2 rows: 2 created")
    assert untrue(read_lines(tmp_path / "by-file" / "results.csv"), tasks) == []
    summary = read_summary(tmp_path / "by-file")
    assert (summary["rate"]["configured_per_s"], summary["concurrency"]) == (800, 8)


async def test_a_changed_row_is_not_created_again(tmp_path: Path) -> None:
    """A created task is kept; changed rows with its name are skipped, in any position."""
    rows = task_rows(3)

    async with recording() as simulator:
        write_rows(tmp_path / "tasks.csv", rows)
        await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        changed = [*rows[:0:-1], rows[0] | {"operation_types": "UPDATE"}]
        write_rows(tmp_path / "tasks.csv", changed)
        ended = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        tasks = simulator.tasks(PROJECT, INSTANCE)
        assert creates(simulator) == 3

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert (ended.code, untrue(lines, tasks)) == (0, [])
    assert [(line["task_name"], line["status"]) for line in lines] == [
        ("task-003", "created"),
        ("task-002", "created"),
        ("task-001", "skipped"),
    ]


BROKEN_STREAMS = {"stdout full": ">/dev/full", "every stream closed": "<&- >&- 2>&-"}


async def test_broken_terminal_does_not_affect_a_run(tmp_path: Path) -> None:
    """The run continues; report and exit code are the same."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(2), {"task_name": "x y"}])
    command = ("run", "tasks.csv", "--simulate", "--rate", "1000", "--json", "--results")

    found = {
        name: await run_process(*command, name, folder=tmp_path, redirections=redirections)
        for name, redirections in BROKEN_STREAMS.items()
    }

    reports = {
        name: (ended.code, statuses(read_lines(tmp_path / name / "results.csv")))
        for name, ended in found.items()
    }
    assert reports == dict.fromkeys(found, (1, ["created", "created", "rejected"]))
    assert [name for name, ended in found.items() if "Traceback" in ended.err] == []


async def test_ascii_locale_does_not_affect_a_run(tmp_path: Path) -> None:
    """Output to an ASCII terminal is escaped, files are not."""
    rows = [row | {"description": "café 商品", "商品-orders": "1"} for row in task_rows(1)]
    write_rows(tmp_path / "tasks.csv", [*rows, rows[0] | {"task_name": "商品-orders"}])
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    ended = await run_process("run", "tasks.csv", "--simulate", folder=tmp_path, **plain)

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert ended.code == 1
    assert r"\u5546\u54c1-orders" in ended.err
    assert lines[1]["task_name"] == "商品-orders"


async def test_file_name_that_is_not_utf_8_is_accepted(tmp_path: Path) -> None:
    """The name is shown with escapes."""
    name = b"tasks-\xff.csv"
    write_rows(tmp_path / os.fsdecode(name), task_rows(1))

    ended = await invoke(
        *("run", os.fsdecode(name), "--simulate", "--results", "out"), folder=tmp_path
    )

    assert (ended.code, ended.err.splitlines()[-2]) == (0, "1 row: 1 created")


async def test_refused_credentials_reach_the_server_once(tmp_path: Path) -> None:
    """One request is sent first; after its refusal no task is created, and all rows remain for the next run."""
    write_rows(tmp_path / "tasks.csv", task_rows(20))

    async with recording(token="another") as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        assert len(simulator.requests) == 1

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert (ended.code, statuses(lines)) == (4, ["not_attempted"] * 20)
    assert "credentials" in ended.err


# What a share of 0.2 of each kind leads to in the end, if it is the same for every order
# of the calls: the exit code.
# The audit finds responses that belong to other requests; see `test_wrong_lists_server`.
CREATE_FAULTS = {
    kind: None for kind in FaultKind if not kind.is_list and kind is not FaultKind.LATE
} | {
    FaultKind.TOO_MANY_REQUESTS: 0,
    FaultKind.UNAUTHORIZED: 4,
    FaultKind.FORBIDDEN: 1,
    FaultKind.REDIRECT: 4,
}
SILENT = {FaultKind.HANG, FaultKind.HANG_BEFORE, FaultKind.SLOW_DRIP}
TYPICAL = {
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.FORBIDDEN,
    FaultKind.REDIRECT,
    FaultKind.CREATED_500,
    FaultKind.HANG_BEFORE,
    FaultKind.TRUNCATED,
}
FAULTY_ROWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyRun:
    """A run against a faulty server, and the state of the server."""

    ended: Ended
    hits: int
    tasks: Sequence[StoredTask]
    lines: Sequence[Row]
    summary: Mapping[str, Any]


async def run_with_fault(kind: FaultKind, folder: Path) -> FaultyRun:
    write_rows(folder / "tasks.csv", task_rows(FAULTY_ROWS))
    options = ("--timeout", "1" if kind in SILENT else "20", "--concurrency", "16")
    # A gate that receives 429 at random slows down and down, as it should.
    share = 0.03 if kind is FaultKind.TOO_MANY_REQUESTS else 0.2
    async with recording(faults={kind: share}, seed=3) as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), *options, folder=folder)
        return FaultyRun(
            ended=ended,
            hits=simulator.faults_seen[kind],
            tasks=simulator.tasks(PROJECT, INSTANCE),
            lines=read_lines(folder / "tasks-results" / "results.csv"),
            summary=read_summary(folder / "tasks-results"),
        )


@pytest.fixture(scope="module")
def faulty_runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[FaultKind, FaultyRun]:
    folder = tmp_path_factory.mktemp("faults")
    return OnDemand({kind: partial(run_with_fault, kind, folder / kind) for kind in CREATE_FAULTS})


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param(*each, id=each[0].value, marks=[pytest.mark.long] * (each[0] not in TYPICAL))
        for each in CREATE_FAULTS.items()
    ],
)
def test_report_is_correct_for_every_fault(
    faulty_runs: Mapping[FaultKind, FaultyRun], kind: FaultKind, code: int | None
) -> None:
    """Created rows exist with their ids, failed ones do not exist, and no name exists twice."""
    run = faulty_runs[kind]

    assert run.hits > 0
    assert untrue(run.lines, run.tasks) == []
    assert len(run.lines) == run.summary["total"] == FAULTY_ROWS
    assert run.ended.code == code_due(run.summary)
    assert code in (None, run.ended.code)
    assert "Traceback" not in run.ended.err
    assert TOKEN not in run.ended.err


def test_a_redirect_is_not_followed(faulty_runs: Mapping[FaultKind, FaultyRun]) -> None:
    """The run stops, and the message contains the other host and the remedy."""
    err = faulty_runs[FaultKind.REDIRECT].ended.err

    assert "redirected.invalid" in err
    assert "--endpoint" in err


def test_refused_row_has_the_code_of_the_server(
    faulty_runs: Mapping[FaultKind, FaultyRun],
) -> None:
    """A failed row has the status, code and message of the response."""
    run = faulty_runs[FaultKind.FORBIDDEN]
    failed = [line for line in run.lines if line["status"] == "failed"]

    assert len(failed) == run.hits
    assert {(line["http_status"], line["error_code"], line["error_msg"]) for line in failed} == {
        ("403", "APIGW.0302", "The IAM user is not authorized to access this API")
    }
    assert all(line["advice"] for line in failed)


def test_throttled_rows_are_retried(faulty_runs: Mapping[FaultKind, FaultyRun]) -> None:
    """Every row is created, and the report contains the number of attempts."""
    run = faulty_runs[FaultKind.TOO_MANY_REQUESTS]

    assert run.summary["this_run"]["throttled"] == run.hits
    assert sum(int(line["attempts"]) for line in run.lines) == FAULTY_ROWS + run.hits
