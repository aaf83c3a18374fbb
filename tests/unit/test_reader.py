"""The parent's side of a workbook: chunks of rows, and one message for each failure of a child."""

import os
import select
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.workbooks.protocol import limits_for
from batchcreate.workbooks.reader import WorkbookReader
from tests.spreadsheets import HEADINGS, ods, task, xlsx

COLUMNS = (0, 1)
CRASHED = "the process that reads it crashed or exceeded the memory limit"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return xlsx(tmp_path / "t.xlsx", HEADINGS + "".join(map(task, range(2, 60))))


def read(path: Path, **options: Any) -> list[int]:
    """The numbers of the rows below the headings of the first sheet."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx", **options) as reader:
        reader.sheets()
        reader.head(0, "May", 20)
        return [
            number
            for part in reader.rows(COLUMNS, after=1, chunk_rows=20)
            for number in part.numbers
        ]


def kill(reader: WorkbookReader, signal_number: signal.Signals = signal.SIGKILL) -> None:
    """End the child as the system or an error of a library does."""
    os.kill(reader._child._process.pid, signal_number)
    reader._child._process.wait()


def test_rows_are_read_by_a_child_process(path: Path) -> None:
    """They arrive in chunks."""
    assert read(path) == list(range(2, 60))


def test_cell_in_the_last_row_and_column_is_harmless(tmp_path: Path) -> None:
    """Calamine would hold 17 billion cells and crash; the complete reader takes over."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2) + far)

    assert read(path) == [2, 1_048_576]


def test_child_that_calamine_crashes_is_replaced(path: Path) -> None:
    """The second child reads the sheet without calamine."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        reader.sheets()
        kill(reader)
        head = reader.head(0, "May", 20)
        parts = list(reader.rows(COLUMNS, after=1, chunk_rows=20))

    assert head.rows[0] == ["task_name", "operation_types"]
    assert sum(len(part.numbers) for part in parts) == 58


@pytest.mark.parametrize(
    ("signal_number", "message"),
    [
        (signal.SIGKILL, f"sheet 'May': {CRASHED}"),
        (signal.SIGABRT, f"sheet 'May': {CRASHED}"),
        (signal.SIGXCPU, "sheet 'May': takes far longer to read than expected for 0.0 MiB."),
    ],
)
def test_killed_child_is_one_message(
    path: Path, signal_number: signal.Signals, message: str
) -> None:
    """The signal shows whether memory, a crash or the limit of the processor time ended it."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        reader.sheets()
        reader.head(0, "May", 20)
        kill(reader, signal_number)

        with pytest.raises(LoadError) as caught:
            list(reader.rows(COLUMNS, after=1, chunk_rows=20))

    assert message in str(caught.value)


def test_child_for_another_format_is_not_replaced(tmp_path: Path) -> None:
    """There is only one reader, which would crash again."""
    table = (
        '<table:table table:name="May"><table:table-row><table:table-cell><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )
    path = ods(tmp_path / "t.ods", table)

    with path.open("rb") as file, WorkbookReader(file, "t.ods") as reader:
        reader.sheets()
        kill(reader)
        with pytest.raises(LoadError, match=CRASHED):
            reader.head(0, "May", 20)


def test_valid_workbook_is_read_no_matter_how_long_it_takes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the waits add up; each of them has the whole limit of a silent child."""
    waits_ms: list[float] = []
    poll_of_the_system = select.poll

    class RecordingPoll:
        def __init__(self) -> None:
            self._poll = poll_of_the_system()
            self.register = self._poll.register

        def poll(self, wait_ms: float) -> list[tuple[int, int]]:
            waits_ms.append(wait_ms)
            return self._poll.poll(wait_ms)

    monkeypatch.setattr(select, "poll", RecordingPoll)

    assert read(path) == list(range(2, 60))
    assert len(waits_ms) > 5
    assert set(waits_ms) == {limits_for(path.stat().st_size).silence_s * 1000}


def test_silent_child_is_one_message(path: Path) -> None:
    """A child that hangs is ended after the limit of elapsed time."""
    limits = replace(limits_for(path.stat().st_size), silence_s=0.0)

    with path.open("rb") as file, WorkbookReader(file, "t.xlsx", limits=limits) as reader:
        os.kill(reader._child._process.pid, signal.SIGSTOP)
        with pytest.raises(LoadError) as caught:
            reader.sheets()

    assert str(caught.value) == (
        "t.xlsx: the process that reads it has not answered for 0 seconds. Try again when the"
        " machine is less busy. If the error persists, copy the table to a new workbook and use"
        " that file."
    )
    assert reader._child._process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("content", [b"\xff" * 8, b""], ids=["invalid", "nothing"])
def test_invalid_response_is_one_message(path: Path, content: bytes) -> None:
    """The child is not trusted, and is killed if it does not exit."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        os.kill(reader._child._process.pid, signal.SIGSTOP)
        read_end, write_end = os.pipe()
        os.dup2(read_end, reader._child._stdout.fileno())
        os.write(write_end, content)
        os.close(write_end)
        os.close(read_end)

        with pytest.raises(LoadError, match=CRASHED):
            reader.sheets()

    assert reader._child._process.returncode == -signal.SIGKILL
