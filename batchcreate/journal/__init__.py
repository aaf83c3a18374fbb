"""State of a batch: input rows, tasks, and the log of attempts."""

from batchcreate.journal.database import make_folder
from batchcreate.journal.deletions import UNDO_RUN_ID, CreatedTask
from batchcreate.journal.enrolment import CheckedRows, Enrolment
from batchcreate.journal.evidence import Evidence
from batchcreate.journal.input_versions import GivenFile
from batchcreate.journal.journal import Journal
from batchcreate.journal.row_versions import VersionChange
from batchcreate.journal.work import Pending, UnknownTask
from batchcreate.journal.writer import AttemptOutcome, Writer

__all__ = [
    "UNDO_RUN_ID",
    "AttemptOutcome",
    "CheckedRows",
    "CreatedTask",
    "Enrolment",
    "Evidence",
    "GivenFile",
    "Journal",
    "Pending",
    "UnknownTask",
    "VersionChange",
    "Writer",
    "make_folder",
]
