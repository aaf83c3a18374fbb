"""Plan and forecast of a run, and notes on its input."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from batchcreate.models import (
    CauseGroup,
    Cleaning,
    Layout,
    RowNumbers,
    Skipped,
    Status,
    Summary,
    Target,
)
from batchcreate.pipeline.corrections import CorrectedFile, NewVersion
from batchcreate.validator import CheckedChunk

CLEANINGS_MAX: Final = 20
"""Maximum number of cleaned cells that are listed; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetNotes:
    """
    A sheet that was read.

    Attributes:
        layout: the layout of the sheet.
        rows: number of input rows.
        unnamed: numbers of filled cells below blank headings, by the positions of the columns.
        hidden: input rows that the sheet hides.

    """

    layout: Layout
    rows: int
    unnamed: Mapping[int, int] = field(default_factory=dict)
    hidden: RowNumbers = field(default_factory=RowNumbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNotes:
    """
    Facts about the input, in addition to its issues.

    Attributes:
        sheets: the sheets that were read, in input order.
        skipped: the parts that were skipped, in input order.
        cleaned: number of cells whose values were corrected automatically.
        cleanings: the first of these cells.
        versions: the files that are new versions of inputs of the batch.
        corrected: the files that were not read, because corrections of them count.
        given: values for rows without one, by field.
        filled: numbers of these rows, by field.

    """

    sheets: Sequence[SheetNotes] = ()
    skipped: Sequence[Skipped] = ()
    cleaned: int = 0
    cleanings: Sequence[Cleaning] = ()
    versions: Sequence[NewVersion] = ()
    corrected: Sequence[CorrectedFile] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of input rows."""
        return sum(sheet.rows for sheet in self.sheets)


class InputNotesBuilder:
    """
    Collects the notes while the input is read.

    Args:
        given: values for rows without one, by field.

    Attributes:
        filled: numbers of these rows, by field.
        versions: the files that are new versions of inputs of the batch.
        corrected: the files that are not read, because corrections of them count.

    """

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._given = given or {}
        self.filled: Counter[str] = Counter()
        self.layouts: list[Layout] = []
        self._rows: list[int] = []
        self._unnamed: list[Counter[int]] = []
        self._hidden: list[RowNumbers] = []
        self._skipped: list[Skipped] = []
        self._cleanings: list[Cleaning] = []
        self._cleaned = 0
        self.versions: list[NewVersion] = []
        self.corrected: list[CorrectedFile] = []
        self.paths: dict[str, Path] = {}

    def on_sheet(self, event: Layout | Skipped) -> None:
        """Record the layout of a sheet, or a part of the input that was skipped."""
        if isinstance(event, Layout):
            self.layouts.append(event)
            self._rows.append(0)
            self._unnamed.append(Counter())
            self._hidden.append(RowNumbers())
        else:
            self._skipped.append(event)

    def on_chunk(self, checked: CheckedChunk) -> None:
        """Record the rows and the cleaned cells of a chunk of the current sheet."""
        self._rows[-1] += len(checked.chunk.frame)
        self._unnamed[-1].update(checked.chunk.unnamed)
        self._hidden[-1] = self._hidden[-1].extended(checked.chunk.hidden)
        self._cleanings += checked.cleanings(limit=CLEANINGS_MAX - len(self._cleanings))
        self._cleaned += checked.cleaned

    def build(self) -> InputNotes:
        """Return the collected notes."""
        return InputNotes(
            sheets=[
                SheetNotes(
                    layout=layout, rows=rows, unnamed=dict(sorted(unnamed.items())), hidden=hidden
                )
                for layout, rows, unnamed, hidden in zip(
                    self.layouts, self._rows, self._unnamed, self._hidden, strict=True
                )
            ],
            skipped=self._skipped,
            cleaned=self._cleaned,
            cleanings=self._cleanings,
            versions=self.versions,
            corrected=self.corrected,
            given=self._given,
            filled={name: self.filled[name] for name in self._given},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What a run is going to do, according to the files and the journal.

    Attributes:
        rows: number of input rows that this run read.
        summary: the counts of the batch before anything is sent.
        to_send: number of tasks to send per target.
        to_check_again: number of skipped tasks per target whose names may be free now.
        notes: notes on the input; empty for a retry, which reads no files.
        warnings: the groups of warnings of rows that are not created yet, most frequent first.
        waiting_elsewhere: number of rows that wait in inputs that are not given in this run.

    """

    rows: int
    summary: Summary
    to_send: Mapping[Target, int]
    to_check_again: Mapping[Target, int] = field(default_factory=dict)
    notes: InputNotes = field(default_factory=InputNotes)
    warnings: Sequence[CauseGroup] = ()
    waiting_elsewhere: int = 0

    @property
    def is_clean(self) -> bool:
        """True if there are neither rejected rows nor warnings."""
        return not self.rejected and not self.warnings

    @property
    def rejected(self) -> int:
        """The number of rejected rows."""
        return self.summary.counts[Status.REJECTED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    Number of tasks per target and expected duration, known before the question.

    Attributes:
        is_simulated: the run is against the embedded simulator.
        to_send: number of tasks to create per target.
        used: number of existing tasks per target; empty if no server was asked.
        quota: maximum number of tasks per instance.
        unknown: rows of earlier runs that are reconciled first.
        window_s: how long these rows are looked for in the task list, in seconds.
        rate_per_s: maximum requests per second.
        headroom: unused share of the rate.

    """

    is_simulated: bool = False
    to_send: Mapping[Target, int]
    used: Mapping[Target, int] = field(default_factory=dict)
    quota: int
    unknown: int = 0
    window_s: float = 0.0
    rate_per_s: float
    headroom: float = 0.0

    @property
    def targets(self) -> Sequence[Target]:
        """The targets of the tasks, and of rows that are reconciled."""
        return list({**self.to_send, **self.used})

    @property
    def total(self) -> int:
        """The number of tasks to create."""
        return sum(self.to_send.values())

    @property
    def expected_s(self) -> float:
        """Expected duration without errors, in seconds; rows are looked for meanwhile."""
        sending_s = self.total / (self.rate_per_s * (1 - self.headroom))
        return max(sending_s, self.window_s if self.unknown else 0.0)
