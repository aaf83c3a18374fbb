"""What programs read of a run: summary.json, --json, log.jsonl and --metrics, of real runs."""

import ast
import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastjsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

import batchcreate as package
from batchcreate.logs import ALWAYS, EVENTS
from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    Ended,
    Turnstile,
    at,
    end,
    in_turns,
    read_summary,
    recording,
    start,
    task_rows,
    write_rows,
)

SOURCE: Final = Path(package.__file__).parent
SCHEMA: Final = SOURCE / "report" / "summary.schema.json"
METRICS: Final = "run.prom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A command that ended, and what it left for programs."""

    ended: Ended
    summary: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, float]


async def watched(folder: Path, *arguments: str, **variables: str) -> Watched:
    """Carry out a command with everything on that programs read."""
    options = ("--json", "--metrics", METRICS, "-v")
    return left_by(await invoke(*arguments, *options, folder=folder, **variables), folder)


def left_by(ended: Ended, folder: Path) -> Watched:
    results = folder / "tasks-results"
    log = (results / "log.jsonl").read_text(encoding="utf-8")
    text = (folder / METRICS).read_text(encoding="utf-8")
    return Watched(
        ended=ended,
        summary=read_summary(results),
        events=tuple(json.loads(line) for line in log.splitlines()),
        metrics={
            sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        },
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
            *("run", "tasks.csv", *at(simulator), "--json", "--metrics", METRICS, "-v"),
            *("--concurrency", "2"),
            folder=lay_tasks(folder),
        )
        await turnstile.is_full.wait()
        for _ in range(2):
            process.terminate()
            await asyncio.sleep(0.2)  # two signals at once are one
        ended = await end(process)
        turnstile.open()
    return left_by(ended, folder)


RUNS: Final = {each.__name__: each for each in (mixed, unknown, refused, again, killed)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Watched]:
    folder = tmp_path_factory.mktemp("watched")
    steps = {name: lambda each=each, name=name: each(folder / name) for name, each in RUNS.items()}
    return asyncio.run(in_turns(steps))


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
    def test_is_as_its_schema_says(
        self, name: str, runs: dict[str, Watched], validate: Any
    ) -> None:
        """However a run ends; and --json is the same document."""
        validate(runs[name].summary)
        assert json.loads(runs[name].ended.out) == runs[name].summary

    async def test_of_a_dry_run_is_too(self, tmp_path: Path, validate: Any) -> None:
        """It tells the plan, and stdout holds nothing else."""
        command = ("run", "tasks.csv", "--simulate", "--dry-run", "--json")

        ended = await invoke(*command, folder=lay_tasks(tmp_path))

        told = json.loads(ended.out)
        validate(told)
        assert (told["run_id"], told["files"]) == (None, {})
        assert told["plan"] == [
            {"project_id": "simulated-project", "instance_id": "simulated-instance", "tasks": 30}
        ]

    async def test_of_a_report_is_that_of_its_run(self, tmp_path: Path, validate: Any) -> None:
        """It is rebuilt from the journal."""
        run = await watched(lay_tasks(tmp_path), "run", "tasks.csv", "--simulate")

        ended = await invoke("report", "tasks-results", "--json", folder=tmp_path)

        validate(json.loads(ended.out))
        assert json.loads(ended.out) == run.summary

    def test_groups_the_rows_that_are_not_created(self, runs: dict[str, Watched]) -> None:
        """Each cause has its owner, and the rows add up."""
        summary = runs["mixed"].summary

        assert [
            (cause["status"], cause["error_code"], cause["owner"]) for cause in summary["causes"]
        ] == [("failed", "APIGW.0302", "engineer"), ("rejected", "INVALID_ROW", "analyst"),
              ("rejected", "INVALID_ROW", "analyst")]  # fmt: skip
        assert summary["causes"][0]["rows"] == summary["counts"]["failed"]

    def test_names_the_files_beside_it(self, runs: dict[str, Watched]) -> None:
        """By what they hold."""
        files = runs["mixed"].summary["files"]

        assert files.items() >= {
            ("results", "results.csv"), ("issues", "issues.csv"), ("summary", "summary.json"),
        }  # fmt: skip

    def test_times_of_answers_are_in_order(self, runs: dict[str, Watched]) -> None:
        """Every answer counts, the refusals too."""
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
        """The list is complete, and nothing in it is made up."""
        assert set(logged_names()) == set(EVENTS)

    def test_every_event_has_the_listed_fields(self, runs: dict[str, Watched]) -> None:
        """Nothing more and nothing less; and every event of the list was seen."""
        seen = [event for run in runs.values() for event in run.events]

        wrong = [event for event in seen if set(event) != {*ALWAYS, *EVENTS[event["event"]]}]
        assert wrong == []
        assert {event["event"] for event in seen} == set(EVENTS)

    def test_settings_are_told_without_secrets(self, runs: dict[str, Watched]) -> None:
        """Each with the place that it comes from."""
        told = [event for event in runs["mixed"].events if event["event"] == "config.loaded"]

        assert len(told) == 1
        assert told[0]["sources"] == {
            "endpoint": "--endpoint",
            "instance_id": "--instance-id",
            "json_summary": "--json",
            "metrics": "--metrics",
            "project_id": "--project-id",
            "rate": "--rate",
            "settle": "BATCHCREATE_SETTLE",
            "verbose": "-v",
        }
        assert told[0]["settings"].items() >= {("rate", 1000), ("token_file", "***")}


