"""Rebuilds every report file from the journal."""

from pathlib import Path

from batchcreate.journal import Journal
from batchcreate.models import Summary
from batchcreate.report import document, write_issues, write_results, write_summary


def report(results: Path) -> Summary:
    """
    Write the report files of the results folder *results* anew.

    Raises:
        SettingsError: the folder holds no journal.
        JournalError: the journal cannot be trusted, or a run is under way.
        ReportError: a file cannot be written.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        return write_reports(journal, results)


def write_reports(journal: Journal, results: Path) -> Summary:
    """
    Write the report files of an open *journal*.

    Raises:
        ReportError: a file cannot be written.

    """
    summary = journal.summary()
    write_results(results / "results.csv", journal.results())
    write_issues(results / "issues.csv", journal.issues())
    write_summary(results / "summary.json", document(summary, journal.last_run()))
    return summary
