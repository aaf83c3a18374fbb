"""Rows that are not created are grouped by cause."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from batchcreate.advice import explain
from batchcreate.errors import NotSentReason
from batchcreate.journal import Journal
from batchcreate.journal.cause_groups import cause_groups
from batchcreate.models import (
    CauseGroup,
    Failed,
    IssueExample,
    Outcome,
    RowLocation,
    Status,
    Unknown,
)
from tests.chunks import Rejected, make_issue
from tests.journals import (
    LOST,
    REFUSED,
    attempt,
    begin,
    checked,
    created,
    opened,
    read,
    waiting,
)

FILE: Final = "a.csv"
RENAMED: Final = replace(REFUSED, error_msg="no such application: 'b'")
BUSY: Final = Failed(http_status=429, error_code="APIGW.0308", error_msg="slow down")
SAME_CODE: Final = Unknown(reason="HTTP 503", http_status=503, error_code=LOST.error_code)


def example(number: int, cell: str = "", **more: str) -> IssueExample:
    return IssueExample(
        location=RowLocation(file=FILE, sheet="", number=number), cell=cell, **more
    )


def broken(number: int, *rules: tuple[str, str]) -> Rejected:
    """Return a row that breaks *rules*, each given with the heading of the column."""
    location = RowLocation(file=FILE, sheet="", number=number)
    return Rejected(
        location=location,
        task_name=f"bad-{number}",
        project_id="p1",
        instance_id="i1",
        issues=tuple(
            make_issue(
                location,
                column=column,
                cell=f"{column}{number}",
                value=f"value {number}",
                rule=rule,
                message=f"{rule} in row {number}",
                suggestion=f"suggestion {number}",
            )
            for rule, column in rules
        ),
    )


@contextmanager
def rejecting(rows: Sequence[Rejected]) -> Iterator[Journal]:
    """Provide a journal that contains only *rows*."""
    with Journal.scratch() as journal:
        with journal.enrol(endpoint="") as enrolment:
            enrolment.add(checked(rejected=rows), begin(enrolment, FILE))
        yield journal


async def sent(folder: Path, rows: Sequence[str], outcomes: dict[str, Outcome | None]) -> Journal:
    journal = opened(folder, {FILE: rows})
    await attempt(journal, outcomes)
    return journal


async def test_reason_of_requests_that_were_not_sent_is_kept(tmp_path: Path) -> None:
    """Results, groups and rows to fix contain the reason of the last attempt; others have none."""
    untrusted = Failed(
        http_status=None,
        error_code="CONNECT",
        error_msg="certificate verify failed",
        not_sent_reason=NotSentReason.CERTIFICATE,
    )
    reasons = {"untrusted": NotSentReason.CERTIFICATE, "refused": None, "lost": None}

    with await sent(
        tmp_path, list(reasons), {"untrusted": untrusted, "refused": REFUSED, "lost": LOST}
    ) as journal:
        results = {row.task_name: row.not_sent_reason for row in journal.results()}
        groups = [group.not_sent_reason for group in journal.cause_groups()]
        (sheet,) = journal.sheets_to_fix()
        to_fix = [row.not_sent_reason for row in journal.rows_to_fix(sheet)]

    assert results == reasons
    assert groups == to_fix == list(reasons.values())


def test_batch_without_issues_has_no_causes() -> None:
    """A journal without rows has no groups."""
    with rejecting([]) as journal:
        assert journal.cause_groups() == []


def test_rejected_rows_are_grouped_by_rule_and_column() -> None:
    """A row counts once for each of its causes, and the largest group is first."""
    rows = [
        broken(2, ("task_tag.charset", "F")),
        broken(3, ("task_name.missing", "A"), ("task_tag.charset", "F")),
        broken(4, ("task_tag.charset", "G")),
    ]

    with rejecting(rows) as journal:
        found = journal.cause_groups()

    assert found == [
        CauseGroup(
            status=Status.REJECTED,
            error_code="INVALID_ROW",
            rule="task_tag.charset",
            column="F",
            rows=2,
            message="task_tag.charset in row 2",
            examples=(
                example(2, "F2", value="value 2", suggestion="suggestion 2"),
                example(3, "F3", value="value 3", suggestion="suggestion 3"),
            ),
        ),
        CauseGroup(
            status=Status.REJECTED,
            error_code="INVALID_ROW",
            rule="task_name.missing",
            column="A",
            rows=1,
            message="task_name.missing in row 3",
            examples=(example(3, "A3", value="value 3", suggestion="suggestion 3"),),
        ),
        CauseGroup(
            status=Status.REJECTED,
            error_code="INVALID_ROW",
            rule="task_tag.charset",
            column="G",
            rows=1,
            message="task_tag.charset in row 4",
            examples=(example(4, "G4", value="value 4", suggestion="suggestion 4"),),
        ),
    ]


def test_cell_that_breaks_a_rule_twice_counts_once() -> None:
    """Two invalid values in one list are one issue to fix."""
    twice = (("operation_types.value", "C"), ("task_name.missing", "A"))

    with rejecting([broken(2, *twice, *twice), broken(3, twice[0])]) as journal:
        found = journal.cause_groups()

    assert [(group.rule, group.rows, len(group.examples)) for group in found] == [
        ("operation_types.value", 2, 2),
        ("task_name.missing", 1, 1),
    ]


async def test_other_rows_are_grouped_by_status_and_code(tmp_path: Path) -> None:
    """Names in messages make no separate group, and created rows are in no group."""
    names = ["made", "b", "c", "busy", "lost", "mute", "also", "new"]
    outcomes: dict[str, Outcome | None] = {
        "made": created("1"),
        "b": RENAMED,
        "c": REFUSED,
        "busy": BUSY,
        "lost": LOST,
        "mute": None,
        "also": SAME_CODE,
    }

    with await sent(tmp_path, names, outcomes) as journal:
        found = journal.cause_groups()

    assert found == [
        CauseGroup(
            status=Status.FAILED,
            http_status=400,
            error_code="FDI.1",
            rows=2,
            message="no such application: 'b'",
            examples=(example(3), example(4)),
        ),
        CauseGroup(
            status=Status.FAILED,
            http_status=429,
            error_code="APIGW.0308",
            rows=1,
            message="slow down",
            examples=(example(5),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            http_status=500,
            error_code="FDI.9",
            rows=1,
            message="HTTP 500",
            examples=(example(6),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            rows=1,
            message="sent, but no answer was recorded",
            examples=(example(7),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            http_status=503,
            error_code="FDI.9",
            rows=1,
            message="HTTP 503",
            examples=(example(8),),
        ),
        CauseGroup(status=Status.NOT_ATTEMPTED, rows=1, examples=(example(9),)),
    ]


async def test_skipped_rows_have_no_cause(tmp_path: Path) -> None:
    """A row that changed after its task was created is skipped on purpose."""
    with await sent(tmp_path, ["made"], {"made": created("1")}) as journal:
        read(journal, {FILE: ["made=changed"]})

        assert journal.cause_groups() == []


def test_examples_are_the_first_rows_of_the_input() -> None:
    """A large group has the first rows and the first message."""
    rows = [broken(number, ("task_tag.charset", "F")) for number in range(2, 40)]

    with rejecting(rows) as journal:
        (group,) = cause_groups(journal._connection, examples_max=3)

    assert group.rows == 38
    assert group.message == "task_tag.charset in row 2"
    assert [found.location.number for found in group.examples] == [2, 3, 4]


def test_other_causes_are_one_group_per_status() -> None:
    """The groups contain all rows, although the number of causes is limited."""
    rows = [
        broken(2 + number, *((f"rule.{index}", "F") for index in range(number, 6)))
        for number in range(6)
    ]

    with rejecting(rows) as journal:
        found = cause_groups(journal._connection, groups_max=2)

    assert [(group.rule, group.rows, group.causes) for group in found] == [
        ("rule.5", 6, 1),
        ("rule.4", 5, 1),
        ("", 10, 4),
    ]
    assert found[-1] == CauseGroup(status=Status.REJECTED, rows=10, causes=4)


async def test_group_of_other_causes_has_its_status(tmp_path: Path) -> None:
    """Rows of different statuses are in different groups."""
    names = ["a", "b", "c", "!d", "e"]
    outcomes: dict[str, Outcome | None] = {"a": REFUSED, "b": BUSY, "c": LOST}

    with await sent(tmp_path, names, outcomes) as journal:
        found = cause_groups(journal._connection, groups_max=1)

    assert [(group.status, group.rows, group.causes) for group in found[1:]] == [
        (Status.FAILED, 1, 1),
        (Status.UNKNOWN, 1, 1),
        (Status.REJECTED, 1, 1),
        (Status.NOT_ATTEMPTED, 1, 1),
    ]


@pytest.fixture
async def every(tmp_path: Path) -> Journal:
    """One row with each status."""
    names = ["made", "refused", "lost", "new", "!bad", "before"]
    outcomes: dict[str, Outcome | None] = {"made": created("1"), "refused": REFUSED, "lost": LOST}
    journal = await sent(tmp_path, names, outcomes)
    work = waiting(journal)
    journal.record_preflight({}, {work["before"]: created("9").task_id})
    return journal


def test_retry_is_advised_only_for_rows_that_are_retried(every: Journal) -> None:
    """The next run sends the rows with that advice, or reconciles them first."""
    asked = {"lost"} | set(waiting(every))
    advised = {
        row.task_name
        for row in every.results()
        if explain(row.error_code, http_status=row.http_status, status=row.status).can_retry
    }

    assert asked == {"lost", "new", "refused"}
    assert advised == {"lost", "new"}
