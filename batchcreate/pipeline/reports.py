"""Report files, rebuilt from the journal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from batchcreate.errors import JournalError, LoadError, ReportError
from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.models import Layout, RowToFix, RunRecord, SheetToFix
from batchcreate.outcome import describe
from batchcreate.pipeline.values import Reports
from batchcreate.report import (
    Course,
    Handout,
    Overview,
    Story,
    document,
    write_issues,
    write_page,
    write_results,
    write_summary,
    write_workbook,
)
from batchcreate.report.to_fix import HandedBack, write_to_fix
from batchcreate.report.wording import in_utc, per_second, spell_duration


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
"""So many rows that are not created stand on the page; results.csv has all of them."""


def story_of(journal: Journal, reports: Reports, handed_back: HandedBack) -> Story:
    """
    Return what the page tells of the batch of *journal*.

    Args:
        journal: open.
        reports: what is known of it already.
        handed_back: the files for the analysts.

    """
    statistics = journal.statistics
    runs = statistics.runs()
    targets, target_count = statistics.targets()
    return Story(
        summary=reports.summary,
        runs=runs,
        courses=[
            Course(run=run, name=name, timeline=statistics.timeline(run.number))
            for name, run in _worth_a_look(runs).items()
        ],
        latencies=statistics.latencies(),
        files=statistics.shares("file"),
        instances=statistics.shares("instance_id"),
        causes=reports.causes,
        rows=list(journal.not_created(limit=ROWS_SHOWN)),
        targets=targets,
        target_count=target_count,
        handouts=list(_handouts(reports, handed_back)),
    )


def overview_of(reports: Reports) -> Overview:
    """Return what the first sheet of the workbook tells."""
    return Overview(
        summary=reports.summary,
        causes=reports.causes,
        facts=list(_facts(reports.document)),
    )


def _facts(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of the last run, if one has ended."""
    if not told.get("finished_at"):
        return
    yield "endpoint", told["endpoint"]
    yield "last run", told["run_id"]
    yield "began", in_utc(told["started_at"])
    yield "ended", in_utc(told["finished_at"])
    yield "took", spell_duration(told["elapsed_s"])
    rate = told["rate"]
    yield "rate", f"{per_second(rate['configured_per_s'])} per second"
    yield "rate at the end", f"{per_second(rate['learned_per_s'])} per second"
    yield "slowed down", f"{rate['slowdowns']} times"


def _worth_a_look(runs: Sequence[RunRecord]) -> Mapping[str, RunRecord]:
    """Return the last run that sent anything, and the one that sent the most."""
    sent = [run for run in runs if run.attempts]
    if not sent:
        return {}
    largest = max(sent, key=lambda run: run.attempts)
    if largest is sent[0]:
        return {"the last run" if len(sent) > 1 else "": largest}
    return {"the last run": sent[0], "the largest run": largest}


def _handouts(reports: Reports, handed_back: HandedBack) -> Iterator[Handout]:
    for written in handed_back.files:
        yield Handout(
            name=written.path.name,
            content=f"the rows of {written.file} that are not created, to be mended and sent back",
            reader="analysts",
        )
    if any(group.rule for group in reports.causes):
        content = "every broken rule: its cell, what is wrong, and what to type instead"
        yield Handout(name="issues.csv", content=content, reader="analysts")
    content = "every row and what became of it, to filter and to sort"
    yield Handout(name="results.xlsx", content=content, reader="engineer, analysts")
    yield Handout(name="results.csv", content="the same, for programs too", reader="engineer")


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
        answer_times=() if sending is None else statistics.answer_times(sending),
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
