"""Errors before anything is sent: one message with a remedy, exit code 2, no files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from batchcreate.cli import commands
from tests.functional.inside import invoke
from tests.functional.program import (
    TOKEN,
    listing,
    recording,
    run_process,
    task_rows,
    write_rows,
)

TARGET = ("--endpoint", "{url}", "--project-id", "p1", "--instance-id", "i1")
RUN = ("run", "tasks.csv", *TARGET)
HEADER = "task_name,operation_types\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A command that cannot work.

    Attributes:
        command: ``{url}`` is replaced by the address of a server that could be asked.
        words: parts of the message: what was found and what to do.
        files: created in addition to a valid tasks.csv.
        variables: of the environment.

    """

    command: tuple[str, ...]
    words: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def with_file(name: str, content: str | bytes, *words: str) -> Case:
    data = content.encode() if isinstance(content, str) else content
    return Case(command=("run", name, *TARGET), words=(name, *words), files={name: data})


def with_options(*options: str, words: Sequence[str]) -> Case:
    return Case(command=(*RUN, *options), words=tuple(words))


def with_settings(text: str, *words: str) -> Case:
    return Case(command=RUN, words=words, files={"batchcreate.toml": text.encode()})


def with_variables(*words: str, **variables: str) -> Case:
    return Case(command=RUN, words=words, variables=variables)


def with_endpoint(endpoint: str, *words: str) -> Case:
    command = ("run", "tasks.csv", "--endpoint", endpoint, *TARGET[2:])
    return Case(command=command, words=("--endpoint", *words))


CASES = {
    "empty file": with_file("empty.csv", "", "is empty", "Save the spreadsheet again"),
    "header only": with_file("header.csv", HEADER, "no rows", "Add one row per task"),
    "binary file": with_file("binary.csv", bytes(range(256)), "not UTF-8", "CSV UTF-8"),
    "wrong columns": with_file(
        "wrong.csv",
        "name,ops\na,b\n",
        "contains the headings task_name",
        "'name', 'ops'",
        "Rename",
    ),
    "folder": Case(command=("run", ".", *TARGET), words=("is a folder", "Give the files")),
    "missing file": Case(
        command=("run", "nope.csv", *TARGET), words=("nope.csv", "Check the name")
    ),
    "no file": Case(command=("run", *TARGET), words=("FILE", "--help")),
    "unknown option": with_options("--concurency", "5", words=("Did you mean '--concurrency'?",)),
    "unknown command": Case(command=("rum", "tasks.csv"), words=("'rum'", "--help")),
    "rate of nothing": with_options("--rate", "0", words=("--rate", "0.01")),
    "rate in words": with_options("--rate", "abc", words=("--rate", "'abc'")),
    "rows in words": with_options("--rows", "first", words=("--rows", "such as 5-20,31")),
    "rows that are not there": with_options("--rows", "99", words=("--rows", "no input row")),
    "heading for no field": with_options(
        "--map", "Name=taskname", words=("--map", "unknown field taskname", "task_name")
    ),
    "condition without a value": with_options(
        "--where", "Wave", words=("--where", "such as Wave=2")
    ),
    "value for no field": with_options(
        "--set", "tag=crm-orders", words=("--set tag=crm-orders", "unknown column tag", "task_tag")
    ),
    "project id with a path": with_options(
        "--project-id", "a/b", words=("--project-id", "letters")
    ),
    "plain http": with_endpoint("http://example.com", "loopback", "https"),
    "endpoint with a path": with_endpoint("https://example.com/v2", "without a path"),
    "endpoint with a wild port": with_endpoint("https://example.com:99999", "ort"),
    "no endpoint": Case(
        command=("run", "tasks.csv", *TARGET[2:]), words=("--region", "--endpoint", "--simulate")
    ),
    "proxy with a password": with_options(
        "--proxy", f"http://me:x/{TOKEN}@proxy", words=("--proxy", "BATCHCREATE_PROXY_PASSWORD")
    ),
    "proxy without a password": with_variables(
        "BATCHCREATE_PROXY_PASSWORD", BATCHCREATE_PROXY_USER="me"
    ),
    "no project": Case(
        command=("run", "tasks.csv", *TARGET[:2]), words=("project_id", "--project-id")
    ),
    "no credentials": with_variables("BATCHCREATE_TOKEN", "--token-file", BATCHCREATE_TOKEN=""),
    "empty token file": Case(
        command=(*RUN, "--token-file", "t.txt"),
        words=("t.txt", "empty"),
        files={"t.txt": b"\n"},
        variables={"BATCHCREATE_TOKEN": ""},
    ),
    "wrong variable": with_variables("BATCHCREATE_RATE", "0.01", BATCHCREATE_RATE="0"),
    "unknown setting": with_settings("rat = 5", "batchcreate.toml", "'rat'"),
    "token in the settings": with_settings(f"token = '{TOKEN}'", "batchcreate.toml", "'token'"),
    "broken settings": with_settings("rate", "batchcreate.toml", "TOML"),
    "file in the place of the results": Case(
        command=(*RUN, "--results", "there"), words=("there", "--results"), files={"there": b""}
    ),
    "journal that is none": Case(
        command=(*RUN, "--results", "out"),
        words=("out/journal.db", "choose another folder"),
        files={"out/journal.db": b"no database at all, whatever it is called"},
    ),
    "report of nothing": Case(command=("report", "nope"), words=("nope", "journal.db")),
    "report without a folder": Case(command=("report",), words=("RESULTS_DIR", "--help")),
    "template that exists": Case(
        command=("template", "tasks.csv"), words=("tasks.csv", "already exists", "--force")
    ),
    "template of another kind": Case(
        command=("template", "tasks.ods", "--lang", "zh"), words=("tasks.ods", ".xlsx", ".csv")
    ),
    "template without a folder": Case(
        command=("template", "nope/tasks.xlsx", "--force"),
        words=("nope/tasks.xlsx", "No such file", "another folder"),
    ),
    "check with a file in the way": Case(
        command=("check", "bad.csv", "--quiet", "--results", "there"),
        words=("there", "--results"),
        files={"there": b"", "bad.csv": f"{HEADER}x y,INSERT\n".encode()},
    ),
}


