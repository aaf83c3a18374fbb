"""Rows are identified by name and content, not by their location."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from batchcreate.errors import JournalError, LoadError, SettingsError
from batchcreate.frames import other_name
from batchcreate.journal import Journal
from batchcreate.models import (
    Column,
    Layout,
    ResultRow,
    RowLocation,
    Severity,
    Status,
    Summary,
    TaskId,
)
from tests.chunks import make_chunk
from tests.journals import (
    ENDPOINT,
    LOST,
    REFUSED,
    Rows,
    add,
    attempt,
    begin,
    checked,
    created,
    explain,
    layout,
    opened,
    read,
    rejected,
    shown,
    task,
    waiting,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_rows_are_reported_in_input_order(folder: Path) -> None:
    """Files are in the given order and rows in the order of their numbers, for each status."""
    journal = opened(folder, {"b.csv": ["x", "!y", "z"], "a.csv": ["!u", "v"]})

    assert shown(journal) == [
        "b.csv:2 x not_attempted",
        "b.csv:3 y rejected",
        "b.csv:4 z not_attempted",
        "a.csv:2 u rejected",
        "a.csv:3 v not_attempted",
    ]
    assert list(waiting(journal)) == ["x", "z", "v"]


async def test_reordered_file_is_the_same_batch(folder: Path) -> None:
    """A created row stays created at its new location, and no task is sent twice."""
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    await attempt(journal, {"x": created("1"), "y": REFUSED})

    read(journal, {"a.csv": ["z", "y", "x"]})

    assert shown(journal) == [
        "a.csv:2 z not_attempted",
        "a.csv:3 y failed",
        "a.csv:4 x created 1",
    ]
    assert list(waiting(journal)) == ["z", "y"]


async def test_copy_under_another_name_sends_nothing_again(folder: Path) -> None:
    """A task that exists, or may exist, belongs to the first row with its content."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1"), "y": LOST})

    read(journal, {"b.csv": ["x", "y"]})

    assert shown(journal) == [
        "a.csv:2 x created 1",
        "a.csv:3 y unknown",
        "b.csv:2 x rejected",
        "b.csv:3 y rejected",
    ]
    assert waiting(journal) == {}


