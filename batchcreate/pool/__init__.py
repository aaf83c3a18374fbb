"""Workers that create the tasks of a batch, and the means to stop them."""

from batchcreate.pool.feed import Feed
from batchcreate.pool.reconciler import ListTasks, Reconciler
from batchcreate.pool.stop import RunCounters, StopCause, StopReason, StopSwitch
from batchcreate.pool.workers import AttemptLoop, CreateContext, Pool

__all__ = [
    "AttemptLoop",
    "CreateContext",
    "Feed",
    "ListTasks",
    "Pool",
    "Reconciler",
    "RunCounters",
    "StopCause",
    "StopReason",
    "StopSwitch",
]
