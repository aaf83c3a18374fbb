"""The last lines of undo name what changed while its question was open."""

from pathlib import Path

from batchcreate.cli.undo_command import describe_end
from batchcreate.models import DeletionStatus
from batchcreate.pipeline.undo import Undone


def test_note_follows_the_counts() -> None:
    """An undo without tasks has no report."""
    undone = Undone(counts={DeletionStatus.DELETED: 2}, note="1 task was deleted by others")
    empty = Undone(counts={})

    assert [list(describe_end(each, Path("r"), ["undo", "r"])) for each in (undone, empty)] == [
        ["undo: 2 deleted", "1 task was deleted by others", "details: r/undo.csv"],
        ["undo: this batch has no tasks on the server"],
    ]
