"""The command ``check``."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

import batchcreate.cli as batchcreate_cli
from tests.benchmarks.bench_workbook import write_workbook
from tests.functional.inside import invoke
from tests.functional.program import (
    listing,
    read_lines,
    task_rows,
    write_rows,
)

WRONG = [
    *({"task_name": f"crm orders-{at}", "operation_types": "INSERT"} for at in range(1, 5)),
    {"task_name": "crm-orders", "operation_types": "UPSRT"},
]
TO_FIX = "tasks-results/to-fix/tasks.xlsx"
AGAIN = "batchcreate check tasks.csv --quiet --results out"
CORRECTED = "batchcreate check out/to-fix/tasks.xlsx --quiet --results out"
NOT_ALLOWED = "characters not allowed in the task name"

SCHEMA = Path(batchcreate_cli.__file__).with_name("check.schema.json")
MESSY = Path(__file__).parents[2] / "samples" / "messy.xlsx"

PLACE = "--region REGION --project-id PROJECT --instance-id INSTANCE"


def as_described(document: str) -> Any:
    """Return *document* as a value, after validating it against its schema."""
    found = json.loads(document)
    fastjsonschema.compile(json.loads(SCHEMA.read_text(encoding="utf-8")))(found)
    return found


async def test_valid_files_need_no_account_and_write_no_files(tmp_path: Path) -> None:
    """Endpoint, credentials and target are not required."""
    write_rows(tmp_path / "a.csv", task_rows(3))
    write_rows(tmp_path / "b.csv", task_rows(2, stem="other"))

    ended = await invoke("check", "a.csv", "b.csv", folder=tmp_path, BATCHCREATE_TOKEN="")

    assert (ended.code, ended.out, ended.err.splitlines()) == (
        0,
        "",
        [
            "a.csv: 3 rows",
            "  columns: A task_name, B operation_types",
            "b.csv: 2 rows",
            "  columns: A task_name, B operation_types",
            "5 rows, all valid",
            f"next: batchcreate run a.csv b.csv {PLACE}",
        ],
    )
    assert listing(tmp_path) == ["a.csv", "b.csv"]


async def test_issues_are_grouped_and_written(tmp_path: Path) -> None:
    """Groups are sorted by frequency and contain their first cells and a suggestion."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), *WRONG])

    ended = await invoke("check", "tasks.csv", folder=tmp_path)

    issues = read_lines(tmp_path / "tasks-results" / "issues.csv")
    assert (ended.code, ended.err.splitlines()) == (
        1,
        [
            "tasks.csv: 6 rows",
            "  columns: A task_name, B operation_types",
            "to fix, most frequent first:",
            f"  4 rows: {NOT_ALLOWED}, column A: A3, A4, A5 and 1 more",
            f"    A3: {issues[0]['message']} -> crm_orders-1",
            "  1 row: invalid operation types, column B: B7",
            f"    B7: {issues[4]['message']}",
            "all issues: tasks-results/issues.csv",
            f"to fix: {TO_FIX}",
            "6 rows, 5 to fix",
            "next: fix the rows in your files, then run batchcreate check tasks.csv",
            f"  or fix them in {TO_FIX}, then run batchcreate check {TO_FIX} --results tasks-results",
        ],
    )
    assert [issue["cell"] for issue in issues] == ["A3", "A4", "A5", "A6", "B7"]


async def test_messages_are_in_the_language_of_the_analysts(tmp_path: Path) -> None:
    """The other output is English."""
    write_rows(tmp_path / "tasks.csv", WRONG[-1:])

    ended = await invoke("check", "tasks.csv", "--lang", "zh", folder=tmp_path)

    issue = read_lines(tmp_path / "tasks-results" / "issues.csv")[0]
    assert ended.err.splitlines()[3:6] == [
        "  1 行：操作类型无效（B 列）：B2",
        f"    B2: {issue['message']}",
        "all issues: tasks-results/issues.csv",
    ]
    assert "操作类型" in issue["message"]