async def test_inserted_rows_are_sent_and_the_others_are_not(folder: Path) -> None:
    """A row that is inserted between created ones changes only their numbers."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1"), "y": created("2")})

    read(journal, {"a.csv": ["x", "new", "y"]})

    assert shown(journal) == [
        "a.csv:2 x created 1",
        "a.csv:3 new not_attempted",
        "a.csv:4 y created 2",
    ]
    assert list(waiting(journal)) == ["new"]


async def test_removed_rows_are_kept_or_withdrawn(folder: Path) -> None:
    """Tasks that may exist count; rows that were never created are listed apart."""
    journal = opened(folder, {"a.csv": ["made", "refused", "lost", "unsent", "!bad", "kept"]})
    await attempt(journal, {"made": created("1"), "refused": REFUSED, "lost": None})

    read(journal, {"a.csv": ["kept"]})

    assert shown(journal) == [
        "a.csv:2 made created 1",
        "a.csv:4 lost unknown",
        "a.csv:2 kept not_attempted",
        "a.csv:3 refused withdrawn",
        "a.csv:5 unsent withdrawn",
        "a.csv:6 bad withdrawn",
    ]
    assert journal.summary().total == 3
    assert list(waiting(journal)) == ["kept"]
    assert list(journal.issues()) == []


def test_rows_of_other_files_are_kept(folder: Path) -> None:
    """A run with one file keeps the rows of other files and does not send them."""
    journal = opened(folder, {"a.csv": ["x", "!y"], "b.csv": ["z"]})

    read(journal, {"b.csv": ["z", "new"]})

    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y rejected",
        "b.csv:2 z not_attempted",
        "b.csv:3 new not_attempted",
    ]
    assert list(waiting(journal)) == ["z", "new"]


async def test_row_changed_after_its_task_was_created_is_skipped(folder: Path) -> None:
    """The created task is not changed, and the report contains the reason."""
    journal = opened(folder, {"a.csv": ["x=old", "y"]})
    await attempt(journal, {"x": created("1"), "y": created("2")})

    read(journal, {"a.csv": ["x=new", "y"]})

    changed, same = journal.results()
    assert (changed.status, changed.task_id) == (Status.SKIPPED, "1")
    assert changed.error_msg == "the row was changed after its task had been created"
    assert same.status is Status.CREATED
    assert waiting(journal) == {}


async def test_reverted_change_makes_the_row_created_again(folder: Path) -> None:
    """Only the current content is compared."""
    journal = opened(folder, {"a.csv": ["x=old"]})
    await attempt(journal, {"x": created("1")})
    read(journal, {"a.csv": ["x=new"]})

    read(journal, {"a.csv": ["x=old"]})

    assert shown(journal) == ["a.csv:2 x created 1"]


@pytest.mark.parametrize("outcome", [REFUSED, None], ids=["refused", "never sent"])
async def test_changed_row_is_sent_with_its_current_content(folder: Path, outcome: object) -> None:
    """As long as no task exists, the newest content is sent."""
    journal = opened(folder, {"a.csv": ["x=old"]})
    if outcome:
        await attempt(journal, {"x": REFUSED})

    read(journal, {"a.csv": ["x=new"]})
    journal.work.select_from_input()
    ((pending,), _) = journal.work.pending(after=0, limit=9)
    await attempt(journal, {"x": created("1")})

    assert pending.body == task("x=new", 2).body
    assert shown(journal) == ["a.csv:2 x created 1"]


def test_corrected_row_replaces_the_rejected_one(folder: Path) -> None:
    """The rejected version is removed with its issues."""
    journal = opened(folder, {"a.csv": ["!x", "!y"]})

    read(journal, {"a.csv": ["x", "!y"]})

    assert shown(journal) == ["a.csv:2 x not_attempted", "a.csv:3 y rejected"]
    assert [issue.location.number for issue in journal.issues()] == [3]


def test_row_that_is_rejected_again_is_reported_once(folder: Path) -> None:
    """A row that still has issues replaces its earlier version, also at another address."""
    journal = opened(folder, {"a.csv": ["!x", "!"]})

    read(journal, {"a.csv": ["!", "!x"]})

    assert shown(journal) == ["a.csv:2  rejected", "a.csv:3 x rejected"]


def test_rejected_rows_without_a_name_of_other_files_are_kept(folder: Path) -> None:
    """Rows without a name are not the same row."""
    journal = opened(folder, {"a.csv": ["!"]})

    read(journal, {"b.csv": ["!", "!"]})

    assert shown(journal) == ["a.csv:2  rejected", "b.csv:2  rejected", "b.csv:3  rejected"]
    assert {issue.rule for issue in journal.issues()} == {"rule.0"}


def test_duplicate_names_reject_all_their_rows(folder: Path) -> None:
    """Each row lists the others, including a row that is rejected for another issue."""
    journal = opened(folder, {"a.csv": ["x", "y", "x=other"], "b.csv": ["!x"]})

    assert shown(journal) == [
        "a.csv:2 x rejected",
        "a.csv:3 y not_attempted",
        "a.csv:4 x rejected",
        "b.csv:2 x rejected",
    ]
    assert [row.error_msg for row in journal.results() if row.status is Status.REJECTED] == [
        "also in a.csv:4 b.csv:2",
        "also in a.csv:2 b.csv:2",
        "wrong 0\nalso in a.csv:2 a.csv:4",
    ]
    assert list(waiting(journal)) == ["y"]


def test_the_same_name_on_two_instances_is_two_tasks(folder: Path) -> None:
    """Names are unique per instance only."""
    journal = opened(folder, {"a.csv": ["x@i1", "x@i2"]})

    assert shown(journal) == ["a.csv:2 x not_attempted", "a.csv:3 x not_attempted"]
    assert [row.instance_id for row in journal.results()] == ["i1", "i2"]


def test_names_that_differ_in_case_are_two_tasks(folder: Path) -> None:
    """The server and the journal distinguish case."""
    journal = opened(folder, {"a.csv": ["x", "X"]})

    assert list(waiting(journal)) == ["x", "X"]


def test_duplicate_rows_have_no_task(folder: Path) -> None:
    """Without a task, nothing can be sent for a duplicate name."""
    journal = opened(folder, {"a.csv": ["x", "x"]})

    assert journal._connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


async def test_created_task_is_kept_if_its_name_is_duplicated(folder: Path) -> None:
    """The first row with its content is the task; the other one is rejected."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": created("1")})

    read(journal, {"a.csv": ["x=other", "x"]})
    repeated = shown(journal)
    read(journal, {"a.csv": ["x"]})

    assert repeated == ["a.csv:2 x rejected", "a.csv:3 x created 1"]
    assert shown(journal) == ["a.csv:2 x created 1"]


