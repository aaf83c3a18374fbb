"""Report files, rebuilt from the journal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from batchcreate.errors import JournalError, LoadError, ReportError
from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.models import Layout, RowToFix, RunRecord, SheetToFix
from batchcreate.pipeline.values import Reports
from batchcreate.report import (
    Overview,
    PageModel,
    ResultFile,
    RunChart,
    document,
    write_issues,
    write_page,
    write_results,
    write_summary,
    write_workbook,
)
from batchcreate.report.formatting import format_duration, format_rate, format_utc
from batchcreate.responses import describe
from batchcreate.to_fix.write import ToFixResult, write_to_fix


class KeptFiles:
    """
    The input files as a journal keeps them.

    Args:
        journal: open.

    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows that are not created, in input order."""
        return self._journal.sheets_to_fix()

    def roots(self) -> set[str]:
        """Return the labels of the files that the rows of the batch stood in at first."""
        return self._journal.original_files()

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield the rows of *sheet* that are not created, in their order."""
        return self._journal.rows_to_fix(sheet)

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """Open the file of *layout* as it was read."""
        return self._journal.open_input_file(layout.content)

    def is_kept(self, digest: str) -> bool:
        """Whether a file of this SHA-256 can be had again at any time."""
        return self._journal.has_input_file(digest)


class CheckedFiles(KeptFiles):
    """
    The input files of a check, which are where they were.

    Args:
        journal: knows their rows, until the check ends.
        paths: the files by their SHA-256.

    """

    def __init__(self, journal: Journal, paths: Mapping[str, Path]) -> None:
        super().__init__(journal)
        self._paths = paths

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """
        Open the file of *layout* once more.

        Raises:
            LoadError: it is gone.

        """
        if (path := self._paths.get(layout.content)) is None:
            return super().opened(layout)
        try:
            return path.open("rb")
        except OSError as error:
            message = f"{layout.file}: cannot be read any more ({error.strerror}). Try again."
            raise LoadError(message) from error

    def is_kept(self, digest: str) -> bool:
        """Say no: nothing outlives a check."""
        del digest
        return False


ROWS_SHOWN: Final = 1000
"""Maximum number of rows on the report page; results.csv contains all of them."""


def page_model(journal: Journal, reports: Reports, handed_back: ToFixResult) -> PageModel:
    """
    Return the content of the report page.

    Args:
        journal: an open journal.
        reports: the counts and causes of the batch.
        handed_back: the to-fix files.

    """
    statistics = journal.statistics
    runs = statistics.runs()
    targets, target_count = statistics.targets()
    return PageModel(
        summary=reports.summary,
        runs=runs,
        charts=[
            RunChart(run=run, name=name, timeline=statistics.timeline(run.number))
            for name, run in _select_runs(runs).items()
        ],
        latencies=statistics.latencies(),
        files=statistics.shares("file"),
        instances=statistics.shares("instance_id"),
        causes=reports.causes,
        rows=list(journal.not_created(limit=ROWS_SHOWN)),
        targets=targets,
        target_count=target_count,
        result_files=list(_result_files(reports, handed_back)),
    )


def workbook_overview(reports: Reports) -> Overview:
    """Return the content of the summary sheet of results.xlsx."""
    return Overview(
        summary=reports.summary,
        causes=reports.causes,
        facts=list(_run_facts(reports.document)),
    )


