"""Rows to fix are in row order, in the newest version of their file."""

from pathlib import Path

import pytest

from batchcreate.journal import Journal
from batchcreate.models import RowToFix, Stamp, Status
from tests.journals import (
    ENDPOINT,
    REFUSED,
    attempt,
    begin,
    checked,
    created,
    explain,
    read,
    rejected,
    task,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "results")


def to_fix(journal: Journal) -> dict[str, list[RowToFix]]:
    """Return the rows of the sheets with rows to fix by file."""
    return {
        sheet.layout.file: list(journal.rows_to_fix(sheet)) for sheet in journal.sheets_to_fix()
    }


async def test_rows_to_fix_are_returned_with_the_others(journal: Journal) -> None:
    """Each row has the reason of its status, or its issues."""
    read(journal, {"a.csv": ["made", "refused", "!bad", "new"], "b.csv": ["other"]})
    await attempt(journal, {"made": created("1"), "refused": REFUSED})

    (sheet,) = journal.sheets_to_fix()
    made, refused, bad, new = journal.rows_to_fix(sheet)

    assert (sheet.layout.file, sheet.rows) == ("a.csv", 2)
    assert sheet.stamp == Stamp(batch=sheet.stamp.batch, input="a.csv", version=1)
    assert len(sheet.stamp.batch) == 32
    assert journal.labels() == ["a.csv", "b.csv"]
    assert (made.number, made.status) == (2, Status.CREATED)
    assert refused == RowToFix(
        number=3,
        status=Status.FAILED,
        http_status=400,
        error_code="FDI.1",
        error_msg="no such application",
    )
    assert (bad.status, bad.error_msg, bad.issues) == (
        Status.REJECTED,
        "",
        rejected("bad", 4).issues,
    )
    assert (new.number, new.status, new.error_code) == (5, Status.NOT_ATTEMPTED, "")


def test_rows_that_only_wait_are_not_to_fix(journal: Journal) -> None:
    """There is nothing that an analyst could do."""
    read(journal, {"a.csv": ["new"]})

    assert journal.sheets_to_fix() == []


def enrol(journal: Journal, *rows: str) -> None:
    """Enrol *rows* of a file that always has the same content."""
    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        tasks = [task(text, number) for number, text in enumerate(rows, start=2)]
        enrolment.add(checked(tasks), begin(enrolment, "a.csv"))
        enrolment.finish(explain)


async def test_newest_version_of_a_file_is_to_fix(journal: Journal) -> None:
    """If the same file is enrolled for another instance, only the newest rows count."""
    enrol(journal, "x@i1", "y@i1")
    await attempt(journal, {"x": REFUSED})
    before = to_fix(journal)
    enrol(journal, "x@i2", "y@i2")

    after = to_fix(journal)
    await attempt(journal, {"y": REFUSED})
    last = to_fix(journal)

    assert [(row.number, row.status) for row in before["a.csv"]] == [
        (2, Status.FAILED),
        (3, Status.NOT_ATTEMPTED),
    ]
    assert after == {}
    assert [(row.number, row.status) for row in last["a.csv"]] == [
        (2, Status.NOT_ATTEMPTED),
        (3, Status.FAILED),
    ]
