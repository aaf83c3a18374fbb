"""Loads and validates, and says what it found; no network, no credentials, nothing kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from batchcreate.journal import Journal, make_folder
from batchcreate.models import Issue
from batchcreate.pipeline.intake import Input, chunks
from batchcreate.pipeline.noticing import Notebook
from batchcreate.pipeline.values import Notices
from batchcreate.report import write_issues
from batchcreate.validator import repeated_name_issues, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """
    What a check found.

    Attributes:
        notices: what there is to know about the input beside the broken rules.
        rejected: rows that broke a rule.
        journal: holds the issues, until the block of `check` ends.

    """

    notices: Notices
    rejected: int
    journal: Journal

    @property
    def rows(self) -> int:
        """Input rows."""
        return self.notices.rows

    def issues(self) -> Iterator[Issue]:
        """Yield every broken rule, in input order."""
        return self.journal.issues()


@contextmanager
def check(source: Input) -> Iterator[Findings]:
    """
    Validate every row of every file.

    Memory stays flat: names and issues wait in a file that is gone after the block.

    Raises:
        LoadError: an input file cannot be read as a table.

    """
    notebook = Notebook()
    with Journal.scratch() as journal, journal.reading(endpoint="") as reading:
        for chunk in chunks(source, reading, notebook):
            checked = validate(
                chunk,
                defaults=source.defaults,
                needs_target=False,
                language=source.language,
            )
            reading.add_rejected(checked.rejected)
            reading.add_names(checked.keys())
            reading.add_origins(chunk.numbers, chunk.origins)
            notebook.see(checked)
        notebook.replaced = reading.take_places()
        reading.reject_repeated(partial(repeated_name_issues, language=source.language))
        yield Findings(
            notices=notebook.notices(), rejected=reading.rejected_count(), journal=journal
        )


def keep_issues(results: Path, findings: Findings) -> Path:
    """
    Write issues.csv to the folder *results* and return its path.

    Raises:
        SettingsError: the folder cannot be used.
        ReportError: the file cannot be written.

    """
    make_folder(results)
    path = results / "issues.csv"
    write_issues(path, findings.issues())
    return path
