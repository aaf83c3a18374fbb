"""The journal stores the content of input files once and detects damage."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from batchcreate.errors import JournalError
from batchcreate.journal import GivenFile, Journal
from batchcreate.journal.input_files import PART_BYTES
from tests.journals import ENDPOINT, checked, explain, layout, read, task


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "results")


def enrol(journal: Journal, content: bytes, *, is_kept: bool = True) -> str:
    """Enrol a file with *content* and one row; return its SHA-256."""
    with journal.enrol(endpoint=ENDPOINT, is_kept=is_kept) as enrolment:
        digest = enrolment.add_file(io.BytesIO(content))
        assert enrolment.add_file(io.BytesIO(content)) == digest
        enrolment.begin(GivenFile(label="a.csv", path="", content=digest))
        enrolment.add(checked([task("x", 2)]), layout("a.csv", content=digest))
        enrolment.finish(explain)
    return digest


def copy_of(journal: Journal, digest: str) -> bytes:
    with journal.open_input_file(digest) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, 2 * PART_BYTES + 7])
def test_content_is_returned_unchanged(journal: Journal, size: int) -> None:
    """Files of one part, of several parts and without bytes can be stored."""
    content = os.urandom(size)

    digest = enrol(journal, content)

    assert digest == hashlib.sha256(content).hexdigest()
    assert journal.has_input_file(digest) == bool(size)
    assert copy_of(journal, digest) == content


def test_same_content_is_stored_once(journal: Journal) -> None:
    """A second enrolment of a file stores nothing."""
    enrol(journal, b"x" * 3)
    enrol(journal, b"x" * 3)

    found = journal._connection.execute("SELECT count(*) FROM content_parts").fetchone()

    assert found == (1,)


def test_content_of_earlier_versions_is_deleted(journal: Journal) -> None:
    """Only the newest version of a file is copied for analysts."""
    digest = enrol(journal, b"old")

    read(journal, {"a.csv": ["y"]})

    assert not journal.has_input_file(digest)


@pytest.mark.parametrize("is_kept", [False, True], ids=["rolled back", "scratch"])
def test_content_is_not_stored_if_the_rows_are_not(tmp_path: Path, *, is_kept: bool) -> None:
    """A dry run and a check do not store input files."""
    journal = Journal.scratch() if is_kept else Journal.open(tmp_path / "results")

    with journal:
        digest = enrol(journal, b"content", is_kept=is_kept)

        assert not journal.has_input_file(digest)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM content_parts",
        "UPDATE content_parts SET bytes = x'00'",
        "DELETE FROM content_parts WHERE position = 1",
    ],
    ids=["missing", "not compressed", "incomplete"],
)
def test_damaged_content_is_refused(journal: Journal, damage: str) -> None:
    """Content that does not match its SHA-256 is not returned."""
    digest = enrol(journal, os.urandom(2 * PART_BYTES))
    journal._connection.execute(damage)

    with pytest.raises(JournalError, match="missing or damaged"):
        copy_of(journal, digest)
