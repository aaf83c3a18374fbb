"""Results folder of a batch, and files that fail or change while they are read."""

import errno
from pathlib import Path
from typing import BinaryIO

import pytest

from batchcreate.errors import LoadError, SettingsError
from batchcreate.journal import Enrolment, Journal
from batchcreate.loader import LoadOptions
from batchcreate.pipeline.load import Input, enrol_chunks, require_files, results_folder
from batchcreate.pipeline.plan import InputNotesBuilder
from batchcreate.settings import OutputSettings

ROWS = "task_name,operation_types\none,INSERT\n"


class FailingEnrolment(Enrolment):
    """An enrolment whose file is on a disk with a read error."""

    def add_file(self, file: BinaryIO) -> str:
        del file
        raise OSError(errno.EIO, "Input/output error")


def enrol(path: Path, enrolment: Enrolment, *, edit: str | None = None) -> None:
    """Enrol the file at *path*; after its first chunk write *edit* to it, or delete it if empty."""
    source = Input(files=[path], options=LoadOptions(), defaults={})
    for _ in enrol_chunks(source, enrolment, InputNotesBuilder(), needs_target=False):
        if edit:
            path.write_text(edit)
        elif edit is not None:
            path.unlink()


@pytest.mark.parametrize("edit", [f"{ROWS}two,INSERT\n", ""], ids=["edited", "deleted"])
def test_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, edit: str) -> None:
    """The rows of two contents are never mixed."""
    path = tmp_path / "tasks.csv"
    path.write_text(ROWS)

    with (
        Journal.scratch() as journal,
        journal.enrol(endpoint="") as enrolment,
        pytest.raises(LoadError, match=r"^tasks.csv: changed while it was read\. Close it"),
    ):
        enrol(path, enrolment, edit=edit)


def test_file_whose_reading_fails_is_refused(tmp_path: Path) -> None:
    """The message contains the error of the system and a remedy."""
    path = tmp_path / "tasks.csv"
    path.write_text(ROWS)

    with (
        Journal.scratch() as journal,
        pytest.raises(
            LoadError, match=r"^tasks.csv: reading failed \(Input/output error\)\. Copy"
        ),
    ):
        enrol(path, FailingEnrolment(journal._connection, endpoint="", has_contents=False, at=""))


def located(*files: str, results: str | None = None) -> str:
    """Return the results folder of *files*, which are created if they do not exist."""
    paths = [Path(file) for file in files]
    for path in paths:
        if str(path) != "-":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ROWS)
    output = OutputSettings.model_validate({} if results is None else {"results": results})
    return str(results_folder(paths, output))


def test_results_folder_is_next_to_the_first_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the same name in two folders never share one; standard input has no folder."""
    monkeypatch.chdir(tmp_path)

    found = {
        "east/tasks.csv west/tasks.csv": located("east/tasks.csv", "west/tasks.csv"),
        "west/tasks.csv": located("west/tasks.csv"),
        "absolute": located(f"{tmp_path}/west/tasks.csv"),
        "several dots": located("west/tasks.v1.csv"),
        "parent": located("west/../tasks.csv"),
        "stdin": located("-", "west/tasks.csv"),
        "option": located("west/tasks.csv", results="out"),
    }

    assert found == {
        "east/tasks.csv west/tasks.csv": "east/tasks-results",
        "west/tasks.csv": "west/tasks-results",
        "absolute": f"{tmp_path}/west/tasks-results",
        "several dots": "west/tasks.v1-results",
        "parent": "west/../tasks-results",
        "stdin": "stdin-results",
        "option": "out",
    }


def test_to_fix_file_belongs_to_its_results_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder above ``to-fix`` is a results folder if it has a journal or the issues of a check."""
    monkeypatch.chdir(tmp_path)
    found = {"no results folder": located("other/to-fix/tasks.xlsx")}
    located("a/out/to-fix/tasks.xlsx", "new.csv")
    Path("a/out/journal.db").touch()
    Path("b").mkdir()
    Path("b/issues.csv").touch()

    found |= {
        "run": located("a/out/to-fix/tasks.xlsx"),
        "check": located("b/to-fix/tasks.xlsx"),
        "with another file": located("new.csv", "a/out/to-fix/tasks.xlsx"),
        "two of one batch": located("b/to-fix/tasks.xlsx", "b/to-fix/more.xlsx"),
        "option": located("b/to-fix/tasks.xlsx", results="out"),
    }
    with pytest.raises(SettingsError) as caught:
        located("a/out/to-fix/tasks.xlsx", "b/to-fix/tasks.xlsx")
    monkeypatch.chdir(tmp_path / "a/out/to-fix")
    found |= {"working folder": located("tasks.xlsx"), "stdin": located("-")}
    monkeypatch.chdir(tmp_path / "a/out")
    found["results folder"] = located("to-fix/tasks.xlsx")

    assert found == {
        "no results folder": "other/to-fix/tasks-results",
        "run": "a/out",
        "check": "b",
        "with another file": "a/out",
        "two of one batch": "b",
        "option": "out",
        "working folder": f"{tmp_path}/a/out",
        "stdin": "stdin-results",
        "results folder": ".",
    }
    assert str(caught.value) == (
        "the to-fix files belong to a/out and b; run them separately, or choose one folder with "
        "--results"
    )


def test_missing_file_is_refused_before_anything_is_created(tmp_path: Path) -> None:
    """A folder with a mistyped name would be created, too."""
    present = tmp_path / "tasks.csv"
    present.write_text(ROWS)

    require_files([present, Path("-")])
    with pytest.raises(LoadError, match=r"mistyped/tasks\.csv: file not found"):
        require_files([present, tmp_path / "mistyped" / "tasks.csv"])

    assert list(tmp_path.iterdir()) == [present]
