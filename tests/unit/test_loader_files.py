"""What is an input and what is not; what reports call it."""

import errno
import io
import os
from pathlib import Path
from typing import Any, Never

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader import labels, read, require_sheets, spooled
from batchcreate.loader.options import LoadOptions, tell_nobody
from batchcreate.loader.reading import _chunks
from batchcreate.models import Layout, Skipped


def refusal(path: Path, **options: Any) -> str:
    """The message that reading *path* ends with."""
    with pytest.raises(LoadError) as caught:
        list(read(path, label=path.name, **options))
    return str(caught.value)


@pytest.mark.parametrize("address", ["https://example.com/t.csv", "s3://bucket/t.xlsx"])
def test_web_address_is_refused(address: str) -> None:
    """Nothing is fetched."""
    assert refusal(Path(address)) == (
        f"{Path(address).name}: web addresses are not read. Download the file and name the copy."
    )


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """The whole path is named."""
    path = tmp_path / "none.csv"

    assert refusal(path) == f"{path}: there is no such file. Check the name and the folder."


def test_folder_is_refused(tmp_path: Path) -> None:
    """The message shows how to name the files in it."""
    assert refusal(tmp_path) == (
        f"{tmp_path}: is a folder. Name the files in it, for example {tmp_path}/*.csv."
    )


def test_pipe_is_refused(tmp_path: Path) -> None:
    """A FIFO would never end; it is not even opened."""
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)

    assert refusal(path) == (
        f"{path}: is not a regular file. Save its content as .csv or .xlsx first."
    )


def test_device_is_refused() -> None:
    """A device is no file of rows."""
    assert "is not a regular file" in refusal(Path("/dev/zero"))


@pytest.mark.parametrize(("name", "found"), [("t.pdf", "the ending '.pdf'"), ("t", "no ending")])
def test_unknown_ending_is_refused(tmp_path: Path, name: str, found: str) -> None:
    """The two formats are named."""
    path = tmp_path / name
    path.write_text("x")

    assert refusal(path) == (
        f"{name}: has {found}. Save it as .xlsx or as .csv (CSV UTF-8) and name that."
    )


def test_note_of_an_open_workbook_is_refused(tmp_path: Path) -> None:
    """It is there because a workbook is open, and `*.xlsx` names it, too."""
    path = tmp_path / "~$t.xlsx"
    path.write_bytes(b"\x06Li Wei")

    assert refusal(path) == (
        "~$t.xlsx: is the note that a spreadsheet program keeps beside a workbook while it is open."
        " Leave it out, and close the workbook first."
    )


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    """Zero bytes are said to be zero bytes."""
    path = tmp_path / name
    path.touch()

    assert refusal(path) == (
        f"{name}: is empty (0 bytes). Save the spreadsheet again or name another file."
    )


def test_name_that_no_system_takes_is_refused(tmp_path: Path) -> None:
    """Whatever the system says about a path becomes part of one sentence."""
    path = tmp_path / ("x" * 300 + ".csv")

    assert refusal(path) == (
        f"{path}: cannot be opened (File name too long). Check who may read the file."
    )


def test_ending_has_any_case(tmp_path: Path) -> None:
    """Old programs write capitals."""
    path = tmp_path / "T.CSV"
    path.write_text("task_name,operation_types\nabc,INSERT\n")

    (chunk,) = read(path, label="T.CSV")

    assert chunk.numbers == [2]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt"])
