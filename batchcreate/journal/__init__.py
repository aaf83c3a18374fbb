"""The state of a batch on disk: what was read, what was sent, what became of it."""

from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.file import Journal, make_folder
from batchcreate.journal.reading import Reading
from batchcreate.journal.work import Pending, Unsettled
from batchcreate.journal.writer import Settlement, Writer

__all__ = [
    "CreatedTask",
    "Journal",
    "Pending",
    "Reading",
    "Settlement",
    "Unsettled",
    "Writer",
    "make_folder",
]
