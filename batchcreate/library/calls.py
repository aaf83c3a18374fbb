"""The commands as functions: check, run, resume, and what became of the rows."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from batchcreate.journal import Journal
from batchcreate.library.progress import EventObserver, OnEvent
from batchcreate.models import Issue, ResultRow, Summary
from batchcreate.pipeline import check as checking
from batchcreate.pipeline import create
from batchcreate.pipeline.check import Findings
from batchcreate.pipeline.input import Input, load_options
from batchcreate.pipeline.reporting import report
from batchcreate.pipeline.values import Ending
from batchcreate.pool import Stop
from batchcreate.settings import Settings, language_of, load

AnyPath = str | os.PathLike[str]


def tell_nobody(_: object) -> None:
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
) -> AbstractContextManager[Findings]:
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
            options=load_options(settings),
            defaults=settings.target_defaults,
            language=language_of(settings, os.environ),
        )
    )


async def run(
    files: Sequence[AnyPath],
    settings: Settings | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    on_event: OnEvent = tell_nobody,
    stop: Stop | None = None,
) -> Ending:
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
    return await create.run(
        [Path(file) for file in files],
        settings,
        environment=os.environ if environment is None else environment,
        observer=EventObserver(on_event),
        stop=stop or Stop(),
    )


async def resume(
    results: AnyPath,
    settings: Settings | None = None,
    *,
    only: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    on_event: OnEvent = tell_nobody,
    stop: Stop | None = None,
) -> Ending:
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
    return await create.retry(
        Path(results),
        settings or configure(),
        only=only,
        environment=os.environ if environment is None else environment,
        observer=EventObserver(on_event),
        stop=stop or Stop(),
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
    return report(Path(results)).summary
