"""Creates the tasks of a batch: workers, their feed, and the reasons to stop."""

from batchcreate.pool.feed import Feed
from batchcreate.pool.settling import Aside, Settling
from batchcreate.pool.stop import Cause, Halt, Stop
from batchcreate.pool.tally import Tally
from batchcreate.pool.workers import Client, Pool

__all__ = [
    "Aside",
    "Cause",
    "Client",
    "Feed",
    "Halt",
    "Pool",
    "Settling",
    "Stop",
    "Tally",
]