def test_text_has_one_of_three_endings(tmp_path: Path, name: str) -> None:
    """What parts the cells is found out whatever the ending says."""
    path = tmp_path / name
    path.write_text("task_name|operation_types\nabc|INSERT\n")

    (chunk,) = read(path, label=name)

    assert chunk.numbers == [2]


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A workbook under the name of a text is told what to do with."""
    path = tmp_path / "t.csv"
    path.write_bytes(b"PK\x03\x04")

    assert refusal(path) == (
        "t.csv: is a workbook or another zip archive, and no text. If it is a workbook, rename it"
        " so that it ends in .xlsx; otherwise open it in its program and save it as .xlsx or as"
        " 'CSV UTF-8'."
    )


def test_example_rows_are_passed_over(tmp_path: Path) -> None:
    """They are counted, and told of at the end of their sheet."""
    path = tmp_path / "t.csv"
    path.write_text("task_name,operation_types\nEXAMPLE: a,x\nabc,y\n示例：b,z\n")
    told: list[Layout | Skipped] = []

    chunks = list(read(path, label="t.csv", tell=told.append))

    assert [chunk.cells["task_name"] for chunk in chunks] == [["abc"]]
    assert told[1:] == [Skipped(file="t.csv", sheet="", reason="example", rows=2)]


def test_example_rows_alone_are_no_batch(tmp_path: Path) -> None:
    """A template that nobody filled in has its example only."""
    path = tmp_path / "t.csv"
    path.write_text("task_name,operation_types\nEXAMPLE: a,x\n")

    assert refusal(path) == "t.csv: has headings but no rows. Type one row per task below them."


def test_sheet_of_a_text_is_refused() -> None:
    """An option that cannot mean anything is not passed over in silence."""
    texts, book = [Path("a.csv"), Path("-")], Path("b.XLSX")

    require_sheets(["May"], [*texts, book])
    require_sheets([], texts)
    with pytest.raises(LoadError) as caught:
        require_sheets(["May"], texts)

    assert str(caught.value) == (
        "--sheet May: text files have no sheets, and no other file was named. Leave out --sheet."
    )


def test_standard_input_becomes_a_file() -> None:
    """It can then be read twice, and is gone afterwards."""
    stream = io.BytesIO(b"task_name,operation_types\nabc,INSERT\n")

    with spooled([Path("a.csv"), Path("-")], stream=stream) as paths:
        assert paths[0] == Path("a.csv")
        for _ in range(2):
            (chunk,) = read(paths[1], label="stdin")
            assert chunk.cells["task_name"] == ["abc"]

    assert not paths[1].exists()


def test_without_standard_input_nothing_is_copied() -> None:
    """The files are read where they are."""
    paths = [Path("a.csv")]

    with spooled(paths) as same:
        assert same is paths


def test_standard_input_that_cannot_be_read_is_refused() -> None:
    """One message, as for a file."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> Never:
            raise OSError(errno.EIO, "Input/output error")

    with (
        pytest.raises(LoadError, match=r"^stdin: cannot be read, or kept in .* \(Input/output"),
        spooled([Path("-")], stream=Failing()),
    ):
        pass


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without one has no input there."""
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(LoadError, match="stdin: there is no standard input"), spooled([Path("-")]):
        pass


def test_file_that_stops_being_readable_is_refused() -> None:
    """An input error in the middle of a file is one message, too."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> Never:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(LoadError) as caught:
        list(_chunks(Failing(), ".csv", "t.csv", LoadOptions(), tell_nobody))

    assert str(caught.value) == (
        "t.csv: cannot be read to its end (Input/output error). Copy it and try again."
    )


def test_label_of_standard_input() -> None:
    """It has no name of its own."""
    assert labels([Path("-"), Path("a/stdin"), Path("b/x.csv")]) == ["stdin", "a/stdin", "x.csv"]


def test_standard_input_is_read_once() -> None:
    """There is only one."""
    with pytest.raises(LoadError) as caught:
        labels([Path("-"), Path("-")])

    assert str(caught.value) == "-: standard input can be read only once. Name it once."


def test_label_is_the_name_where_names_differ() -> None:
    """Folders are left out as long as nothing is ambiguous."""
    assert labels([Path("a/x.csv"), Path("b/y.csv")]) == ["x.csv", "y.csv"]


def test_label_has_the_folders_that_tell_equal_names_apart() -> None:
    """Only the files that share a name get longer labels."""
    paths = [Path("/in/may/a/x.csv"), Path("/in/june/a/x.csv"), Path("/in/may/y.csv")]

    assert labels(paths) == ["may/a/x.csv", "june/a/x.csv", "y.csv"]


def test_no_paths_have_no_labels() -> None:
    """An empty list is answered with one."""
    assert labels([]) == []


def test_file_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its names would be a repeated one."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LoadError) as caught:
        labels([Path("x.csv"), tmp_path / "y.csv", tmp_path / "x.csv"])

    assert str(caught.value) == (
        f"{tmp_path.resolve() / 'x.csv'}: is given 2 times. Name every file once."
    )
