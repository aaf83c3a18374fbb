"""Loads and validates, and says what it found; no network, no credentials, nothing kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from batchcreate.journal import Journal, causes, make_folder
from batchcreate.models import CauseGroup, Issue
from batchcreate.pipeline.intake import Input, chunks
from batchcreate.pipeline.noticing import Notebook
from batchcreate.pipeline.values import Notices
from batchcreate.report import write_issues
from batchcreate.validator import repeated_name_issues, validate

CAUSES_MAX: Final = 20
"""How many causes are told apart."""


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

    def causes(self) -> list[CauseGroup]:
        """Return why rows are rejected, the most frequent causes first."""
        return causes(self.journal.connection, groups_max=CAUSES_MAX)

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


def keep_findings(results: Path, findings: Findings) -> Mapping[str, Path]:
    """
    Write what is to be mended to the folder *results*; return the files by what they hold.

    Where nothing is, the list of an earlier check is brought up to date, and no folder made.

    Raises:
        SettingsError: the folder cannot be used.
        ReportError: a file cannot be written.

    """
    path = results / "issues.csv"
    if not findings.rejected and not path.is_file():
        return {}
    make_folder(results)
    write_issues(path, findings.issues())
    return {"issues": path}