class TestMetrics:
    @pytest.mark.parametrize("name", RUNS)
    def test_agree_with_the_summary(self, name: str, runs: dict[str, Watched]) -> None:
        """However a run ends, its figures are there, with its exit code."""
        run = runs[name]
        counts = {f"batchcreate_rows {status}": n for status, n in run.summary["counts"].items()}
        tasks = {
            f"batchcreate_run_tasks {outcome}": run.summary["this_run"][outcome]
            for outcome in ("created", "failed", "unknown", "existing")
        }

        assert run.metrics.items() >= (counts | tasks).items()
        assert run.metrics["batchcreate_run_exit_code"] == run.ended.code
        assert run.metrics["batchcreate_run_attempts"] == run.summary["this_run"]["attempts"]

    def test_early_end_names_its_cause(self, runs: dict[str, Watched]) -> None:
        """Who is alerted sees at once what it is about."""
        stops = {
            name: [key for key in run.metrics if key.startswith("batchcreate_run_stopped")]
            for name, run in runs.items()
        }

        assert stops == {
            "mixed": [],
            "unknown": [],
            "refused": ["batchcreate_run_stopped unauthorized"],
            "again": [],
            "killed": ["batchcreate_run_stopped interrupted"],
        }

    async def test_run_that_could_not_begin_tells_its_exit_code(self, tmp_path: Path) -> None:
        """An alert about a nightly run that never ran is the most wanted one."""
        ended = await invoke(
            *("run", "gone.csv", "--simulate", "--metrics", METRICS), folder=tmp_path
        )

        text = (tmp_path / METRICS).read_text(encoding="utf-8")
        assert ended.code == 2
        assert "\nbatchcreate_run_exit_code 2\n" in text
        assert "batchcreate_rows" not in text

    async def test_dry_run_leaves_them_alone(self, tmp_path: Path) -> None:
        """They are those of the last real run."""
        command = ("run", "tasks.csv", "--simulate", "--dry-run", "--metrics", METRICS)

        await invoke(*command, folder=lay_tasks(tmp_path))

        assert not (tmp_path / METRICS).exists()

    async def test_folder_that_is_not_there_is_told_before_anything(self, tmp_path: Path) -> None:
        """Not after an hour of creating."""
        command = ("run", "tasks.csv", "--simulate", "--metrics", "gone/run.prom")

        ended = await invoke(*command, folder=lay_tasks(tmp_path))

        assert ended.code == 2
        assert ended.err == (
            "error: --metrics gone/run.prom: give a file in a folder that exists\n"
        )
        assert not (tmp_path / "tasks-results").exists()
