"""Rows to fix are in row order, in their newest version."""

from pathlib import Path

import pytest

from batchcreate.journal import Journal
from batchcreate.models import RowToFix, Status
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
    """Return the rows to fix by file."""
    return {
        sheet.layout.file: list(journal.rows_to_fix(sheet)) for sheet in journal.sheets_to_fix()
    }


async def test_rows_that_are_not_created_are_to_fix(journal: Journal) -> None:
    """Each row has the reason of its status, or its issues."""
    rows = ["made", "refused", "!bad", "new"]
    read(journal, {"a.csv": rows})
    await attempt(journal, {"made": created("1"), "refused": REFUSED})

    found = to_fix(journal)

    assert list(found) == ["a.csv"]
    refused, bad, new = found["a.csv"]
    assert refused == RowToFix(
        number=3,
        status=Status.FAILED,
        http_status=400,
        error_code="FDI.1",
        error_msg="no such application",
        issues=(),
        origin=refused.origin,
    )
    assert (bad.status, bad.error_msg, bad.issues) == (
        Status.REJECTED,
        "",
        rejected("bad", 4).issues,
    )
    assert (new.number, new.status, new.error_code) == (5, Status.NOT_ATTEMPTED, "")


def enrol(journal: Journal, *rows: str) -> None:
    """Enrol *rows* of a file that always has the same content."""
    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        tasks = [task(text, number) for number, text in enumerate(rows, start=2)]
        enrolment.add(checked(tasks), begin(enrolment, "a.csv"))
        enrolment.finish(explain)


async def test_newest_version_of_a_row_is_to_fix(journal: Journal) -> None:
    """If the same file is enrolled for another instance, only the newest rows are to fix."""
    enrol(journal, "x@i1", "y@i1")
    await attempt(journal, {"x": REFUSED})
    enrol(journal, "x@i2", "y@i2")
    reported = [(row.location.number, row.instance_id) for row in journal.results()]

    rows = to_fix(journal)["a.csv"]

    assert reported == [(2, "i2"), (3, "i2")]
    assert [(row.number, row.status) for row in rows] == [
        (2, Status.NOT_ATTEMPTED),
        (3, Status.NOT_ATTEMPTED),
    ]
