"""The last lines of undo, and its exit code."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from batchcreate.cli.undo_command import conclude
from batchcreate.models import DeletionStatus
from batchcreate.pipeline.undo import Undone
from batchcreate.pool import StopCause, StopReason

STOPPED = StopReason(cause=StopCause.OUTAGE, message="the server is away")
SIGNALLED = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGTERM", signal=15)
EVERY = "every task: out/undo.csv"


@pytest.mark.parametrize(
    ("counts", "halt", "code", "lines"),
    [
        pytest.param({}, None, 0, ["undo: this batch has no tasks on the server"], id="nothing"),
        pytest.param(
            {"deleted": 2, "gone": 1}, None, 0, ["undo: 2 deleted, 1 gone", EVERY], id="all gone"
        ),
        pytest.param(
            {"deleted": 2, "refused": 1},
            None,
            1,
            ["undo: 2 deleted, 1 refused", EVERY],
            id="refused",
        ),
        pytest.param({"kept": 1}, None, 1, ["undo: 1 kept", EVERY], id="renamed"),
        pytest.param(
            {"deleted": 1, "refused": 1, "unknown": 1},
            None,
            3,
            ["undo: 1 deleted, 1 refused, 1 unknown", EVERY, "next: batchcreate undo out"],
            id="unknown",
        ),
        pytest.param(
            {"unknown": 1},
            STOPPED,
            4,
            ["undo: 1 unknown", EVERY, "the server is away", "next: batchcreate undo out"],
            id="stopped",
        ),
        pytest.param(
            {"deleted": 1},
            SIGNALLED,
            143,
            ["undo: 1 deleted", EVERY, "ended by SIGTERM", "next: batchcreate undo out"],
            id="signal",
        ),
    ],
)
def test_end_of_undo(
    counts: Mapping[str, int],
    halt: StopReason | None,
    code: int,
    lines: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counts, the report, why it ended early, the next command; the worst end gives the code."""
    monkeypatch.setattr("sys.argv", ["/usr/bin/batchcreate", "undo", "out"])
    every = {status: counts.get(status.value, 0) for status in DeletionStatus}

    assert conclude(Undone(counts=every if counts else {}, stop_reason=halt), Path("out")) == code
    assert capsys.readouterr().err.splitlines() == lines


def test_without_consent(capsys: pytest.CaptureFixture[str]) -> None:
    """A no is an answer, and the batch is not undone."""
    assert conclude(Undone(counts={}, is_confirmed=False), Path("out")) == 1
    assert capsys.readouterr().err == "nothing was deleted\n"
