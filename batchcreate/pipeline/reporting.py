"""Rebuilds every report file from the journal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from batchcreate.errors import JournalError, ReportError
from batchcreate.journal import Journal, Settlement, find_unsettled
from batchcreate.journal.file import transaction
from batchcreate.journal.folding import fold
from batchcreate.models import Summary
from batchcreate.outcome import describe
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
