"""The child that reads a workbook: what it says, and what its parent says when it says no more."""

import io
import os
import signal
import struct
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Never, cast

import pytest

from batchcreate.errors import LoadError
from batchcreate.workbooks.child import Desk, answer
from batchcreate.workbooks.frames import BrokenFrameError, frame, read_frame
from batchcreate.workbooks.limits import FRAME_BYTES_MAX
from batchcreate.workbooks.reader import WorkbookReader
from batchcreate.workbooks.streams import Requests, Voice
from tests.desks import opened
from tests.spreadsheets import HEADINGS, ods, task, xlsx

COLUMNS = (0, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return xlsx(tmp_path / "t.xlsx", HEADINGS + "".join(map(task, range(2, 60))))


def read(path: Path, **options: Any) -> list[int]:
    """The numbers of the rows below the headings of the first sheet."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx", **options) as reader:
        reader.tabs()
        reader.head(0, "May", 20)
        return [
            each for part in reader.rows(COLUMNS, after=1, chunk_rows=20) for each in part.numbers
        ]


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        read(path, **options)
    return str(caught.value)


def test_rows_come_from_a_child(path: Path) -> None:
    """In blocks of so many."""
    assert read(path) == list(range(2, 60))


def test_a_cell_in_the_last_corner_harms_nobody(tmp_path: Path) -> None:
    """Calamine would hold 17 billion cells for it, and dies; our own reader takes its place."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2) + far)

    assert read(path) == [2, 1_048_576]


def kill(reader: WorkbookReader, kind: signal.Signals = signal.SIGKILL) -> None:
    """End the child as the system or a fault of a library does."""
    os.kill(reader._child._process.pid, kind)
    reader._child._process.wait()


def test_a_child_that_dies_of_calamine_is_followed_by_a_careful_one(path: Path) -> None:
    """What is lost is a little time."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        reader.tabs()
        kill(reader)
        head = reader.head(0, "May", 20)
        parts = list(reader.rows(COLUMNS, after=1, chunk_rows=20))

    assert head.rows[0] == ["task_name", "operation_types"]
    assert sum(len(part.numbers) for part in parts) == 58


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            signal.SIGKILL,
            "sheet 'May': the process that reads it crashed or ran out of the memory",
        ),
        (
            signal.SIGABRT,
            "sheet 'May': the process that reads it crashed or ran out of the memory",
        ),
        (signal.SIGXCPU, "sheet 'May': takes far longer to read than a workbook of 0.0 MiB"),
    ],
)
def test_a_child_that_is_killed_is_one_message(
    path: Path, kind: signal.Signals, words: str
) -> None:
    """Whoever killed it: the memory's end, a fault of a library, the limit of its time."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        reader.tabs()
        reader.head(0, "May", 20)
        kill(reader, kind)

        with pytest.raises(LoadError) as caught:
            list(reader.rows(COLUMNS, after=1, chunk_rows=20))

    assert words in str(caught.value)


def test_other_formats_have_one_reader_only(tmp_path: Path) -> None:
    """A second child would die of the same."""
    table = (
        '<table:table table:name="May"><table:table-row><table:table-cell><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )
    path = ods(tmp_path / "t.ods", table)

    with path.open("rb") as file, WorkbookReader(file, "t.ods") as reader:
        reader.tabs()
        kill(reader)
        with pytest.raises(LoadError, match="crashed or ran out of the memory"):
            reader.head(0, "May", 20)


def test_a_child_that_is_slow_is_one_message(path: Path) -> None:
    """However it spends its time."""
    clock = count(step=1000.0)

    assert refusal(path, clock=lambda: next(clock)) == (
        "t.xlsx: takes far longer to read than a workbook of 0.0 MiB should. It is damaged, made to"
        " do harm, or formatted far beyond its table. Copy the table into a new workbook and name"
        " that."
    )


@pytest.mark.parametrize("said", [b"\xff" * 8, b""], ids=["nonsense", "nothing"])
def test_a_child_that_talks_nonsense_is_one_message(path: Path, said: bytes) -> None:
    """It is not trusted: what it read was not, either. Where it does not end, it is ended."""
    with path.open("rb") as file, WorkbookReader(file, "t.xlsx") as reader:
        os.kill(reader._child._process.pid, signal.SIGSTOP)
        heard, end = os.pipe()
        os.dup2(heard, reader._child._stdout.fileno())
        os.write(end, said)
        os.close(end)
        os.close(heard)

        with pytest.raises(LoadError, match="crashed or ran out of the memory"):
            reader.tabs()

    assert reader._child._process.returncode == -signal.SIGKILL


def test_a_question_that_is_none_is_refused(path: Path) -> None:
    """The desk answers what it knows."""
    with opened(path) as desk:
        assert list(desk.answers({"ask": "weather"})) == [
            {"refused": "does not answer this question."}
        ]


@pytest.mark.parametrize(
    "said",
    [
        struct.pack(">Q", FRAME_BYTES_MAX + 1),
        struct.pack(">Q", 3) + b"{{{",
        struct.pack(">Q", 2) + b"[]",
    ],
    ids=["too long", "no JSON", "no object"],
)
def test_what_is_no_frame_is_refused(said: bytes) -> None:
    """Nothing is made of it."""
    with pytest.raises(BrokenFrameError):
        read_frame(io.BytesIO(said).read)


def test_half_a_character_comes_through_a_frame() -> None:
    """Whatever a library makes of a cell."""
    assert read_frame(io.BytesIO(frame({"a": "\ud800 订单"})).read) == {"a": "\ud800 订单"}


def test_a_child_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even in the middle of a workbook, and while it speaks."""
    ends: SimpleQueue[int] = SimpleQueue()
    monkeypatch.setattr(os, "_exit", ends.put)
    heard, end = os.pipe()
    with os.fdopen(heard, "rb") as stream, os.fdopen(end, "wb") as parent:
        requests = iter(Requests(stream))
        parent.write(frame({"ask": "sheets"}))
        parent.flush()
        assert next(requests) == {"ask": "sheets"}
        parent.close()
        assert ends.get(timeout=9) == 3

    class Gone(io.BytesIO):
        def write(self, _: object) -> Never:
            raise BrokenPipeError

    with Voice(Gone()) as voice:
        voice.say({})
    assert ends.get(timeout=9) == 3


def test_memory_that_is_used_up_is_one_sentence() -> None:
    """The system refuses more before it kills."""

    class Greedy:
        def answers(self, _: object) -> Iterator[Never]:
            return map(self.use_up, [1])

        def use_up(self, _: object) -> Never:
            raise MemoryError

    (said,) = answer({}, cast("Desk", Greedy()))

    assert said["refused"].startswith("needs far more memory than a workbook of its size should.")