def test_row_is_valid_again_if_the_other_file_is_corrected(folder: Path) -> None:
    """Duplicates are found in all inputs, and only in their newest versions."""
    journal = opened(folder, {"a.csv": ["x", "y"], "b.csv": ["x"]})
    repeated = shown(journal)

    read(journal, {"b.csv": ["z"]})
    corrected = shown(journal)
    read(journal, {"b.csv": ["y"]})

    assert repeated == ["a.csv:2 x rejected", "a.csv:3 y not_attempted", "b.csv:2 x rejected"]
    assert corrected == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y not_attempted",
        "b.csv:2 z not_attempted",
    ]
    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y rejected",
        "b.csv:2 y rejected",
    ]


async def test_task_moves_to_another_file_with_its_row(folder: Path) -> None:
    """A row that is removed from one file and added to another one is reported once."""
    journal = opened(folder, {"a.csv": ["x"], "b.csv": ["y"]})
    await attempt(journal, {"x": created("1")})

    read(journal, {"b.csv": ["y", "x"]})
    both = shown(journal)
    read(journal, {"a.csv": ["z"]})

    assert both == ["a.csv:2 x created 1", "b.csv:2 y not_attempted", "b.csv:3 x rejected"]
    assert shown(journal) == [
        "a.csv:2 z not_attempted",
        "b.csv:2 y not_attempted",
        "b.csv:3 x created 1",
    ]


def test_withdrawn_row_that_is_back_is_no_longer_withdrawn(folder: Path) -> None:
    """A row with a name is recognized by it, another one by its content."""
    journal = opened(folder, {"a.csv": ["x", "y", "!"]})
    read(journal, {"a.csv": ["x"]})
    withdrawn = shown(journal)

    read(journal, {"a.csv": ["x", "!", "y"]})

    assert withdrawn == ["a.csv:2 x not_attempted", "a.csv:3 y withdrawn", "a.csv:4  withdrawn"]
    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3  rejected",
        "a.csv:4 y not_attempted",
    ]


def test_changes_of_a_version_are_counted(folder: Path) -> None:
    """A row is changed if its name or its address is that of a row with other texts."""
    journal = opened(folder, {"a.csv": ["x=1", "!y", "z", "!", "u", "u"]})

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        add(enrolment, "a.csv", ["x=2", "z", "y", "v", "", "u", "w"])
        changes = enrolment.finish(explain)

    change = changes["a.csv"]
    assert (change.rows, change.changed, change.withdrawn, change.new) == ((6, 6), 3, 0, 1)
    assert change.addresses == [("", 2), ("", 5)]


