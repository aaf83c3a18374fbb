"""What the page tells of a batch, gathered."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchcreate.models import (
    CauseGroup,
    Latencies,
    ResultRow,
    RowShare,
    RunRecord,
    Summary,
    Target,
    Timeline,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """
    A file that somebody may want.

    Attributes:
        name: in the results folder.
        content: what is in it.
        reader: whom it is for.

    """

    name: str
    content: str
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """
    How a run went.

    Attributes:
        run: the run.
        name: what it is to the reader, such as ``the last run``.
        timeline: what became of its requests; ``None`` where nothing was answered.

    """

    run: RunRecord
    name: str
    timeline: Timeline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    A batch and what became of it.

    Attributes:
        summary: rows per status.
        runs: the last runs, the latest first.
        courses: those worth a look: the last one that sent anything, and the largest one.
        latencies: of all runs.
        files: the rows of each file.
        instances: the rows of each instance.
        causes: why rows are not created.
        rows: the first of the rows that are not created.
        targets: the first of the instances that tasks are for.
        target_count: how many instances there are.
        handouts: the other files of the folder.

    """

    summary: Summary
    runs: Sequence[RunRecord]
    courses: Sequence[Course]
    latencies: Latencies | None
    files: Sequence[RowShare]
    instances: Sequence[RowShare]
    causes: Sequence[CauseGroup]
    rows: Sequence[ResultRow]
    targets: Sequence[Target]
    target_count: int
    handouts: Sequence[Handout] = ()
