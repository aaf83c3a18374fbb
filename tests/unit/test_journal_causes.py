"""Rows that are not created are grouped by their causes, whatever their number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from batchcreate.advice import explain
from batchcreate.journal import Journal
from batchcreate.journal.cause_groups import cause_groups
from batchcreate.models import (
    CauseGroup,
    Failed,
    Issue,
    IssueExample,
    Outcome,
    Rejected,
    RowLocation,
    Status,
    Unknown,
)
from tests.journals import (
    LOST,
    REFUSED,
    attempt,
    checked,
    created,
    layout,
    opened,
    read,
    waiting,
)

FILE: Final = "a.csv"
RENAMED: Final = replace(REFUSED, error_msg="no such application: 'b'")
BUSY: Final = Failed(http_status=429, error_code="APIGW.0308", error_msg="slow down")
SAME_CODE: Final = Unknown(reason="HTTP 503", http_status=503, error_code=LOST.error_code)


def spot(number: int, cell: str = "", **more: str) -> IssueExample:
    return IssueExample(
        location=RowLocation(file=FILE, sheet="", number=number), cell=cell, **more
    )


def broken(number: int, *rules: tuple[str, str]) -> Rejected:
    """Return a row that broke *rules*, each given with the heading of the column."""
    place = RowLocation(file=FILE, sheet="", number=number)
    return Rejected(
        location=place,
        task_name=f"bad-{number}",
        project_id="p1",
        instance_id="i1",
        issues=tuple(
            Issue(
                location=place,
                column=column,
                cell=f"{column}{number}",
                value=f"typed {number}",
                rule=rule,
                message=f"{rule} in row {number}",
                suggestion=f"meant {number}",
            )
            for rule, column in rules
        ),
    )


@contextmanager
def rejecting(rows: Sequence[Rejected]) -> Iterator[Journal]:
    """Give a journal that read *rows* and nothing else."""
    with Journal.scratch() as journal:
        with journal.enrol(endpoint="") as enrolment:
            enrolment.add(checked(rejected=rows), layout(FILE))
        yield journal


async def sent(folder: Path, rows: Sequence[str], outcomes: dict[str, Outcome | None]) -> Journal:
    journal = opened(folder, {FILE: rows})
    await attempt(journal, outcomes)
    return journal


def test_a_batch_without_trouble_has_no_causes() -> None:
    """An empty journal has none either."""
    with rejecting([]) as journal:
        assert journal.cause_groups() == []


def test_rejected_rows_are_grouped_by_rule_and_column() -> None:
    """A row counts once for each of its causes, and the most frequent one comes first."""
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
                spot(2, "F2", value="typed 2", suggestion="meant 2"),
                spot(3, "F3", value="typed 3", suggestion="meant 3"),
            ),
        ),
        CauseGroup(
            status=Status.REJECTED,
            error_code="INVALID_ROW",
            rule="task_name.missing",
            column="A",
            rows=1,
            message="task_name.missing in row 3",
            examples=(spot(3, "A3", value="typed 3", suggestion="meant 3"),),
        ),
        CauseGroup(
            status=Status.REJECTED,
            error_code="INVALID_ROW",
            rule="task_tag.charset",
            column="G",
            rows=1,
            message="task_tag.charset in row 4",
            examples=(spot(4, "G4", value="typed 4", suggestion="meant 4"),),
        ),
    ]


def test_a_cell_that_breaks_a_rule_twice_is_one_row() -> None:
    """Two bad values in one list are one mistake to mend."""
    twice = (("operation_types.value", "C"), ("task_name.missing", "A"))

    with rejecting([broken(2, *twice, *twice), broken(3, twice[0])]) as journal:
        found = journal.cause_groups()

    assert [(group.rule, group.rows, len(group.examples)) for group in found] == [
        ("operation_types.value", 2, 2),
        ("task_name.missing", 1, 1),
    ]


async def test_other_rows_are_grouped_by_what_became_of_them(tmp_path: Path) -> None:
    """Code and statuses make a group, names in messages do not; created rows are in none."""
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
            examples=(spot(3), spot(4)),
        ),
        CauseGroup(
            status=Status.FAILED,
            http_status=429,
            error_code="APIGW.0308",
            rows=1,
            message="slow down",
            examples=(spot(5),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            http_status=500,
            error_code="FDI.9",
            rows=1,
            message="HTTP 500",
            examples=(spot(6),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            rows=1,
            message="sent, but no answer was recorded",
            examples=(spot(7),),
        ),
        CauseGroup(
            status=Status.UNKNOWN,
            http_status=503,
            error_code="FDI.9",
            rows=1,
            message="HTTP 503",
            examples=(spot(8),),
        ),
        CauseGroup(status=Status.NOT_ATTEMPTED, rows=1, examples=(spot(9),)),
    ]


async def test_skipped_rows_have_no_cause(tmp_path: Path) -> None:
    """A row that changed after its task had been created was left out on purpose."""
    with await sent(tmp_path, ["made"], {"made": created("1")}) as journal:
        read(journal, {FILE: ["made=changed"]})

        assert journal.cause_groups() == []


def test_first_rows_and_first_message_are_those_of_the_input() -> None:
    """A group of many rows names the first few of them."""
    rows = [broken(number, ("task_tag.charset", "F")) for number in range(2, 40)]

    with rejecting(rows) as journal:
        (group,) = cause_groups(journal._connection, examples_max=3)

    assert group.rows == 38
    assert group.message == "task_tag.charset in row 2"
    assert [found.location.number for found in group.examples] == [2, 3, 4]


def test_what_is_beyond_the_most_frequent_causes_is_summed_up() -> None:
    """The rest is one group for each status, so that no row is left out."""
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


async def test_the_rest_is_told_by_status(tmp_path: Path) -> None:
    """Whoever reads it knows at least what became of these rows."""
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
    """One row in every state."""
    names = ["made", "refused", "lost", "new", "!bad", "before"]
    outcomes: dict[str, Outcome | None] = {"made": created("1"), "refused": REFUSED, "lost": LOST}
    journal = await sent(tmp_path, names, outcomes)
    work = waiting(journal)
    journal.skip_existing({work["before"]: created("9").task_id})
    return journal


def test_what_a_next_run_leaves_alone_no_retry_can_help(every: Journal) -> None:
    """Where the advice is to send a row again, the next run sends it or asks the list first."""
    asked = {"lost"} | set(waiting(every))
    advised = {
        row.task_name
        for row in every.results()
        if explain(row.error_code, http_status=row.http_status, status=row.status).can_retry
    }

    assert asked == {"lost", "new", "refused"}
    assert advised == {"lost", "new"}
