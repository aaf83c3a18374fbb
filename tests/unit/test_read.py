"""One input file becomes layouts, skipped parts and chunks; example rows are skipped."""

import errno
import io
from pathlib import Path
from typing import Never

import pytest

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader.inputs import LoadOptions
from batchcreate.loader.read import _read_file, read, without_examples
from batchcreate.models import CellKind, Layout, Skipped
from tests.chunks import contents, make_chunk


def chunk(*names: str) -> Chunk:
    return make_chunk(
        {"task_name": names, "task_tag": [f"tag {name}" for name in names]},
        kinds={
            "task_tag": {
                len(names) - 1: CellKind.ERROR,
                len(names) // 4: CellKind.NUMBER,
                0: CellKind.DATE,
            }
        },
        covering={"task_tag": {0: "first", 1: "second"}},
    )


@pytest.mark.parametrize(
    "name",
    ["EXAMPLE: x", "example:x", " Example : x", "示例: x", "示例\uff1ax", "\u3000示例\uff1a"],
)
def test_example_rows_are_removed(name: str) -> None:
    """All values of the other rows keep their rows."""
    found, count = without_examples(chunk("a", name, "b:c", name, "d"))

    assert count == 2
    assert contents(found) == contents(
        make_chunk(
            {"task_name": ["a", "b:c", "d"], "task_tag": ["tag a", "tag b:c", "tag d"]},
            [2, 4, 6],
            kinds={"task_tag": {0: CellKind.DATE, 2: CellKind.ERROR}},
            covering={"task_tag": {0: "first"}},
        )
    )


@pytest.mark.parametrize("name", ["example", "examples: x", "an example: x", "x", "", ":", "示例"])
def test_other_rows_are_kept(name: str) -> None:
    """The name of a task may be example; it has no colon."""
    given = chunk(name)

    assert without_examples(given) == (given, 0)


def test_extension_has_any_case(tmp_path: Path) -> None:
    """Old programs write upper case."""
    path = tmp_path / "T.CSV"
    path.write_text("task_name,operation_types\nabc,INSERT\n")

    _, chunk = read(path, label="T.CSV")

    assert isinstance(chunk, Chunk)
    assert chunk.numbers == [2]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt"])
def test_text_has_one_of_three_extensions(tmp_path: Path, name: str) -> None:
    """The separator does not depend on the extension."""
    path = tmp_path / name
    path.write_text("task_name|operation_types\nabc|INSERT\n")

    _, chunk = read(path, label=name)

    assert isinstance(chunk, Chunk)
    assert chunk.numbers == [2]


def test_workbook_with_the_extension_of_a_text_is_refused(tmp_path: Path) -> None:
    """The message has the file type and a remedy."""
    path = tmp_path / "t.csv"
    path.write_bytes(b"PK\x03\x04")

    with pytest.raises(LoadError) as caught:
        list(read(path, label="t.csv"))

    assert str(caught.value) == (
        "t.csv: is a workbook or another zip archive, not a text file. If it is a workbook, change"
        " the extension to .xlsx; otherwise open it in its program and save it as .xlsx or as"
        " 'CSV UTF-8'."
    )


def test_example_rows_are_skipped(tmp_path: Path) -> None:
    """Their number is the last event of their sheet."""
    path = tmp_path / "t.csv"
    path.write_text("task_name,operation_types\nEXAMPLE: a,x\nabc,y\n示例：b,z\n")

    layout, chunk, skipped = read(path, label="t.csv")

    assert isinstance(layout, Layout)
    assert isinstance(chunk, Chunk)
    assert chunk.texts("task_name") == ["abc"]
    assert skipped == Skipped(file="t.csv", sheet="", reason="example", rows=2)


def test_example_rows_alone_are_refused(tmp_path: Path) -> None:
    """A blank template contains its example row only."""
    path = tmp_path / "t.csv"
    path.write_text("task_name,operation_types\nEXAMPLE: a,x\n")

    with pytest.raises(LoadError) as caught:
        list(read(path, label="t.csv"))

    assert str(caught.value) == "t.csv: no rows below the header row. Add one row per task."


def test_file_that_stops_being_readable_is_refused() -> None:
    """An input error in the middle of a file is one error too."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> Never:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(LoadError) as caught:
        list(_read_file(Failing(), ".csv", "t.csv", LoadOptions()))

    assert str(caught.value) == (
        "t.csv: reading failed (Input/output error). Copy the file and try again."
    )