async def test_json_contains_the_same_result(tmp_path: Path) -> None:
    """Standard output contains one document that matches its schema."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), *WRONG])

    ended = await invoke("check", "tasks.csv", "--json", "--quiet", folder=tmp_path)

    found = as_described(ended.out)
    cell = {"file": "tasks.csv", "sheet": "", "row": 7, "cell": "B7", "value": "UPSRT"}
    assert ended.code == 1
    assert {key: found[key] for key in ("rows", "rejected", "cleaned", "skipped")} == {
        "rows": 6,
        "rejected": 5,
        "cleaned": 0,
        "skipped": [],
    }
    assert [(cause["rule"], cause["rows"]) for cause in found["causes"]] == [
        ("task_name.charset", 4),
        ("operation_types.value", 1),
    ]
    assert found["causes"][1]["cells"] == [cell | {"suggestion": ""}]
    assert found["files"] == {
        "issues": "tasks-results/issues.csv",
        "to_fix": TO_FIX,
    }


async def test_json_contains_the_layout_of_sheets(tmp_path: Path) -> None:
    """It contains all columns, skipped parts and corrected cells."""
    shutil.copy(MESSY, tmp_path)

    ended = await invoke("check", MESSY.name, "--json", "--quiet", folder=tmp_path)

    found = as_described(ended.out)
    crm, erp = found["sheets"]
    assert [(sheet["sheet"], sheet["header_row"], sheet["rows"]) for sheet in (crm, erp)] == [
        ("CRM", 5, 18),
        ("ERP任务", 1, 9),
    ]
    assert crm["columns"][2] == {
        "field": "task_type",
        "column": "C",
        "heading": "Task type 任务类型",
    }
    assert crm["ignored"][0] == {"column": "G", "heading": "Source app"}
    assert {
        "file": "messy.xlsx",
        "sheet": "ERP任务",
        "reason": "example",
        "rows": 1,
        "row_ranges": [],
    } in found["skipped"]
    assert (found["cleaned"], found["cleanings"][0]) == (
        7,
        {
            "file": "messy.xlsx",
            "sheet": "CRM",
            "row": 7,
            "column": "任务名称\nTask name *",
            "cell": "A7",
            "before": "crm-contacts  ",
            "after": "crm-contacts",
        },
    )


async def test_quiet_prints_only_the_last_lines(tmp_path: Path) -> None:
    """The issues are written to the given results folder."""
    write_rows(tmp_path / "tasks.csv", WRONG)

    ended = await invoke("check", "tasks.csv", "--quiet", "--results", "out", folder=tmp_path)

    assert (ended.code, ended.err.splitlines()) == (
        1,
        [
            "all issues: out/issues.csv",
            "to fix: out/to-fix/tasks.xlsx",
            "5 rows, 5 to fix",
            f"next: fix the rows in your files, then run {AGAIN}",
            f"  or fix them in out/to-fix/tasks.xlsx, then run {CORRECTED}",
        ],
    )
    assert len(read_lines(tmp_path / "out" / "issues.csv")) == 5


async def test_corrected_files_leave_no_old_issues(tmp_path: Path) -> None:
    """The list of an earlier check is updated if no row needs a fix."""
    write_rows(tmp_path / "tasks.csv", WRONG)
    await invoke("check", "tasks.csv", folder=tmp_path)
    write_rows(tmp_path / "tasks.csv", task_rows(2))

    ended = await invoke("check", "tasks.csv", folder=tmp_path)

    assert ended.code == 0
    assert read_lines(tmp_path / "tasks-results" / "issues.csv") == []


async def test_to_fix_file_of_a_run_is_kept(tmp_path: Path) -> None:
    """A check of corrected files does not contain rows that the server refused."""
    write_rows(tmp_path / "tasks.csv", WRONG)
    await invoke("run", "tasks.csv", "--simulate", folder=tmp_path)
    handed_back = (tmp_path / TO_FIX).read_bytes()
    write_rows(tmp_path / "tasks.csv", task_rows(2))

    ended = await invoke("check", "tasks.csv", folder=tmp_path)

    assert ended.code == 0
    assert read_lines(tmp_path / "tasks-results" / "issues.csv") == []
    assert (tmp_path / TO_FIX).read_bytes() == handed_back


async def test_check_and_run_report_the_same_issues(tmp_path: Path) -> None:
    """The issues.csv of both is identical."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(2), *WRONG, *task_rows(1)])

    checked = await invoke("check", "tasks.csv", "--results", "checked", folder=tmp_path)
    ran = await invoke("run", "tasks.csv", "--simulate", "--results", "ran", folder=tmp_path)

    lists = [(tmp_path / folder / "issues.csv").read_bytes() for folder in ("checked", "ran")]
    assert (checked.code, ran.code) == (1, 1)
    assert lists[0] == lists[1]
    assert lists[0].count(b"task_name.repeated") == 2


