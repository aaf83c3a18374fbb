"""The commands run and retry."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from batchcreate.errors import BatchCreateError, StoppedError
from batchcreate.journal import Journal
from batchcreate.pipeline.background import run_in_thread
from batchcreate.pipeline.load import Input, enroll, load_options, results_folder
from batchcreate.pipeline.send import Sender
from batchcreate.pipeline.service import find_service, service_of, target_defaults
from batchcreate.pipeline.values import Observer, Plan, Reports, RunResult
from batchcreate.pool import StopSwitch
from batchcreate.report import document
from batchcreate.settings import Settings, language_of, parse_rows


async def run(
    files: Sequence[Path],
    settings: Settings,
    *,
    environment: Mapping[str, str],
    observer: Observer,
    stop: StopSwitch,
) -> RunResult:
    """
    Create one task for every valid row that has none yet.

    Args:
        files: the input, in the order of the report.
        settings: everything else that the user chose.
        environment: where credentials may be.
        observer: is told what happens.
        stop: ends the run early when pulled.

    Raises:
        SettingsError: the options do not make a run; nothing was sent.
        LoadError: an input cannot be read as a table; nothing was sent.
        JournalError: the journal cannot be opened or trusted; nothing was sent.
        PlanError: the batch does not fit what the server has; nothing was sent.
        ReportError: a report cannot be written; the journal is intact.
        StoppedError: *stop* was pulled before all was read; nothing was sent.

    """
    results = results_folder(files, settings)
    service = find_service(settings, environment, results)
    if service.warning:
        observer.noted(service.warning)
    language = language_of(settings, environment)
    defaults = await stop.run_unless_stopped(target_defaults(settings, service))
    if defaults is None:
        msg = "stopped before the input was read; nothing was sent"
        raise StoppedError(msg)
    source = Input(
        files=files,
        options=load_options(settings),
        language=language,
        defaults=defaults,
        selection=parse_rows(settings.rows),
        limit=settings.limit,
    )
    with _open_journal(results, settings) as journal:
        try:
            # Beside the event loop, so that signals are heard meanwhile.
            plan = await run_in_thread(
                lambda is_given_up: enroll(
                    journal,
                    source,
                    endpoint=service.endpoint,
                    is_kept=not settings.dry_run,
                    is_stopped=lambda: stop.reason is not None or is_given_up(),
                )
            )
        except (BatchCreateError, asyncio.CancelledError):
            journal.discard()
            raise
        observer.planned(plan)
        if settings.dry_run:
            return _dry_ending(results, plan)
        creation = Sender(service, settings, results, observer, stop, language=language)
        return await creation.carry_out(journal, plan)


async def retry(
    results: Path,
    settings: Settings,
    *,
    only: Sequence[str],
    environment: Mapping[str, str],
    observer: Observer,
    stop: StopSwitch,
) -> RunResult:
    """
    Attempt again, from the journal alone, every row that is not created.

    Args:
        results: the results folder.
        settings: everything else that the user chose.
        only: statuses and error codes of the rows to attempt; empty for all.
        environment: where credentials may be.
        observer: is told what happens.
        stop: ends the run early when pulled.

    Raises:
        SettingsError: there is no batch to retry, or the options do not make a run.
        JournalError: the journal cannot be opened or trusted; nothing was sent.
        PlanError: the batch does not fit what the server has; nothing was sent.
        ReportError: a report cannot be written; the journal is intact.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        service = service_of(journal, settings, environment, results)
        if service.warning:
            observer.noted(service.warning)
        journal.work.select_for_retry(only)
        if settings.limit is not None:
            journal.work.limit_to(settings.limit)
        summary = journal.summary()
        to_send = journal.work.count_per_target()
        plan = Plan(rows=summary.total, summary=summary, to_send=to_send)
        observer.planned(plan)
        if settings.dry_run:
            return _dry_ending(results, plan)
        language = language_of(settings, environment)
        creation = Sender(service, settings, results, observer, stop, language=language)
        return await creation.carry_out(journal, plan)


def _dry_ending(results: Path, plan: Plan) -> RunResult:
    content = document(plan.summary, None, planned=plan.to_send)
    return RunResult(
        results=results, plan=plan, reports=Reports(summary=plan.summary, document=content)
    )


def _open_journal(results: Path, settings: Settings) -> Journal:
    """Open the journal; a dry run makes no folder for it."""
    if settings.dry_run and not results.exists():
        return Journal.scratch()
    return Journal.open(results)