def _run_facts(last_run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values of the last run, or nothing if no run has ended."""
    if not last_run.get("finished_at"):
        return
    yield "endpoint", last_run["endpoint"]
    yield "last run", last_run["run_id"]
    yield "started", format_utc(last_run["started_at"])
    yield "finished", format_utc(last_run["finished_at"])
    yield "duration", format_duration(last_run["elapsed_s"])
    rate = last_run["rate"]
    yield "rate limit", f"{format_rate(rate['configured_per_s'])} per second"
    yield "rate limit at the end", f"{format_rate(rate['learned_per_s'])} per second"
    yield "slowdowns", f"{rate['slowdowns']}"


def _select_runs(runs: Sequence[RunRecord]) -> Mapping[str, RunRecord]:
    """Return the last run that sent requests and the run that sent the most, by their names."""
    sent = [run for run in runs if run.attempts]
    if not sent:
        return {}
    largest = max(sent, key=lambda run: run.attempts)
    if largest is sent[0]:
        return {"the last run" if len(sent) > 1 else "": largest}
    return {"the last run": sent[0], "the largest run": largest}


def _result_files(reports: Reports, handed_back: ToFixResult) -> Iterator[ResultFile]:
    for written in handed_back.files:
        content = f"rows of {written.file} to fix and send back"
        yield ResultFile(name=written.path.name, content=content, reader="analysts")
    if any(group.rule for group in reports.causes):
        content = "all issues: cell, problem and suggestion"
        yield ResultFile(name="issues.csv", content=content, reader="analysts")
    content = "all rows with status and result, filterable"
    yield ResultFile(name="results.xlsx", content=content, reader="engineer, analysts")
    yield ResultFile(name="results.csv", content="the same data as CSV", reader="engineer")


_NAMES: Final = {
    "page": "report.html",
    "results": "results.csv",
    "workbook": "results.xlsx",
    "issues": "issues.csv",
    "summary": "summary.json",
}
"""The report files by what they hold; those of `to-fix` are named after the input."""


def rebuild(results: Path, *, language: str = "en") -> Reports:
    """
    Write the report files of the results folder *results* anew.

    Args:
        results: the results folder.
        language: of what analysts read.

    Raises:
        SettingsError: the folder holds no journal.
        JournalError: the journal cannot be trusted, or a run is under way.
        ReportError: a file cannot be written.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        return write_reports(journal, results, language=language)


def write_reports(journal: Journal, results: Path, *, language: str = "en") -> Reports:
    """
    Write the report files of an open *journal*.

    Args:
        journal: folded.
        results: the results folder.
        language: of what analysts read.

    Raises:
        ReportError: a file cannot be written; all others are.

    """
    files = {kind: results / name for kind, name in _NAMES.items()}
    failures: list[ReportError] = []
    handed_back = ToFixResult()
    with _going_on(failures):
        write_results(files["results"], journal.results(), language=language)
    with _going_on(failures):
        write_issues(files["issues"], journal.issues())
    with _going_on(failures):
        handed_back = write_to_fix(results, KeptFiles(journal), language=language)
    reports = gather(journal, files | handed_back.by_name())
    with _going_on(failures):
        write_summary(files["summary"], reports.document)
    with _going_on(failures):
        overview = workbook_overview(reports)
        rows, issues = journal.results(), journal.issues()
        write_workbook(files["workbook"], overview, rows, issues, language=language)
    with _going_on(failures):
        write_page(files["page"], page_model(journal, reports, handed_back), language=language)
    if failures:
        raise failures[0]
    return replace(reports, notes=handed_back.notes)


@contextmanager
def _going_on(failures: list[ReportError]) -> Iterator[None]:
    """Keep a report that cannot be written from being the end of those that follow."""
    try:
        yield
    except ReportError as failure:
        failures.append(failure)


def gather(journal: Journal, files: Mapping[str, Path]) -> Reports:
    """Return what *journal* tells of the whole batch, beside the rows, and which *files* do."""
    statistics = journal.statistics
    sending = statistics.last_run_with_attempts()
    summary, groups = journal.summary(), journal.cause_groups()
    return Reports(
        summary=summary,
        causes=groups,
        files=files,
        document=document(
            summary,
            journal.last_run(),
            causes=groups,
            latencies=None if sending is None else statistics.latencies(sending),
            files={name: path.name for name, path in files.items()},
        ),
    )


def lost_outcomes(journal: Journal, lost: Sequence[AttemptOutcome]) -> list[str]:
    """
    Return a line for each outcome that *journal* did not take, for the person at the keyboard.

    Raises:
        ReportError: the journal cannot even be read.

    """
    if not lost:
        return []
    with as_next_run_sees(journal):
        rows = {row.intent: row.pending for row in journal.work.find_unknown()}
    return [
        f"not in the journal: row {row.location.number} of {row.location.file}, "
        f"{row.key.task_name}: {describe(settlement.outcome)}"
        for settlement in lost
        if (row := rows.get(settlement.intent)) is not None
    ]


@contextmanager
def as_next_run_sees(journal: Journal) -> Iterator[None]:
    """
    Show *journal* as the next run will see it, although its disk may take nothing any more.

    Raises:
        ReportError: it cannot even be read.

    """
    try:
        with journal.preview_log():
            yield
    except JournalError as error:
        raise ReportError(str(error)) from error