async def test_next_command_has_only_the_options_that_are_missing(tmp_path: Path) -> None:
    """Options that were given are not repeated with a placeholder."""
    write_rows(tmp_path / "tasks.csv", [{"task_name": "one", "operation_types": "INSERT"}])
    variables = {"BATCHCREATE_REGION": "cn-north-4", "BATCHCREATE_PROJECT_ID": "p1"}

    ended = await invoke("check", "tasks.csv", folder=tmp_path, **variables)

    assert ended.err.splitlines()[-1] == ("next: batchcreate run tasks.csv --instance-id INSTANCE")


async def test_list_of_sheets_is_shown_with_the_settings(tmp_path: Path) -> None:
    """A setting with several values is shown as it is entered in a variable."""
    write_rows(tmp_path / "tasks.csv", [{"task_name": "one", "operation_types": "INSERT"}])

    ended = await invoke(
        "check", "tasks.csv", "-v", folder=tmp_path, BATCHCREATE_MAP='["a=task_id", "b=task_tag"]'
    )

    assert "a=task_id, b=task_tag" in ended.err


UNTIDY = "Aufgaben;;\r\ntask_name;operation_types;Owners;Task_tags\r\n abc-01;INSERT;Jörg;wave\r\n"


def input_lines(printed: str) -> list[str]:
    """Return the lines about the input: the sheets and what is indented below them."""
    lines = printed.splitlines()
    first = next(at for at, line in enumerate(lines) if ": " in line and " row" in line)
    ends = ("endpoint:", "to fix", "dry run", "all ")
    last = next(at for at, line in enumerate(lines) if line.strip().startswith(ends))
    return lines[first:last]


async def test_the_plan_of_a_run_shows_what_a_check_shows(tmp_path: Path) -> None:
    """How the input was read, with hints, ignored columns and cleaned cells, is in both."""
    (tmp_path / "untidy.csv").write_text(UNTIDY, encoding="cp1252", newline="")
    shutil.copy(MESSY, tmp_path)
    command = ("untidy.csv", "messy.xlsx", "--encoding", "cp1252")

    checked = await invoke("check", *command, folder=tmp_path)
    planned = await invoke("run", *command, "--simulate", "--dry-run", folder=tmp_path)

    about_input = input_lines(checked.err)
    assert input_lines(planned.err) == about_input
    for expected in (
        "untidy.csv: 1 row, headings in row 2",
        "  read as cp1252 with semicolons",
        "  hint: unknown heading 'Source app'",
        "  ignored: G 'Source app'",
        "  skipped: sheet CRM (2024) of messy.xlsx (hidden)",
        "  cleaned: 8 cells",
    ):
        assert any(line.startswith(expected) for line in about_input), expected


LIKE_A_DATE = {"task_name": "5-Mar"}


async def test_quiet_and_json_keep_their_output(tmp_path: Path) -> None:
    """With --quiet the plan is not shown; with --json it is not on standard output."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), task_rows(1)[0] | LIKE_A_DATE])
    command = ("run", "tasks.csv", "--simulate", "--dry-run")

    quiet = await invoke(*command, "--quiet", folder=tmp_path)
    as_json = await invoke(*command, "--json", folder=tmp_path)

    assert "columns:" not in quiet.err
    assert "columns:" in as_json.err
    document = json.loads(as_json.out)
    assert (document["total"], document["warnings"]) == (2, 1)
    checked = json.loads((await invoke("check", "tasks.csv", "--json", folder=tmp_path)).out)
    assert (checked["warnings"], len(checked["warning_causes"])) == (1, 1)


@contextmanager
def busy_programs(count: int) -> Iterator[None]:
    """Keep the processors busy with *count* programs until the end of the block."""
    with ExitStack() as programs:
        for _ in range(count):
            program = subprocess.Popen(
                [sys.executable, "-c", "while True: pass"]
            )  # this interpreter
            programs.enter_context(program)
            programs.callback(program.kill)
        yield


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_large_workbook_is_read_on_a_busy_machine(tmp_path: Path) -> None:
    """The limit of the time to read a workbook is a limit of processor time."""
    write_workbook(tmp_path / "tasks.xlsx", 100_000)

    with busy_programs(4):
        found = await invoke("check", "tasks.xlsx", "--json", folder=tmp_path)

    assert (found.code, json.loads(found.out)["rows"]) == (0, 100_000)
