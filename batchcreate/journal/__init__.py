"""The state of a batch on disk: what was read, what was sent, what became of it."""

from batchcreate.journal.database import make_folder
from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.enrolment import Enrolment
from batchcreate.journal.journal import Journal
from batchcreate.journal.statistics import causes
from batchcreate.journal.work import Pending, UnknownTask, find_unknown
from batchcreate.journal.writer import AttemptOutcome, Writer

__all__ = [
    "AttemptOutcome",
    "CreatedTask",
    "Enrolment",
    "Journal",
    "Pending",
    "UnknownTask",
    "Writer",
    "causes",
    "find_unknown",
    "make_folder",
]
