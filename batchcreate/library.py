"""The pipeline for Python programs."""

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
from batchcreate.pipeline.reports import rebuild
from batchcreate.pipeline.run import retry as retry_batch
from batchcreate.pipeline.run import run as run_batch
from batchcreate.pipeline.values import Forecast, Plan, RunResult
from batchcreate.pool import RunCounters, StopSwitch
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings, language_of, load

PROGRESS_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    Where a run stands.

    Attributes:
        planned: tasks that this run means to send.
        created: confirmed by the server.
        failed: refused for good.
        unknown: sent, and the server's list could not tell.
        to_reconcile: tasks waiting for the task list.
        in_flight: sent, no answer yet.
        attempts: requests that left, repeated ones included.
        throttled: answers with 429.
        rate_per_s: the most requests that may leave in a second now.

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
"""Is called with the plan before anything is sent, then with the progress."""


class EventObserver:
    """Passes on what the pipeline tells; answers nothing and asks nothing."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event

    def planned(self, plan: Plan) -> None:
        """Pass the plan on."""
        self._on_event(plan)

    def noted(self, message: str) -> None:
        """Say nothing: the ending tells the facts."""

    async def confirm(self, outlook: Forecast) -> bool:  # noqa: ARG002 # the program has decided
        """Ask nobody."""
        return True

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Tell the progress now and then, and at the end."""

        def tell() -> None:
            self._on_event(_progress(counters, gate))

        async with calling_periodically(PROGRESS_EVERY_S, tell):
            try:
                yield
            finally:
                tell()


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
    """Do nothing."""


def configure(**options: object) -> Settings:
    """
    Return settings: *options* first, then ``BATCHCREATE_*`` variables, then ``batchcreate.toml``.

    The options are called like those of the command line, with underscores:
    ``configure(region="cn-north-4", project_id="0af3", rate=50, results=Path("out"))``.

    Raises:
        SettingsError: names the first wrong value and what is accepted.

    """
    return load(options)


def check(
    files: Sequence[AnyPath], settings: Settings | None = None
) -> AbstractContextManager[CheckResult]:
    """
    Validate every row of *files*; no network, no credentials.

    Use it in a ``with`` block: `Findings` reads its issues from a file that is gone after it.

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

    Safe to repeat with the same results folder, and safe to cancel: what was sent and not
    answered is looked up in the server's list by the next run.

    Args:
        files: the input, in the order of the report.
        settings: see `configure`.
        environment: where credentials are; by default the process's.
        on_event: is called with the `Plan` before anything is sent, then with the `Progress`
            several times a second while requests are under way, and once at the end.
        stop: ends the run early when pulled; what is under way finishes.

    Returns:
        How it ended; what became of each row is told by `read_results`.

    Raises:
        BatchCreateError: nothing was sent, or a report cannot be written; see the subclasses.

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
    Attempt again, from the journal in the folder *results* alone, what is not created.

    Args:
        results: the results folder of a run.
        settings: see `configure`.
        only: statuses and error codes of the rows to attempt; empty for all.
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
    Yield every input row and what became of it, in input order.

    The journal stays locked until the iterator is exhausted or closed.

    Raises:
        SettingsError: the folder holds no journal.
        JournalError: it cannot be trusted, or a run is under way.

    """
    with Journal.open(Path(results), is_new_allowed=False) as journal:
        yield from journal.results()


def read_issues(results: AnyPath) -> Iterator[Issue]:
    """
    Yield every broken rule, in input order.

    Raises:
        SettingsError: the folder holds no journal.
        JournalError: it cannot be trusted, or a run is under way.

    """
    with Journal.open(Path(results), is_new_allowed=False) as journal:
        yield from journal.issues()


def rebuild_reports(results: AnyPath) -> Summary:
    """
    Write every report file of the folder *results* anew.

    Raises:
        SettingsError: the folder holds no journal.
        JournalError: it cannot be trusted, or a run is under way.
        ReportError: a file cannot be written.

    """
    return rebuild(Path(results)).summary
