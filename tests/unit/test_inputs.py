"""Input files: which paths are inputs, and their labels."""

import errno
import io
import os
from pathlib import Path
from typing import Never

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.inputs import labels, open_input, require_sheets, spooled


def refusal(path: Path) -> str:
    """Return the error about *path*."""
    with pytest.raises(LoadError) as caught:
        open_input(path, path.name)
    return str(caught.value)


@pytest.mark.parametrize("address", ["https://example.com/t.csv", "s3://bucket/t.xlsx"])
def test_url_is_refused(address: str) -> None:
    """Files are not downloaded."""
    assert refusal(Path(address)) == (
        f"{Path(address).name}: URLs are not supported. Download the file and give the copy."
    )


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """The message has the whole path."""
    path = tmp_path / "none.csv"

    assert refusal(path) == f"{path}: file not found. Check the name and the folder."


def test_folder_is_refused(tmp_path: Path) -> None:
    """The message shows a pattern for the files in it."""
    assert refusal(tmp_path) == (
        f"{tmp_path}: is a folder. Give the files in it, for example {tmp_path}/*.csv."
    )


def test_pipe_is_refused(tmp_path: Path) -> None:
    """A FIFO might never end; it is not opened."""
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)

    assert refusal(path) == (
        f"{path}: is not a regular file. Save its content as .csv or .xlsx first."
    )


def test_device_is_refused() -> None:
    """A device has no rows."""
    assert "is not a regular file" in refusal(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("name", "found"), [("t.pdf", "the extension '.pdf'"), ("t", "a file without extension")]
)
def test_unknown_extension_is_refused(tmp_path: Path, name: str, found: str) -> None:
    """The message lists two formats to save the file in."""
    path = tmp_path / name
    path.write_text("x")

    assert refusal(path) == (
        f"{name}: {found} is not supported. Save the file as .xlsx or .csv (CSV UTF-8)."
    )


def test_lock_file_of_an_open_workbook_is_refused(tmp_path: Path) -> None:
    """The pattern ``*.xlsx`` includes it."""
    path = tmp_path / "~$t.xlsx"
    path.write_bytes(b"\x06Li Wei")

    assert refusal(path) == (
        "~$t.xlsx: a lock file of an open workbook. Close the workbook and omit this file."
    )


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    """The message has the size."""
    path = tmp_path / name
    path.touch()

    assert refusal(path) == (f"{name}: the file is empty (0 bytes). Save the spreadsheet again.")


def test_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """The message contains the error of the system."""
    path = tmp_path / ("x" * 300 + ".csv")

    assert refusal(path) == (
        f"{path}: cannot be opened (File name too long). Check the file permissions."
    )


def test_sheet_of_a_text_is_refused() -> None:
    """An option without an effect is an error."""
    texts, book = [Path("a.csv"), Path("-")], Path("b.XLSX")

    require_sheets(["May"], [*texts, book])
    require_sheets([], texts)
    with pytest.raises(LoadError) as caught:
        require_sheets(["May"], texts)

    assert str(caught.value) == (
        "--sheet May: text files have no sheets, and no workbook was given. Omit --sheet."
    )


def test_standard_input_becomes_a_file() -> None:
    """The file can be read twice, and is deleted afterwards."""
    stream = io.BytesIO(b"task_name,operation_types\nabc,INSERT\n")

    with spooled([Path("a.csv"), Path("-")], stream=stream) as paths:
        assert paths[0] == Path("a.csv")
        for _ in range(2):
            assert paths[1].read_bytes() == stream.getvalue()

    assert not paths[1].exists()


def test_standard_input_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the default stream."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abc")))

    with spooled([Path("-")]) as (path,):
        assert path.read_bytes() == b"abc"


def test_files_are_not_copied() -> None:
    """Only standard input is stored in a temporary file."""
    paths = [Path("a.csv")]

    with spooled(paths) as same:
        assert same is paths


def test_standard_input_that_cannot_be_read_is_refused() -> None:
    """The error is the same as for a file."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> Never:
            raise OSError(errno.EIO, "Input/output error")

    with (
        pytest.raises(LoadError, match=r"^stdin: cannot be read, or stored in .* \(Input/output"),
        spooled([Path("-")], stream=Failing()),
    ):
        pass


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program can be started without standard input."""
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(LoadError, match="stdin: there is no standard input"), spooled([Path("-")]):
        pass


def test_label_of_standard_input() -> None:
    """The label of a file is different."""
    assert labels([Path("-"), Path("a/stdin"), Path("b/x.csv")]) == ["stdin", "a/stdin", "x.csv"]


def test_standard_input_is_read_once() -> None:
    """Giving ``-`` twice is an error."""
    with pytest.raises(LoadError) as caught:
        labels([Path("-"), Path("-")])

    assert str(caught.value) == "-: standard input can be read only once. Give it once."


def test_label_is_the_file_name() -> None:
    """Folders are omitted if the names differ."""
    assert labels([Path("a/x.csv"), Path("b/y.csv")]) == ["x.csv", "y.csv"]


def test_label_has_the_folders_that_distinguish_equal_names() -> None:
    """Only files with equal names get longer labels."""
    paths = [Path("/in/may/a/x.csv"), Path("/in/june/a/x.csv"), Path("/in/may/y.csv")]

    assert labels(paths) == ["may/a/x.csv", "june/a/x.csv", "y.csv"]


def test_no_paths_have_no_labels() -> None:
    """The result is an empty list."""
    assert labels([]) == []


def test_file_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task name in it would be a duplicate."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LoadError) as caught:
        labels([Path("x.csv"), tmp_path / "y.csv", tmp_path / "x.csv"])

    assert str(caught.value) == (
        f"{tmp_path.resolve() / 'x.csv'}: given 2 times. Give each file once."
    )
