"""Loads and validates, and says what it found; no network, no credentials, nothing kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from batchcreate import loader
from batchcreate.journal import Journal, make_folder
from batchcreate.journal.database import NAME as JOURNAL
from batchcreate.models import CauseGroup, Issue, Status
from batchcreate.pipeline.load import Input, chunks
from batchcreate.pipeline.reports import CheckedFiles
from batchcreate.pipeline.values import InputNotes, InputNotesBuilder
from batchcreate.report import write_issues
from batchcreate.to_fix.write import write_to_fix
from batchcreate.validator import repeated_name_issues, validate

CAUSES_MAX: Final = 20
"""How many causes are told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """
    What a check found.

    Attributes:
        notices: what there is to know about the input beside the broken rules.
        rejected: rows that broke a rule.
        journal: holds the issues, until the block of `check` ends.
        paths: the input files by their SHA-256.

    """

    notices: InputNotes
    rejected: int
    journal: Journal
    paths: Mapping[str, Path]

    @property
    def rows(self) -> int:
        """Input rows."""
        return self.notices.rows

    def causes(self) -> list[CauseGroup]:
        """Return why rows are rejected, the most frequent causes first."""
        return self.journal.cause_groups(groups_max=CAUSES_MAX)

    def issues(self) -> Iterator[Issue]:
        """Yield every broken rule, in input order."""
        return self.journal.issues()


@contextmanager
def check(source: Input) -> Iterator[CheckResult]:
    """
    Validate every row of every file.

    Memory stays flat: names and issues wait in a file that is gone after the block.

    Raises:
        LoadError: an input file cannot be read as a table.

    """
    notebook = InputNotesBuilder()
    with (
        loader.spooled(source.files) as paths,
        Journal.scratch() as journal,
        journal.enrol(endpoint="") as enrolment,
    ):
        for layout, chunk in chunks(source, paths, enrolment, notebook):
            checked = validate(
                chunk,
                defaults=source.defaults,
                needs_target=False,
                language=source.language,
            )
            enrolment.add(checked, layout)
            notebook.on_chunk(checked)
        enrolled = enrolment.finish(partial(repeated_name_issues, language=source.language))
        notebook.replaced = enrolled.replaced
        yield CheckResult(
            notices=notebook.notices(),
            rejected=journal.summary().counts[Status.REJECTED],
            journal=journal,
            paths=notebook.paths,
        )


def keep_findings(
    results: Path,
    findings: CheckResult,
    *,
    language: str = "en",
    noted: Callable[[str], None] = lambda _: None,
) -> Mapping[str, Path]:
    """
    Write what is to be mended to the folder *results*; return the files by what they hold.

    Where nothing is, the files of an earlier check are brought up to date, and no folder made;
    rows that a run hands back for other reasons stay where they are.

    Args:
        results: the folder.
        findings: of a check whose block has not ended.
        language: of what analysts read.
        noted: is told what is not as one would expect of the files.

    Raises:
        SettingsError: the folder cannot be used.
        ReportError: a file cannot be written.

    """
    issues = results / "issues.csv"
    if not findings.rejected and not issues.is_file():
        return {}
    make_folder(results)
    write_issues(issues, findings.issues())
    if not findings.rejected and (results / JOURNAL).exists():
        return {"issues": issues}
    files = CheckedFiles(findings.journal, findings.paths)
    handed_back = write_to_fix(results, files, language=language)
    for note in handed_back.notes:
        noted(note)
    return {"issues": issues, **handed_back.by_name()}
