"""Values that the pipeline exchanges with its callers."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Protocol

from batchcreate.models import Audit, RunId, Summary
from batchcreate.pipeline.plan import Forecast, Plan
from batchcreate.pipeline.reports import Reports
from batchcreate.pipeline.service import Service
from batchcreate.pool import RunCounters, StopReason, StopSwitch
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings


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
        problems: outcomes and reports that could not be written, one line each.
        audit: the comparison of the task lists with the journal; None if nothing was sent.

    """

    results: Path
    plan: Plan
    reports: Reports
    run_id: RunId | None = None
    stop_reason: StopReason | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[str] = ()
    audit: Audit | None = None

    @property
    def summary(self) -> Summary:
        """The counts of the whole batch."""
        return self.reports.summary


class Answer(Enum):
    """
    The answer to a question before something is sent.

    The task list is read again after a question, because time has passed.
    """

    NOT_ASKED = auto()
    YES = auto()
    NO = auto()


class Observer(Protocol):
    """Receives the events of a run."""

    def planned(self, plan: Plan) -> None:
        """Called after loading and validating, before anything is sent."""
        ...

    def noted(self, message: str) -> None:
        """Called with a message for the user."""
        ...

    async def confirm(self, forecast: Forecast) -> Answer:
        """Return whether to send; cancelled if the run is stopped."""
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
