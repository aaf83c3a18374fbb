"""Values that the pipeline exchanges with its callers."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from batchcreate.models import (
    CauseGroup,
    Cleaning,
    Layout,
    RunId,
    Skipped,
    Status,
    Summary,
    Target,
)
from batchcreate.pipeline.service import Service
from batchcreate.pool import RunCounters, StopReason, StopSwitch
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings
from batchcreate.validator import CheckedChunk

KEPT: Final = 20
"""How many cleaned cells are kept; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetNotes:
    """
    A sheet that was read.

    Attributes:
        layout: how.
        rows: its input rows.

    """

    layout: Layout
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNotes:
    """
    What there is to know about the input beside the broken rules.

    Attributes:
        sheets: those that were read, in their order.
        skipped: the parts that were skipped, in input order.
        cleaned: cells that were taken for what was plainly meant.
        cleanings: the first of them.
        replaced: input rows whose places rows of to-fix files take.
        is_astray: there are rows of to-fix files, and their batch is not in this journal.

    """

    sheets: Sequence[SheetNotes] = ()
    skipped: Sequence[Skipped] = ()
    cleaned: int = 0
    cleanings: Sequence[Cleaning] = ()
    replaced: int = 0
    is_astray: bool = False

    @property
    def rows(self) -> int:
        """All input rows; one that stands in a to-fix file as well counts once."""
        return sum(sheet.rows for sheet in self.sheets) - self.replaced


class InputNotesBuilder:
    """What one pass over the input has shown so far."""

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self._rows: list[int] = []
        self._skipped: list[Skipped] = []
        self._cleanings: list[Cleaning] = []
        self._cleaned = 0
        self.replaced = 0
        self.is_astray = False
        self.paths: dict[str, Path] = {}

    def on_sheet(self, event: Layout | Skipped) -> None:
        """Record the layout of a sheet, or a part of the input that was skipped."""
        if isinstance(event, Layout):
            self.layouts.append(event)
            self._rows.append(0)
        else:
            self._skipped.append(event)

    def on_chunk(self, checked: CheckedChunk) -> None:
        """Record the rows and the cleaned cells of a chunk of the current sheet."""
        self._rows[-1] += len(checked.chunk.numbers)
        self._cleanings += islice(checked.cleanings(), KEPT - len(self._cleanings))
        self._cleaned += checked.cleaned

    def notices(self) -> InputNotes:
        """Return all of it."""
        return InputNotes(
            sheets=[
                SheetNotes(layout=layout, rows=rows)
                for layout, rows in zip(self.layouts, self._rows, strict=True)
            ],
            skipped=self._skipped,
            cleaned=self._cleaned,
            cleanings=self._cleanings,
            replaced=self.replaced,
            is_astray=self.is_astray,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What a run is going to do, according to the files and the journal.

    Attributes:
        rows: number of input rows that this run read.
        summary: the counts of the batch before anything is sent.
        to_send: number of tasks to send per target.
        notices: notes on the input; empty for a retry, which reads no files.

    """

    rows: int
    summary: Summary
    to_send: Mapping[Target, int]
    notices: InputNotes = field(default_factory=InputNotes)

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
        rate_per_s: maximum requests per second.
        headroom: unused share of the rate.

    """

    is_simulated: bool = False
    to_send: Mapping[Target, int]
    used: Mapping[Target, int] = field(default_factory=dict)
    quota: int
    unknown: int = 0
    rate_per_s: float
    headroom: float = 0.0

    @property
    def total(self) -> int:
        """The number of tasks to create."""
        return sum(self.to_send.values())

    @property
    def expected_s(self) -> float:
        """Expected duration without errors, in seconds."""
        return self.total / (self.rate_per_s * (1 - self.headroom))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """
    The result of a run.

    Attributes:
        results: the results folder.
        plan: the plan of the run.
        reports: the content of the reports of the whole batch.
        run_id: identifies the run in log and summary; None for a dry run.
        stop_reason: why the run ended early, or None.
        facts: the facts of the run in summary.json.
        instances: project and instance of the rows, each pair once.
        problems: outcomes and reports that could not be written, one line each.

    """

    results: Path
    plan: Plan
    reports: Reports
    run_id: RunId | None = None
    stop_reason: StopReason | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    instances: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()

    @property
    def summary(self) -> Summary:
        """The counts of the whole batch."""
        return self.reports.summary


class Observer(Protocol):
    """Receives the events of a run."""

    def planned(self, plan: Plan) -> None:
        """Called after loading and validating, before anything is sent."""
        ...

    def noted(self, message: str) -> None:
        """Called with a message for the user."""
        ...

    async def confirm(self, forecast: Forecast) -> bool:
        """Return True to send; called last before sending, and cancelled if the run is stopped."""
        ...

    def watching(self, counters: RunCounters, gate: Gate) -> AbstractAsyncContextManager[None]:
        """Show *counters* and the rate of *gate* until the end of the block."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    A results folder, and the collaborators of a run on it.

    Attributes:
        results: the results folder.
        settings: the settings of the command.
        service: where the tasks are created.
        language: language of messages for analysts.
        observer: receives the events of the run.
        stop: ends the run early.

    """

    results: Path
    settings: Settings
    service: Service
    language: str
    observer: Observer
    stop: StopSwitch