async def test_counts_that_do_not_add_up_are_an_error(folder: Path) -> None:
    """A created task that no row has would be lost in the report."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1")})
    journal._connection.execute("DELETE FROM rows WHERE task_name = 'x'")

    with pytest.raises(JournalError, match="the counts do not add up: 1 rows have a status"):
        journal.summary()


def test_error_rolls_the_enrolment_back(folder: Path) -> None:
    """After an error, rows of earlier files are not in the journal either."""
    journal = opened(folder, {"a.csv": ["x"]})

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "a.csv", ["y", "!z"])
            enrolment.finish(explain)
            raise LoadError("broken")

    with pytest.raises(LoadError, match="broken"):
        fail()

    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_error_in_the_first_enrolment_leaves_no_endpoint(folder: Path) -> None:
    """A journal without rows can be used with any endpoint."""
    journal = Journal.open(folder)
    with pytest.raises(KeyboardInterrupt), journal.enrol(endpoint="https://wrong.example"):
        raise KeyboardInterrupt

    read(journal, {"a.csv": ["x"]})

    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_duplicate_row_number_is_an_error(folder: Path) -> None:
    """The enrolment is rolled back."""
    journal = opened(folder, {"a.csv": ["x"]})

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "b.csv", ["y"])
            enrolment.add(checked(rejected=[rejected("z", 2)]), layout("b.csv"))

    with pytest.raises(JournalError, match="UNIQUE constraint failed") as caught:
        fail()

    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_enrolment_that_is_not_kept_is_rolled_back(folder: Path) -> None:
    """The rows are visible until the end of the block."""
    journal = opened(folder, {"a.csv": ["x"]})

    with journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment:
        add(enrolment, "a.csv", ["y", "!z"])
        enrolment.finish(explain)
        inside = shown(journal)

    assert inside == ["a.csv:2 y not_attempted", "a.csv:3 z rejected"]
    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_batch_without_intents_can_change_its_endpoint(folder: Path) -> None:
    """Tasks that exist at the old endpoint are not skipped at the new one."""
    journal = opened(folder, {"a.csv": ["x", "y", "!z"]})
    journal.record_preflight({}, {waiting(journal)["y"]: TaskId("t-y")})
    before = shown(journal)

    with journal.enrol(endpoint="https://other.example"):
        pass
    journal.work.select_for_retry()
    tasks, _ = journal.work.pending(after=0, limit=9)

    assert before == ["a.csv:2 x not_attempted", "a.csv:3 y skipped t-y", "a.csv:4 z rejected"]
    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y not_attempted",
        "a.csv:4 z rejected",
    ]
    assert [task.key.target.endpoint for task in tasks] == ["https://other.example"] * 2


async def test_another_endpoint_is_refused(folder: Path) -> None:
    """After an attempt, with or without outcome, the batch belongs to its endpoint."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": None})

    with (
        pytest.raises(
            SettingsError,
            match=r"belongs to endpoint https://roma\.example, .* for endpoint https://other\.example"
            r"; .* --results, .* first run: --endpoint https://roma\.example$",
        ),
        journal.enrol(endpoint="https://other.example"),
    ):
        pytest.fail("the block must not be entered")

    assert shown(journal) == ["a.csv:2 x unknown"]


P1 = {"project_id": "p1", "instance_id": "i1"}


async def test_another_default_is_refused_after_an_attempt(folder: Path) -> None:
    """Both values are named; an empty value means that of the batch."""
    journal = Journal.open(folder)
    read(journal, {"a.csv": ["x"]}, defaults=P1)
    await attempt(journal, {"x": None})

    messages = []
    for other in (
        {"project_id": "p2"},
        {"instance_id": "i2"},
        {"project_id": "2", "instance_id": ""},
    ):
        with (
            pytest.raises(SettingsError) as caught,
            journal.enrol(endpoint=ENDPOINT, defaults=P1 | other),
        ):
            pytest.fail("the block must not be entered")
        messages.append(str(caught.value).partition(";")[0])
        with pytest.raises(SettingsError, match=r"for project|for instance"):
            journal.require_target(P1 | other)

    assert messages == [
        "this results folder belongs to project p1, but the run is for project p2",
        "this results folder belongs to instance i1, but the run is for instance i2",
        "this results folder belongs to project p1, but the run is for project 2",
    ]
    journal.require_target({"project_id": "", "instance_id": "i1"})
    assert journal.defaults({"project_id": "", "instance_id": ""}) == P1


async def test_first_default_can_be_added_later(folder: Path) -> None:
    """The rows of the first run have their own values; those of the second one need a default."""
    journal = Journal.open(folder)
    read(journal, {"a.csv": ["x"]}, defaults=dict.fromkeys(P1, ""))
    await attempt(journal, {"x": None})

    with journal.enrol(endpoint=ENDPOINT, defaults=P1):
        pass

    assert journal.defaults(dict.fromkeys(P1, "")) == P1


