"""Enrolment of input files: a file that fails or changes while it is read is refused."""

import errno
from pathlib import Path
from typing import BinaryIO

import pytest

from batchcreate.errors import LoadError
from batchcreate.journal import Enrolment, Journal
from batchcreate.loader import LoadOptions
from batchcreate.pipeline.load import Input, enrol_chunks
from batchcreate.pipeline.plan import InputNotesBuilder

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
