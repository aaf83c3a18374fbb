"""What is an input and what is not; what reports call it."""

import os
from pathlib import Path
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader import labels, read


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