def test_batch_without_intents_can_change_its_defaults(folder: Path) -> None:
    """The rows of all its files must be read again, because those of a task keep its target."""
    journal = Journal.open(folder)
    read(journal, {"a.csv": ["x@i2"], "b.csv": ["y"]}, defaults=P1)
    journal.record_preflight({}, {waiting(journal)["y"]: TaskId("t-y")})

    with pytest.raises(SettingsError) as caught:
        read(journal, {"a.csv": ["x@i2"]}, defaults=P1 | {"instance_id": "i3"})
    read(journal, {"b.csv": ["y@i3"]}, defaults=P1 | {"instance_id": "i3"})

    assert str(caught.value).startswith("rows of b.csv have the earlier instance_id i1; give all")
    assert journal.defaults({"instance_id": ""}) == {"instance_id": "i3"}
    assert shown(journal) == ["a.csv:2 x not_attempted", "b.csv:2 y not_attempted"]


def test_default_of_a_simulated_batch_is_named_with_its_option(folder: Path) -> None:
    """The simulator is an option without a value."""
    journal = Journal.open(folder)
    read(journal, {"a.csv": ["x"]}, endpoint="simulator")

    with pytest.raises(SettingsError, match=r"first run: --simulate$"):
        journal.require_target({"endpoint": ENDPOINT})


def test_rows_that_are_not_selected_are_enrolled_but_not_sent(folder: Path) -> None:
    """A selection limits the rows that are sent, not those that are reported."""
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        rows = checked([task("x", 2), task("y", 3), task("z", 4)])
        enrolment.add(rows, begin(enrolment, "a.csv"), selection=range(3, 4))

    assert list(waiting(journal)) == ["y"]
    assert journal.summary() == Summary(
        counts=dict.fromkeys(Status, 0) | {Status.NOT_ATTEMPTED: 3}
    )


def test_duplicates_are_found_without_tasks(tmp_path: Path) -> None:
    """A check finds duplicate names, although it creates no tasks."""
    with Journal.scratch() as journal, journal.enrol(endpoint="") as enrolment:
        rows = checked([task("x", 3), task("y", 4)], [rejected("x", 2)])
        enrolment.add(rows, begin(enrolment, "a.csv"))
        enrolment.finish(explain)

        found = journal.summary().counts[Status.REJECTED]
        rules = [(issue.location.number, issue.rule) for issue in journal.issues()]

    assert found == 2
    assert rules == [(2, "rule.0"), (2, "task_name.repeated"), (3, "task_name.repeated")]
    assert list(tmp_path.iterdir()) == []


def test_issues_are_stored_completely(folder: Path) -> None:
    """Each field of an issue is returned, in the order of the issues."""
    row = rejected("x", 2, issues=2)
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        enrolment.add(checked(rejected=[row]), begin(enrolment, "a.csv"))

    assert list(journal.issues()) == list(row.issues)


def test_locations_contain_the_sheet(folder: Path) -> None:
    """Rows of two sheets with the same number are distinguished."""
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        begin(enrolment, "a.xlsx")
        for sheet in ("May", "June"):
            rows = checked([task(f"{sheet}-x", 2, file="a.xlsx", sheet=sheet)])
            enrolment.add(rows, layout("a.xlsx", sheet))

    assert [row.location for row in journal.results()] == [
        RowLocation(file="a.xlsx", sheet="May", number=2),
        RowLocation(file="a.xlsx", sheet="June", number=2),
    ]


async def test_result_is_complete(folder: Path) -> None:
    """A refused row has the message of the server, a rejected one its issues."""
    journal = opened(folder, {"a.csv": ["x", "!y"]})

    await attempt(journal, {"x": REFUSED})

    assert list(journal.results()) == [
        ResultRow(
            location=RowLocation(file="a.csv", sheet="", number=2),
            task_name="x",
            status=Status.FAILED,
            task_id="",
            http_status=400,
            error_code="FDI.1",
            error_msg="no such application",
            attempts=1,
            first_sent_at="2025-01-02T03:04:05.000Z",
            finished_at="2025-01-02T03:04:05.000Z",
            duration_ms=7,
            project_id="p1",
            instance_id="i1",
        ),
        ResultRow(
            location=RowLocation(file="a.csv", sheet="", number=3),
            task_name="y",
            status=Status.REJECTED,
            task_id="",
            http_status=None,
            error_code="INVALID_ROW",
            error_msg="wrong 0",
            attempts=0,
            first_sent_at="",
            finished_at="",
            duration_ms=None,
            project_id="p1",
            instance_id="i1",
        ),
    ]


