"""Rebuilds every report file from the journal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from batchcreate.errors import JournalError, ReportError
from batchcreate.journal import Journal, Settlement, answering, causes, find_unsettled, history
from batchcreate.journal.file import transaction
from batchcreate.journal.folding import fold
from batchcreate.outcome import describe
from batchcreate.pipeline.handing_back import KeptFiles
from batchcreate.pipeline.telling import overview_of, story_of
from batchcreate.pipeline.values import Reports
from batchcreate.report import (
    document,
    write_issues,
    write_page,
    write_results,
    write_summary,
    write_workbook,
)
from batchcreate.report.to_fix import HandedBack, write_to_fix

_NAMES: Final = {
    "page": "report.html",
    "results": "results.csv",
    "workbook": "results.xlsx",
    "issues": "issues.csv",
    "summary": "summary.json",
}
"""The report files by what they hold; those of `to-fix` are named after the input."""


def report(results: Path, *, language: str = "en") -> Reports:
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
    handed_back = HandedBack()
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
        overview = overview_of(reports)
        rows, issues = journal.results(), journal.issues()
        write_workbook(files["workbook"], overview, rows, issues, language=language)
    with _going_on(failures):
        write_page(files["page"], story_of(journal, reports, handed_back), language=language)
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
    connection = journal.connection
    sending = history.last_sending(connection)
    summary, groups = journal.summary(), causes(connection)
    return Reports(
        summary=summary,
        causes=groups,
        files=files,
        document=document(
            summary,
            journal.last_run(),
            causes=groups,
            latencies=None if sending is None else answering.latencies(connection, sending),
            files={name: path.name for name, path in files.items()},
        ),
        answer_times=() if sending is None else answering.answer_times(connection, sending),
    )


def lost_outcomes(journal: Journal, lost: Sequence[Settlement]) -> list[str]:
    """
    Return a line for each outcome that *journal* did not take, for the person at the keyboard.

    Raises:
        ReportError: the journal cannot even be read.

    """
    if not lost:
        return []
    with folded(journal):
        rows = {row.intent: row.pending for row in find_unsettled(journal.connection)}
    return [
        f"not in the journal: row {row.place.number} of {row.place.file}, "
        f"{row.key.task_name}: {describe(settlement.outcome)}"
        for settlement in lost
        if (row := rows.get(settlement.intent)) is not None
    ]


@contextmanager
def folded(journal: Journal) -> Iterator[None]:
    """
    Show *journal* as the next run will see it, although its disk may take nothing any more.

    Raises:
        ReportError: it cannot even be read.

    """
    try:
        with transaction(journal.connection, is_kept=False):
            fold(journal.connection)
            yield
    except JournalError as error:
        raise ReportError(str(error)) from error
