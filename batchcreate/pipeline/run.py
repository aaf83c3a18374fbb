"""The commands run and retry: load, plan, send, report."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from batchcreate.errors import (
    BatchCreateError,
    InternalError,
    ReportError,
    StoppedError,
    internal_error,
)
from batchcreate.journal import Journal
from batchcreate.pipeline.background import failing_callbacks_raised, run_in_thread
from batchcreate.pipeline.load import (
    Input,
    enrol_input,
    load_options,
    require_files,
    results_folder,
)
from batchcreate.pipeline.plan import Plan
from batchcreate.pipeline.reports import (
    Reports,
    as_next_run_sees,
    gather,
    lost_outcomes,
    write_reports,
)
from batchcreate.pipeline.send import Run, send, start_run
from batchcreate.pipeline.service import find_service, service_of, target_defaults
from batchcreate.pipeline.values import Batch, Observer, RunResult
from batchcreate.pool import StopCause, StopReason, StopSwitch
from batchcreate.report.summary import document
from batchcreate.settings import SelectionSettings, Settings, language_of


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
        files: the input files, in the order of the report.
        settings: the settings of the command.
        environment: environment variables, for credentials and language.
        observer: receives the events of the run.
        stop: ends the run early.

    Raises:
        SettingsError: the settings are invalid or incomplete; nothing was sent.
        LoadError: an input file cannot be read as a table; nothing was sent.
        JournalError: the journal cannot be opened or trusted; nothing was sent.
        PlanError: the batch does not fit into the instances; nothing was sent.
        ReportError: the journal cannot be read; it is intact.
        StoppedError: *stop* was used before the input was read; nothing was sent.

    """
    results = results_folder(files, settings.output)
    batch = Batch(
        results=results,
        settings=settings,
        service=find_service(settings.endpoint, settings.attempt, environment, results),
        language=language_of(settings.output, environment),
        observer=observer,
        stop=stop,
    )
    _show_warning(batch)
    source = await _select_input(files, batch)
    with _open_journal(batch) as journal:
        return await _execute(batch, journal, await _load(journal, source, batch))


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
    Retry the rows that are not created, using the journal only.

    Args:
        results: the results folder.
        settings: the settings of the command.
        only: statuses and error codes of the rows to retry; empty for all.
        environment: environment variables, for credentials and language.
        observer: receives the events of the run.
        stop: ends the run early.

    Raises:
        SettingsError: there is no batch to retry, or the settings are invalid.
        JournalError: the journal cannot be opened or trusted; nothing was sent.
        PlanError: the batch does not fit into the instances; nothing was sent.
        ReportError: the journal cannot be read; it is intact.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        batch = Batch(
            results=results,
            settings=settings,
            service=service_of(journal, settings.endpoint, settings.attempt, environment, results),
            language=language_of(settings.output, environment),
            observer=observer,
            stop=stop,
        )
        journal.require_target(settings.target.defaults)
        _show_warning(batch)
        return await _execute(batch, journal, _plan_retry(journal, only, settings.selection))


async def _select_input(files: Sequence[Path], batch: Batch) -> Input:
    """
    Return the input of a run: files, loading options, selection and default targets.

    Raises:
        SettingsError: an option is invalid.
        LoadError: a file cannot be opened.
        CredentialError: the credentials are refused by IAM.
        StoppedError: the run was stopped during the project lookup.

    """
    settings = batch.settings
    options = replace(load_options(settings.load), has_others=True)
    defaults = await batch.stop.run_unless_stopped(
        target_defaults(settings.target, settings.endpoint, settings.attempt, batch.service)
    )
    if defaults is None:
        msg = "stopped before reading the input; nothing was sent"
        raise StoppedError(msg)
    require_files(files)
    return Input(
        files=files,
        options=options,
        language=batch.language,
        defaults=defaults,
        selection=settings.selection.row_numbers,
        conditions=settings.selection.conditions,
        limit_rows=settings.selection.limit_rows,
    )


async def _load(journal: Journal, source: Input, batch: Batch) -> Plan:
    """
    Load, validate and enrol the input in a thread; return the plan of the run.

    After an error, a new journal is removed again.

    Raises:
        BatchCreateError: see `enrol_input`.

    """

    def work(is_cancelled: Callable[[], bool]) -> Plan:
        return enrol_input(
            journal,
            source,
            endpoint=batch.service.endpoint,
            is_kept=not batch.settings.run.is_dry_run,
            is_stopped=lambda: batch.stop.reason is not None or is_cancelled(),
        )

    try:
        # In a thread, so that signals are handled in the meantime.
        return await run_in_thread(work)
    except (BatchCreateError, asyncio.CancelledError):
        journal.discard()
        raise


async def _execute(batch: Batch, journal: Journal, plan: Plan) -> RunResult:
    """Show *plan*, send its tasks and write the reports."""
    batch.observer.planned(plan)
    if batch.settings.run.is_dry_run:
        return _dry_run_result(batch, plan)
    with start_run(batch, journal, plan) as current:
        try:
            with failing_callbacks_raised():
                await send(current, plan)
        except Exception as error:
            if isinstance(error, BatchCreateError) and not isinstance(error, InternalError):
                raise
            message = str(internal_error(error))
            batch.stop.request_stop(StopReason(cause=StopCause.INTERNAL, message=message))
        return _report(current, plan)


def _show_warning(batch: Batch) -> None:
    """Show a warning about the credentials before anything else happens."""
    if batch.service.warning:
        batch.observer.noted(batch.service.warning)


def _open_journal(batch: Batch) -> Journal:
    """Open the journal; a dry run does not create a results folder."""
    if batch.settings.run.is_dry_run and not batch.results.exists():
        return Journal.scratch()
    return Journal.open(batch.results)


def _plan_retry(journal: Journal, only: Sequence[str], selection: SelectionSettings) -> Plan:
    journal.work.select_for_retry(only)
    if selection.limit_rows is not None:
        journal.work.limit_to(selection.limit_rows)
    summary = journal.summary()
    return Plan(
        rows=summary.total,
        summary=summary,
        to_send=journal.work.count_per_target(),
        to_check_again=journal.work.count_per_target(is_skipped=True),
        warnings=journal.warning_groups(is_pending=True),
    )


def _dry_run_result(batch: Batch, plan: Plan) -> RunResult:
    content = document(plan.summary, None, causes=plan.warnings, planned=plan.to_send)
    reports = Reports(summary=plan.summary, document=content)
    return RunResult(results=batch.results, plan=plan, reports=reports)


def _report(current: Run, plan: Plan) -> RunResult:
    """Record the end of the run and write the reports."""
    batch, journal = current.batch, current.journal
    problems = lost_outcomes(journal, current.writer.unwritten)
    facts = current.finish()
    reports = _write_reports(batch, journal, problems)
    current.log.info("run.finished", counts=dict(reports.summary.counts), **facts)
    return RunResult(
        results=batch.results,
        plan=plan,
        reports=reports,
        run_id=current.run_id,
        stop_reason=current.stop_reason,
        facts=facts,
        problems=problems,
        audit=current.audit,
    )


def _write_reports(batch: Batch, journal: Journal, problems: list[str]) -> Reports:
    """Write the reports; if that fails, stop with that reason and return their content."""
    with as_next_run_sees(journal):
        try:
            reports = write_reports(journal, batch.results, language=batch.language)
        except ReportError as error:
            if batch.stop.reason is not None:
                problems.append(str(error))
            reason = StopReason(cause=StopCause.REPORT, message=str(error))
            batch.stop.request_stop(reason)
            return gather(journal, {})
    for note in reports.notes:
        batch.observer.noted(note)
    return reports