def test_each_duplicate_row_requires_an_issue(folder: Path) -> None:
    """A duplicate row without an issue would be rejected without a reason."""
    journal = Journal.open(folder)

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "a.csv", ["x", "x"])
            enrolment.finish(lambda group: list(explain(group))[:1])

    with pytest.raises(ValueError, match="zip"):
        fail()

    assert shown(journal) == []


def test_warning_of_a_row_is_kept_with_the_row(folder: Path) -> None:
    """Its row is not rejected; a check records it although the row is not in the journal."""
    warning = rejected("x", 2).issues[0]._replace(severity=Severity.WARNING)
    rows = replace(checked([task("x", 2)]), warnings=[warning])

    with Journal.open(folder) as journal, Journal.scratch() as scratch:
        for each, endpoint in ((journal, ENDPOINT), (scratch, "")):
            with each.enrol(endpoint=endpoint) as enrolment:
                enrolment.add(rows, begin(enrolment, "a.csv"))
                enrolment.finish(explain)
        found = [[issue.severity for issue in each.issues()] for each in (journal, scratch)]

        assert found == [[Severity.WARNING]] * 2
        assert shown(journal) == ["a.csv:2 x not_attempted"]
        assert [group.rule for group in journal.cause_groups()] == [""]
        assert scratch.cause_groups() == []


def with_others(file: str, *headings: str, cells: Sequence[Sequence[str]]) -> tuple[Rows, Layout]:
    """Return the rows of *file*, from row 2 on, whose other columns have these *cells*."""
    names = [f"{file}-{at}" for at in range(len(cells))]
    columns = [Column(heading=heading, index=at) for at, heading in enumerate(headings, start=1)]
    others: dict[str, Sequence[str]] = {
        other_name(column.index): texts
        for column, texts in zip(columns, zip(*cells, strict=True), strict=True)
    }
    rows = checked([task(name, at, file=file) for at, name in enumerate(names, start=2)])
    chunk = make_chunk({"task_name": names, **others})
    return replace(rows, chunk=chunk), replace(layout(file), others=columns)


def test_other_columns_are_the_union_of_all_files(folder: Path) -> None:
    """They are in the order of their first appearance; blank rows and files without have none."""
    journal = Journal.open(folder)
    inputs = [
        with_others("a.csv", "Wave", "status", cells=[["1", "open"], ["", ""]]),
        (checked([task("b.csv-0", 2, file="b.csv")]), layout("b.csv")),
        with_others("c.csv", "Owner", "Wave", "Status", cells=[["李\n\x00", "2", "new"]]),
    ]

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        for rows, sheet in inputs:
            begin(enrolment, sheet.file)
            enrolment.add(rows, sheet)
        enrolment.finish(explain)

    assert journal.other_columns() == ["Wave", "status (a.csv)", "Owner", "Status (c.csv)"]
    assert [row.others for row in journal.results()] == [
        {"Wave": "1", "status (a.csv)": "open"},
        {},
        {},
        {"Owner": "李\n\x00", "Wave": "2", "Status (c.csv)": "new"},
    ]
    assert [row.others for row in journal.not_created(limit=1)] == [
        {"Wave": "1", "status (a.csv)": "open"}
    ]


def test_columns_of_replaced_sheets_are_not_listed(folder: Path) -> None:
    """The newest version of a file has other headings."""
    journal = Journal.open(folder)

    for rows, sheet in (
        with_others("a.csv", "Old", cells=[["1"]]),
        with_others("a.csv", "New", cells=[["2"]]),
    ):
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            begin(enrolment, sheet.file)
            enrolment.add(rows, sheet)
            enrolment.finish(explain)

    assert journal.other_columns() == ["New"]
    assert [row.others for row in journal.results()] == [{"New": "2"}]


def test_columns_that_were_not_read_are_not_recorded() -> None:
    """A check reads only the fields."""
    rows, sheet = with_others("a.csv", "Wave", cells=[["1"]])
    rows = replace(rows, chunk=make_chunk({"task_name": ["a.csv-0"]}))

    with Journal.scratch() as journal, journal.enrol(endpoint=ENDPOINT) as enrolment:
        begin(enrolment, sheet.file)
        enrolment.add(rows, sheet)

        assert journal.other_columns() == []
