"""The values that flow between the rooms: frozen, keyword-only, without behaviour of their own."""

from batchcreate.models.answers import (
    Created,
    Decision,
    Failed,
    Outcome,
    Reply,
    Signal,
    Unknown,
)
from batchcreate.models.causes import CauseGroup, Spot
from batchcreate.models.history import (
    Bar,
    Latencies,
    RunRecord,
    Share,
    Span,
    Timeline,
)
from batchcreate.models.identity import (
    Key,
    RunId,
    Target,
    TaskId,
)
from batchcreate.models.mending import RowToFix, SheetToFix
from batchcreate.models.origins import Origin
from batchcreate.models.results import (
    Deletion,
    DeletionStatus,
    ResultRow,
    Status,
    Summary,
)
from batchcreate.models.rows import (
    Chunk,
    Cleaning,
    Column,
    Issue,
    Kind,
    Layout,
    PassedOver,
    Place,
    Rejected,
    RepeatedRow,
    Task,
)

__all__ = [
    "Bar",
    "CauseGroup",
    "Chunk",
    "Cleaning",
    "Column",
    "Created",
    "Decision",
    "Deletion",
    "DeletionStatus",
    "Failed",
    "Issue",
    "Key",
    "Kind",
    "Latencies",
    "Layout",
    "Origin",
    "Outcome",
    "PassedOver",
    "Place",
    "Rejected",
    "RepeatedRow",
    "Reply",
    "ResultRow",
    "RowToFix",
    "RunId",
    "RunRecord",
    "Share",
    "SheetToFix",
    "Signal",
    "Span",
    "Spot",
    "Status",
    "Summary",
    "Target",
    "Task",
    "TaskId",
    "Timeline",
    "Unknown",
]
