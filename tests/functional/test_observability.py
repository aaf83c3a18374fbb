"""The files for programs: summary.json, --json and log.jsonl of complete runs."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import fastjsonschema
import pytest

import batchcreate as package
from batchcreate.logs import ALWAYS, EVENTS
from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    Ended,
    OnDemand,
    Turnstile,
    at,
    end,
    read_summary,
    recording,
    start,
    task_rows,
    wait_for_output,
    write_rows,
)

SOURCE: Final = Path(package.__file__).parent
SCHEMA: Final = SOURCE / "report" / "summary.schema.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A command that ended, and what it left for programs."""

    ended: Ended
    summary: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]


async def watched(folder: Path, *arguments: str, **variables: str) -> Watched:
    """Carry out a command with everything on that programs read."""
    options = ("--json", "-v")
    return left_by(await invoke(*arguments, *options, folder=folder, **variables), folder)


def left_by(ended: Ended, folder: Path) -> Watched:
    results = folder / "tasks-results"
    log = (results / "log.jsonl").read_text(encoding="utf-8")
    return Watched(
        ended=ended,
        summary=read_summary(results),
        events=tuple(json.loads(line) for line in log.splitlines()),
    )


def lay_tasks(folder: Path, rows: int = 30) -> Path:
    write_rows(folder / "tasks.csv", [*task_rows(rows), {"task_name": "x y"}])
    return folder


async def mixed(folder: Path) -> Watched:
    """Rows that are rejected, refused, repeated, and looked up."""
    faults = {
        FaultKind.FORBIDDEN: 0.1,
        FaultKind.CREATED_500: 0.1,
        FaultKind.TOO_MANY_REQUESTS: 0.1,
    }
    async with recording(faults=faults, seed=5) as simulator:
        return await watched(lay_tasks(folder), "run", "tasks.csv", *at(simulator))


async def unknown(folder: Path) -> Watched:
    """Rows whose answers are lost and never looked for."""
    async with recording(faults={FaultKind.CREATED_500: 1}) as simulator:
        command = ("run", "tasks.csv", *at(simulator), "--no-reconcile", "--limit", "3")
        return await watched(lay_tasks(folder), *command)


async def refused(folder: Path) -> Watched:
    """Credentials that the server does not accept."""
    async with recording(token="another") as simulator:
        return await watched(lay_tasks(folder), "run", "tasks.csv", *at(simulator))


async def again(folder: Path) -> Watched:
    """A batch that is taken up by ``retry``."""
    async with recording() as simulator:
        await watched(lay_tasks(folder), "run", "tasks.csv", *at(simulator), "--limit", "3")
        return await watched(folder, "retry", "tasks-results", "--rate", "1000")


async def killed(folder: Path) -> Watched:
    """A run that a second signal ends."""
    turnstile = Turnstile(free=3, holds=2)
    async with recording(turnstile) as simulator:
        process = await start(
            *("run", "tasks.csv", *at(simulator), "--json", "-v"),
            *("--concurrency", "2"),
            folder=lay_tasks(folder),
        )
        await turnstile.is_full.wait()
        process.terminate()
        await wait_for_output(process, "finishing the requests in flight")
        process.terminate()
        ended = await end(process)
        turnstile.open()
    return left_by(ended, folder)


RUNS: Final = {each.__name__: each for each in (mixed, unknown, refused, again, killed)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Watched]:
    folder = tmp_path_factory.mktemp("watched")
    return OnDemand({name: partial(each, folder / name) for name, each in RUNS.items()})


