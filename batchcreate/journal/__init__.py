"""The state of a batch on disk: what was read, what was sent, what became of it."""

from batchcreate.journal.causes import causes
from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.file import make_folder
from batchcreate.journal.journal import Journal
from batchcreate.journal.reading import Reading
from batchcreate.journal.records import Settlement
from batchcreate.journal.unsettled import Unsettled, find_unsettled
from batchcreate.journal.work import Pending
from batchcreate.journal.writer import Writer

__all__ = [
    "CreatedTask",
    "Journal",
    "Pending",
    "Reading",
    "Settlement",
    "Unsettled",
    "Writer",
    "causes",
    "find_unsettled",
    "make_folder",
]
