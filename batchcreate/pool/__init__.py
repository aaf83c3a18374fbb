"""Creates the tasks of a batch: workers, their feed, and the reasons to stop."""

from batchcreate.pool.feed import Feed
from batchcreate.pool.reconciler import Reconciler, UnresolvedTask
from batchcreate.pool.stop import RunCounters, StopCause, StopReason, StopSwitch
from batchcreate.pool.workers import CreateClient, Pool

__all__ = [
    "CreateClient",
    "Feed",
    "Pool",
    "Reconciler",
    "RunCounters",
    "StopCause",
    "StopReason",
    "StopSwitch",
    "UnresolvedTask",
]