def closed(schema: Any) -> Any:
    """Return *schema* with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {name: closed(each) for name, each in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        tight["additionalProperties"] = False
    return tight


@pytest.fixture(scope="module")
def validate() -> Any:
    return fastjsonschema.compile(closed(json.loads(SCHEMA.read_text(encoding="utf-8"))))


class TestSummary:
    @pytest.mark.parametrize("name", RUNS)
    def test_is_valid_for_its_schema(
        self, name: str, runs: Mapping[str, Watched], validate: Any
    ) -> None:
        """The document is valid whether or not the run was completed; --json is the same document."""
        validate(runs[name].summary)
        assert json.loads(runs[name].ended.out) == runs[name].summary

    async def test_of_a_dry_run_has_a_plan(self, tmp_path: Path, validate: Any) -> None:
        """It contains the plan, and nothing else is on stdout."""
        command = ("run", "tasks.csv", "--simulate", "--dry-run", "--json")

        ended = await invoke(*command, folder=lay_tasks(tmp_path))

        summary = json.loads(ended.out)
        validate(summary)
        assert (summary["run_id"], summary["files"]) == (None, {})
        assert summary["plan"] == [
            {"project_id": "simulated-project", "instance_id": "simulated-instance", "tasks": 30}
        ]

    async def test_is_rebuilt_from_the_journal(self, tmp_path: Path, validate: Any) -> None:
        """The report command prints the document of the run."""
        run = await watched(lay_tasks(tmp_path), "run", "tasks.csv", "--simulate")

        ended = await invoke("report", "tasks-results", "--json", folder=tmp_path)

        validate(json.loads(ended.out))
        assert json.loads(ended.out) == run.summary

    def test_groups_the_rows_not_created(self, runs: Mapping[str, Watched]) -> None:
        """Each cause has an owner, and the rows add up."""
        summary = runs["mixed"].summary

        assert [
            (cause["status"], cause["error_code"], cause["owner"]) for cause in summary["causes"]
        ] == [("failed", "APIGW.0302", "engineer"), ("rejected", "INVALID_ROW", "analyst"),
              ("rejected", "INVALID_ROW", "analyst")]  # fmt: skip
        assert summary["causes"][0]["rows"] == summary["counts"]["failed"]

    def test_early_end_has_its_cause(self, runs: Mapping[str, Watched]) -> None:
        """Programs that watch runs see why a run stopped, or null if it did not."""
        causes = {name: (run.summary["stopped"] or {}).get("cause") for name, run in runs.items()}

        assert causes == {
            "mixed": None,
            "unknown": None,
            "refused": "unauthorized",
            "again": None,
            "killed": "interrupted",
        }

    def test_lists_the_report_files(self, runs: Mapping[str, Watched]) -> None:
        """The keys are their content."""
        files = runs["mixed"].summary["files"]

        assert files.items() >= {
            ("results", "results.csv"), ("issues", "issues.csv"), ("summary", "summary.json"),
        }  # fmt: skip

    def test_response_times_are_ordered(self, runs: Mapping[str, Watched]) -> None:
        """Every response counts, including errors."""
        summary = runs["mixed"].summary
        times = summary["latency_ms"]

        assert times["p50"] <= times["p95"] <= times["p99"]
        assert times["answers"] == summary["this_run"]["attempts"]


def logged_names() -> Iterator[str]:
    """Yield the name of every event that the package logs anywhere."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="debug" | "info" | "warning" | "error"),
                    args=[ast.Constant(value=str(name))],
                ):
                    yield name
                case _:
                    pass


class TestLog:
    def test_every_event_of_the_package_is_listed(self) -> None:
        """The list contains exactly the events that the code logs."""
        assert set(logged_names()) == set(EVENTS)

    def test_every_event_has_the_listed_fields(self, runs: Mapping[str, Watched]) -> None:
        """There are no other fields, and every event of the list occurs."""
        seen = [event for run in runs.values() for event in run.events]

        wrong = [event for event in seen if set(event) != {*ALWAYS, *EVENTS[event["event"]]}]
        assert wrong == []
        assert {event["event"] for event in seen} == set(EVENTS)

    def test_settings_are_logged_without_secrets(self, runs: Mapping[str, Watched]) -> None:
        """Each has its source."""
        logged = [event for event in runs["mixed"].events if event["event"] == "config.loaded"]

        assert len(logged) == 1
        assert logged[0]["sources"] == {
            "endpoint": "--endpoint",
            "instance_id": "--instance-id",
            "json_summary": "--json",
            "project_id": "--project-id",
            "rate": "--rate",
            "settle": "BATCHCREATE_SETTLE",
            "verbose": "-v",
        }
        assert logged[0]["settings"].items() >= {("rate", 1000), ("token_file", "***")}
