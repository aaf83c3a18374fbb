"""The public Python API: the same pipeline, without the command line."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.journal import Journal
from batchcreate.models import Issue, ResultRow, Summary
from batchcreate.pipeline import check as checking
from batchcreate.pipeline.background import calling_periodically
from batchcreate.pipeline.check import CheckResult
from batchcreate.pipeline.load import Input, load_options
from batchcreate.pipeline.plan import Forecast, Plan
from batchcreate.pipeline.reports import rebuild
from batchcreate.pipeline.run import retry as retry_batch
from batchcreate.pipeline.run import run as run_batch
from batchcreate.pipeline.values import Answer, RunResult
from batchcreate.pool import RunCounters, StopSwitch
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings, language_of, load

PROGRESS_EVERY_S: Final = 0.2
"""Time between two progress events, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    The progress of a run.

    Attributes:
        planned: tasks that this run is going to send or reconcile.
        created: tasks confirmed by a response or the task list.
        failed: tasks refused or not sent, final in this run.
        unknown: tasks sent, outcome unknown, final in this run.
        to_reconcile: tasks waiting for the task list.
        in_flight: requests sent and not answered yet.
        attempts: requests sent, retries included.
        throttled: responses with 429.
        rate_per_s: current maximum of requests per second.

    """

    planned: int
    created: int
    failed: int
    unknown: int
    to_reconcile: int
    in_flight: int
    attempts: int
    throttled: int
    rate_per_s: float


OnEvent = Callable[[Plan | Progress], object]
"""Called with the plan before anything is sent, then with the progress."""


class EventObserver:
    """Observer that passes plan and progress to a callback and confirms without asking."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event

    def planned(self, plan: Plan) -> None:
        """Pass the plan to the callback."""
        self._on_event(plan)

    def noted(self, message: str) -> None:
        """Ignore the message: the result contains the facts."""

    async def confirm(self, forecast: Forecast) -> Answer:  # noqa: ARG002 # the caller has decided
        """Ask nothing: the calling program has decided."""
        return Answer.NOT_ASKED

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Pass the progress to the callback periodically and at the end."""

        def report_progress() -> None:
            self._on_event(_progress(counters, gate))

        async with calling_periodically(PROGRESS_EVERY_S, report_progress):
            try:
                yield
            finally:
                report_progress()


def _progress(counters: RunCounters, gate: Gate) -> Progress:
    return Progress(
        planned=counters.planned,
        created=counters.created,
        failed=counters.failed,
        unknown=counters.unknown,
        to_reconcile=counters.to_reconcile,
        in_flight=counters.in_flight,
        attempts=counters.attempts,
        throttled=counters.throttled,
        rate_per_s=gate.rate_per_s,
    )


AnyPath = str | os.PathLike[str]


def ignore(_: object) -> None:
    """Ignore an event."""


def configure(**options: object) -> Settings:
    """
    Return settings: *options* first, then ``BATCHCREATE_*`` variables, then ``batchcreate.toml``.

    The options have the names of the command line options, with underscores:
    ``configure(region="cn-north-4", project_id="0af3", rate=50, results=Path("out"))``.

    Raises:
        SettingsError: a value is invalid; the message contains the first one and what is accepted.

    """
    return load(options)


def check(
    files: Sequence[AnyPath], settings: Settings | None = None
) -> AbstractContextManager[CheckResult]:
    """
    Validate every row of *files*; no network, no credentials.

    Use the result in a ``with`` block: its issues are in a temporary file until the block ends.

    Raises:
        LoadError: a file cannot be read as a table.

    """
    settings = settings or configure()
    return checking.check(
        Input(
            files=[Path(file) for file in files],
            options=load_options(settings.load),
            defaults=settings.target.defaults,
            language=language_of(settings.output, os.environ),
        )
    )


async def run(
    files: Sequence[AnyPath],
    settings: Settings | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    on_event: OnEvent = ignore,
    stop: StopSwitch | None = None,
) -> RunResult:
    """
    Create one task for every valid row of *files* that has none yet.

    Safe to repeat with the same results folder, and safe to cancel: the next run reconciles the
    rows whose requests were not answered.

    Args:
        files: the input files, in the order of the report.
        settings: see `configure`.
        environment: environment variables with the credentials; by default those of the process.
        on_event: called with the `Plan` before anything is sent, then with the `Progress`
            several times per second while requests are in flight, and once at the end.
        stop: ends the run early; requests in flight finish.

    Returns:
        The result of the run; `read_results` returns the status of each row.

    Raises:
        BatchCreateError: nothing was sent, or the journal cannot be read; see the subclasses.

    """
    settings = settings or configure()
    return await run_batch(
        [Path(file) for file in files],
        settings,
        environment=os.environ if environment is None else environment,
        observer=EventObserver(on_event),
        stop=stop or StopSwitch(),
    )


async def resume(
    results: AnyPath,
    settings: Settings | None = None,
    *,
    only: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    on_event: OnEvent = ignore,
    stop: StopSwitch | None = None,
) -> RunResult:
    """
    Retry the rows that are not created, using the journal in the folder *results* only.

    Args:
        results: the results folder of a run.
        settings: see `configure`.
        only: statuses and error codes of the rows to retry; empty for all.
        environment: see `run`.
        on_event: see `run`.
        stop: see `run`.

    Raises:
        BatchCreateError: nothing was sent, or a report cannot be written; see the subclasses.

    """
    return await retry_batch(
        Path(results),
        settings or configure(),
        only=only,
        environment=os.environ if environment is None else environment,
        observer=EventObserver(on_event),
        stop=stop or StopSwitch(),
    )


def read_results(results: AnyPath) -> Iterator[ResultRow]:
    """
    Yield every input row with its status, in input order.

    The journal stays locked until the iterator is exhausted or closed.

    Raises:
        SettingsError: the folder does not contain a journal.
        JournalError: the journal cannot be trusted, or a run is in progress.

    """
    with Journal.open(Path(results), is_new_allowed=False) as journal:
        yield from journal.results()


def read_issues(results: AnyPath) -> Iterator[Issue]:
    """
    Yield every issue, in input order.

    Raises:
        SettingsError: the folder does not contain a journal.
        JournalError: the journal cannot be trusted, or a run is in progress.

    """
    with Journal.open(Path(results), is_new_allowed=False) as journal:
        yield from journal.issues()


def rebuild_reports(results: AnyPath) -> Summary:
    """
    Rebuild every report file of the folder *results*.

    Raises:
        SettingsError: the folder does not contain a journal.
        JournalError: the journal cannot be trusted, or a run is in progress.
        ReportError: a file cannot be written.

    """
    return rebuild(Path(results)).summary
