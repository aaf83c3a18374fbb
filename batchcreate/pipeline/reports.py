"""Report files, rebuilt from the journal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from batchcreate.errors import JournalError, LoadError, ReportError
from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.models import CauseGroup, Layout, RowToFix, RunRecord, SheetToFix, Summary
from batchcreate.report.atomic_files import remove_drafts
from batchcreate.report.csv_tables import write_issues, write_results
from batchcreate.report.formatting import format_duration, format_rate, format_utc
from batchcreate.report.page import PageModel, ResultFile, RunChart, write_page
from batchcreate.report.results_workbook import Overview, write_workbook
from batchcreate.report.summary import document, write_summary
from batchcreate.responses import describe
from batchcreate.to_fix.file_names import FOLDER
from batchcreate.to_fix.write import ToFixResult, write_to_fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """
    The content of the reports of a batch.

    Attributes:
        summary: the counts.
        causes: reasons why rows are not created, most frequent first.
        files: the report files by kind.
        document: the content of summary.json.
        notes: unexpected properties of the files, one line each.

    """

    summary: Summary
    causes: Sequence[CauseGroup] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


class StoredFiles:
    """
    The input files that are stored in the journal, for the to-fix files.

    Args:
        journal: the open journal.

    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows to fix, in input order."""
        return self._journal.sheets_to_fix()

    def labels(self) -> Sequence[str]:
        """Return the labels of all inputs of the batch."""
        return self._journal.labels()

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield all rows of *sheet*, in their order."""
        return self._journal.rows_to_fix(sheet)

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """Open the file of *layout* in the version that was read."""
        return self._journal.open_input_file(layout.content)

    def is_kept(self, digest: str) -> bool:
        """Return True if the journal contains the file with this SHA-256."""
        return self._journal.has_input_file(digest)


class CheckedFiles(StoredFiles):
    """
    The input files of a check, at their paths.

    Args:
        journal: the temporary journal of the check.
        paths: the files by SHA-256.

    """

    def __init__(self, journal: Journal, paths: Mapping[str, Path]) -> None:
        super().__init__(journal)
        self._paths = paths

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows to fix; their stamps belong to no batch."""
        return [
            replace(
                sheet,
                stamp=replace(sheet.stamp, batch="", version=0, content=sheet.layout.content),
            )
            for sheet in super().sheets()
        ]

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """
        Open the file of *layout* again.

        Raises:
            LoadError: the file no longer exists.

        """
        if (path := self._paths.get(layout.content)) is None:
            return super().opened(layout)
        try:
            return path.open("rb")
        except OSError as error:
            message = f"{layout.file}: can no longer be read ({error.strerror}). Try again."
            raise LoadError(message) from error

    def is_kept(self, digest: str) -> bool:
        """Return False: a check stores no files."""
        del digest
        return False


ROWS_SHOWN: Final = 1000
"""Maximum number of rows on the report page; results.csv contains all of them."""


def page_model(journal: Journal, reports: Reports, to_fix: ToFixResult) -> PageModel:
    """
    Return the content of the report page.

    Args:
        journal: an open journal.
        reports: the counts and causes of the batch.
        to_fix: the to-fix files.

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
        warnings=sum(group.rows for group in journal.warning_groups()),
        targets=targets,
        target_count=target_count,
        result_files=list(_result_files(reports, to_fix)),
        audit=journal.audits.last,
    )


def workbook_overview(reports: Reports, others: Sequence[str] = ()) -> Overview:
    """Return the content of the summary sheet of results.xlsx, and its *others*."""
    return Overview(
        summary=reports.summary,
        causes=reports.causes,
        facts=list(_run_facts(reports.document)),
        others=others,
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


def _result_files(reports: Reports, to_fix: ToFixResult) -> Iterator[ResultFile]:
    for written in to_fix.files:
        content = f"copy of {written.file} with the rows to fix, to send back"
        name = _name_in_folder("to_fix", written.path)
        yield ResultFile(name=name, content=content, reader="analysts")
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
"""Names of the report files by kind; to-fix files are named after their input."""


def rebuild(results: Path, *, language: str = "en") -> Reports:
    """
    Rebuild all report files of a results folder.

    Args:
        results: the results folder.
        language: language of messages for analysts.

    Raises:
        SettingsError: the folder does not contain a journal.
        JournalError: the journal cannot be trusted, or a run is in progress.
        ReportError: a file cannot be written.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        return write_reports(journal, results, language=language)


def write_reports(journal: Journal, results: Path, *, language: str = "en") -> Reports:
    """
    Write the report files of an open *journal*.

    Args:
        journal: the open journal, with its log applied.
        results: the results folder.
        language: language of messages for analysts.

    Raises:
        ReportError: a file cannot be written; all others are written.

    """
    for folder in (results, results / "to-fix"):
        remove_drafts(folder)
    files = {kind: results / name for kind, name in _NAMES.items()}
    failures: list[ReportError] = []
    to_fix = ToFixResult()
    with _collecting(failures):
        others = journal.other_columns()
        write_results(files["results"], journal.results(), others, language=language)
    with _collecting(failures):
        write_issues(files["issues"], journal.issues())
    with _collecting(failures):
        to_fix = write_to_fix(results, StoredFiles(journal), language=language)
    reports = gather(journal, files | to_fix.by_name())
    with _collecting(failures):
        write_summary(files["summary"], reports.document)
    with _collecting(failures):
        overview = workbook_overview(reports, journal.other_columns())
        rows, issues = journal.results(), journal.issues()
        write_workbook(files["workbook"], overview, rows, issues, language=language)
    with _collecting(failures):
        write_page(files["page"], page_model(journal, reports, to_fix), language=language)
    if failures:
        raise failures[0]
    return replace(reports, notes=to_fix.notes)


@contextmanager
def _collecting(failures: list[ReportError]) -> Iterator[None]:
    """Append the failure of one report to *failures*, so that the others are written."""
    try:
        yield
    except ReportError as failure:
        failures.append(failure)


def gather(journal: Journal, files: Mapping[str, Path]) -> Reports:
    """Return counts, causes and the summary document of *journal*, with the report *files*."""
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
            causes=[*groups, *journal.warning_groups()],
            latencies=None if sending is None else statistics.latencies(sending),
            files={kind: _name_in_folder(kind, path) for kind, path in files.items()},
        )
        | {"audit": journal.audits.last},
    )


def _name_in_folder(kind: str, path: Path) -> str:
    """Return the name of a report file relative to the results folder."""
    return f"{FOLDER}/{path.name}" if kind.startswith("to_fix") else path.name


def lost_outcomes(journal: Journal, lost: Sequence[AttemptOutcome]) -> list[str]:
    """
    Return a line for the user about each outcome that could not be stored in *journal*.

    Raises:
        ReportError: the journal cannot be read.

    """
    if not lost:
        return []
    with as_next_run_sees(journal):
        rows = {row.intent: row.pending for row in journal.work.find_unknown()}
    return [
        f"not in the journal: row {row.location.number} of {row.location.file}, "
        f"{row.key.task_name}: {describe(attempt.outcome)}"
        for attempt in lost
        if (row := rows.get(attempt.intent)) is not None
    ]


@contextmanager
def as_next_run_sees(journal: Journal) -> Iterator[None]:
    """
    Read *journal* as the next run will, with its log applied, even if the disk is full.

    Raises:
        ReportError: the journal cannot be read.

    """
    try:
        with journal.preview_log():
            yield
    except JournalError as error:
        raise ReportError(str(error)) from error