def found_in(folder: Path) -> list[str]:
    # The lock file of a journal is kept: who removes it could remove that of another process.
    return [name for name in listing(folder) if not name.endswith("journal.lock")]


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
async def test_one_message_contains_problem_and_remedy(case: Case, tmp_path: Path) -> None:
    """Nothing is sent, and no file is written."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    before = found_in(tmp_path)

    async with recording() as simulator:
        command = [part.format(url=simulator.url) for part in case.command]
        ended = await invoke(*command, folder=tmp_path, **case.variables)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert len(ended.err.splitlines()) == 1
    assert [words for words in case.words if words not in ended.err] == []
    assert TOKEN not in ended.err
    assert found_in(tmp_path) == before
    assert list(simulator.requests) == []


async def test_a_journal_belongs_to_one_endpoint(tmp_path: Path) -> None:
    """A results folder of another endpoint is refused and not changed."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    options = ("--project-id", "p1", "--instance-id", "i1")

    async with recording() as simulator:
        first = await invoke("run", "tasks.csv", "--simulate", folder=tmp_path)
        report = (tmp_path / "tasks-results" / "results.csv").read_bytes()
        other = await invoke(
            "run", "tasks.csv", "--endpoint", simulator.url, *options, folder=tmp_path
        )
        assert list(simulator.requests) == []

    assert (first.code, other.code) == (0, 2)
    assert len(other.err.splitlines()) == 1
    assert simulator.url in other.err
    assert "--results" in other.err
    assert (tmp_path / "tasks-results" / "results.csv").read_bytes() == report


async def test_a_journal_belongs_to_one_default_project(tmp_path: Path) -> None:
    """Another one is refused, none stands for that of the batch, and rows can have their own."""
    folder = tmp_path / "onboarding"
    folder.mkdir()
    write_rows(folder / "tasks.csv", task_rows(2))
    write_rows(
        folder / "more.csv",
        [{"task_name": "own", "operation_types": "INSERT", "project_id": "p9"}],
    )
    file = "onboarding/tasks.csv"

    async with recording() as simulator:
        place = ("--endpoint", simulator.url)
        target = ("--project-id", "p1", "--instance-id", "i1")
        first = await invoke("run", file, *place, *target, folder=tmp_path)
        count = len(simulator.requests)
        others = [
            await invoke("run", file, *place, "--project-id", "p2", folder=tmp_path),
            await invoke(
                "retry", "onboarding/tasks-results", "--project-id", "p2", folder=tmp_path
            ),
        ]
        assert len(simulator.requests) == count
        more = await invoke(
            *("run", "onboarding/more.csv", *place, "--results", "onboarding/tasks-results"),
            folder=tmp_path,
        )
        names = [task.name for task in simulator.tasks("p9", "i1")]

    assert (first.code, more.code, names) == (0, 0, ["own"])
    for ended in others:
        assert ended.code == 2
        assert "belongs to project p1, but the run is for project p2" in ended.err
        assert "first run: --project-id p1" in ended.err
    assert not (tmp_path / "tasks-results").exists()


HELP = {"": (), **{str(command.name): (str(command.name),) for command in commands.COMMANDS}}


async def test_every_help_has_an_example(tmp_path: Path) -> None:
    """The help is printed on standard output, with exit code 0."""
    for name, command in HELP.items():
        ended = await invoke(*command, "--help", folder=tmp_path)

        assert (ended.code, ended.err) == (0, "")
        assert f"  batchcreate {name}" in ended.out


async def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    """There is no error message; the exit code is that of invalid usage."""
    ended = await invoke(folder=tmp_path)

    assert ended.code == 2
    assert (ended.out + ended.err).startswith("Usage: ")


async def test_help_on_a_full_disk_does_not_crash(tmp_path: Path) -> None:
    """The error is one line."""
    ended = await run_process("--help", folder=tmp_path, redirections=">/dev/full")

    assert ended.code != 0
    assert len(ended.err.splitlines()) == 1
    assert "No space left" in ended.err


async def test_repeatable_options_have_one_value_in_the_environment(tmp_path: Path) -> None:
    """The value is not parsed as a list."""
    ended = await invoke("check", "tasks.csv", folder=tmp_path, BATCHCREATE_SHEET="Tasks")

    assert "file not found" in ended.err
