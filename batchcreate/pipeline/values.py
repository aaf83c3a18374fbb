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
from batchcreate.pool import RunCounters, StopReason
from batchcreate.rate_limiter import Gate
from batchcreate.validator import Checked

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
        passed_over: what was left out, in the order in which it stands.
        cleaned: cells that were taken for what was plainly meant.
        cleanings: the first of them.
        replaced: input rows whose places rows of to-fix files take.
        is_astray: there are rows of to-fix files, and their batch is not in this journal.

    """

    sheets: Sequence[SheetNotes] = ()
    passed_over: Sequence[Skipped] = ()
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
        self._passed_over: list[Skipped] = []
        self._cleanings: list[Cleaning] = []
        self._cleaned = 0
        self.replaced = 0
        self.is_astray = False
        self.paths: dict[str, Path] = {}

    def hear(self, told: Layout | Skipped) -> None:
        """Note what the loader tells of a sheet."""
        if isinstance(told, Layout):
            self.layouts.append(told)
            self._rows.append(0)
        else:
            self._passed_over.append(told)

    def see(self, checked: Checked) -> None:
        """Note what there is to know about some rows of the sheet heard of last."""
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
            passed_over=self._passed_over,
            cleaned=self._cleaned,
            cleanings=self._cleanings,
            replaced=self.replaced,
            is_astray=self.is_astray,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What a run is about to do, as far as the files and the journal tell.

    Attributes:
        rows: input rows read now.
        summary: the batch as it stands before anything is sent.
        to_send: tasks to send, per target.
        notices: what there is to know about the input; of a retry, which reads none, nothing.

    """

    rows: int
    summary: Summary
    to_send: Mapping[Target, int]
    notices: InputNotes = field(default_factory=InputNotes)

    @property
    def rejected(self) -> int:
        """Rows that broke a rule."""
        return self.summary.counts[Status.REJECTED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    What sending will take, as far as it can be known before it begins.

    Attributes:
        is_simulated: nothing of it is real.
        to_send: tasks to create, per target.
        used: tasks that the instances have already; empty where no server was asked.
        quota: tasks that an instance holds.
        unsettled: rows of earlier runs that are looked up first.
        rate_per_s: requests that may leave in a second.
        headroom: share of it that is left unused.

    """

    is_simulated: bool = False
    to_send: Mapping[Target, int]
    used: Mapping[Target, int] = field(default_factory=dict)
    quota: int
    unsettled: int = 0
    rate_per_s: float
    headroom: float = 0.0

    @property
    def total(self) -> int:
        """All tasks to create."""
        return sum(self.to_send.values())

    @property
    def expected_s(self) -> float:
        """Seconds that this takes where nothing goes wrong."""
        return self.total / (self.rate_per_s * (1 - self.headroom))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """
    What the reports tell of a batch.

    Attributes:
        summary: the counts.
        causes: why rows are not created, the most frequent causes first.
        files: those that were written, by what they hold.
        document: what summary.json holds.
        answer_times: milliseconds, and how many answers took so long in the last run that
            sent anything.
        notes: what is not as one would expect of the files, a line each.

    """

    summary: Summary
    causes: Sequence[CauseGroup] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    answer_times: Sequence[tuple[int, int]] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """
    How a run ended.

    Attributes:
        results: the results folder.
        plan: what the run set out to do.
        reports: what there is to tell of the whole batch.
        run_id: names the run in log and summary; ``None`` for a dry run.
        stop_reason: why the run ended early, or None.
        facts: what this run did.
        instances: project and instance of the rows, each pair once.
        troubles: what journal and reports could not take, a line for each, for the person
            at the keyboard.

    """

    results: Path
    plan: Plan
    reports: Reports
    run_id: RunId | None = None
    stop_reason: StopReason | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    instances: Sequence[tuple[str, str]] = ()
    troubles: Sequence[str] = ()

    @property
    def summary(self) -> Summary:
        """The counts of the whole batch."""
        return self.reports.summary


class Observer(Protocol):
    """Whoever wants to see a run while it happens."""

    def planned(self, plan: Plan) -> None:
        """Everything is read and validated; nothing is sent yet."""
        ...

    def noted(self, message: str) -> None:
        """Something came up that the user should know."""
        ...

    async def confirm(self, outlook: Forecast) -> bool:
        """Say whether to send; asked last, and cancelled where the run ends meanwhile."""
        ...

    def watching(self, counters: RunCounters, gate: Gate) -> AbstractAsyncContextManager[None]:
        """Show *counters* and the rate of *gate* for as long as the block lasts."""
        ...
