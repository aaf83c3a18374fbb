"""Validation of input files without network and credentials."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.journal import Enrolment, Journal, make_folder
from batchcreate.journal.database import NAME as JOURNAL
from batchcreate.models import CauseGroup, Issue, Status
from batchcreate.pipeline.load import Input, enrol_chunks, finish_enrolment
from batchcreate.pipeline.plan import InputNotes, InputNotesBuilder

CAUSES_MAX: Final = 20
"""Maximum number of groups of issues; the remaining issues are one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """
    The result of a check.

    Attributes:
        notes: notes on the input.
        rejected: number of rejected rows.
        journal: contains the issues, until the block of `check` ends.
        enrolment: contains the rows, until the block of `check` ends.
        paths: the input files by SHA-256.

    """

    notes: InputNotes
    rejected: int
    journal: Journal
    enrolment: Enrolment
    paths: Mapping[str, Path]

    @property
    def rows(self) -> int:
        """The number of input rows."""
        return self.notes.rows

    def causes(self) -> list[CauseGroup]:
        """Return the groups of issues, most frequent first."""
        return self.journal.cause_groups(groups_max=CAUSES_MAX)

    def warnings(self) -> list[CauseGroup]:
        """Return the groups of warnings, most frequent first."""
        return self.journal.warning_groups(groups_max=CAUSES_MAX)

    def in_use(self, field: str, proposed: Mapping[tuple[str, int], str]) -> set[tuple[str, int]]:
        """
        Return the rows of *proposed* whose new value of *field* another row uses.

        Args:
            field: name of a field whose values must be unique.
            proposed: new values of rows of the only input file, by sheet and number.

        """
        return self.enrolment.in_use(field, proposed)

    def issues(self) -> Iterator[Issue]:
        """Yield every issue, in input order."""
        return self.journal.issues()


@contextmanager
def check(source: Input) -> Iterator[CheckResult]:
    """
    Validate every row of every file.

    The issues are in a temporary journal, which is removed at the end of the block.

    Raises:
        LoadError: an input file cannot be read as a table.

    """
    notes = InputNotesBuilder(source.options.given)
    with Journal.scratch() as journal, journal.enrol(endpoint="") as enrolment:
        for _ in enrol_chunks(source, enrolment, notes, needs_target=False):
            pass
        finish_enrolment(enrolment, notes, source)
        yield CheckResult(
            notes=notes.build(),
            rejected=journal.summary().counts[Status.REJECTED],
            journal=journal,
            enrolment=enrolment,
            paths=notes.paths,
        )


def write_check_files(
    results: Path,
    result: CheckResult,
    *,
    language: str = "en",
    on_note: Callable[[str], None] = lambda _: None,
) -> Mapping[str, Path]:
    """
    Write issues.csv and the to-fix files to the folder *results*; return the files by kind.

    Without issues, no folder is created and only the files of an earlier check are updated;
    to-fix files of a run are kept.

    Args:
        results: the results folder.
        result: the result of a check whose block has not ended.
        language: language of messages for analysts.
        on_note: called with each unexpected property of the files.

    Raises:
        SettingsError: the folder cannot be used.
        ReportError: a file cannot be written.

    """
    issues = results / "issues.csv"
    if not result.rejected and not result.warnings() and not issues.is_file():
        return {}
    from batchcreate.report.csv_tables import write_issues

    make_folder(results)
    write_issues(issues, result.issues())
    if not result.rejected and (results / JOURNAL).exists():
        return {"issues": issues}
    return {"issues": issues, **_write_to_fix(results, result, language, on_note)}


def _write_to_fix(
    results: Path, result: CheckResult, language: str, on_note: Callable[[str], None]
) -> Mapping[str, Path]:
    # These modules are not needed if all rows are valid.
    from batchcreate.pipeline.reports import CheckedFiles
    from batchcreate.to_fix.write import write_to_fix

    files = CheckedFiles(result.journal, result.paths)
    to_fix = write_to_fix(results, files, language=language)
    for note in to_fix.notes:
        on_note(note)
    return to_fix.by_name()
