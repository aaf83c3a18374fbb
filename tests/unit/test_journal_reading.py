"""Rows are known by their name and content, never by where they stand."""

import sqlite3
from pathlib import Path

import pytest

from batchcreate.errors import JournalError, LoadError, SettingsError
from batchcreate.journal import Journal
from batchcreate.models import ResultRow, RowLocation, Status, Summary, TaskId
from tests.journals import (
    ENDPOINT,
    LOST,
    REFUSED,
    add,
    attempt,
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
    """Files in the order given, rows in the order of their numbers, whatever became of them."""
    journal = opened(folder, {"b.csv": ["x", "!y", "z"], "a.csv": ["!u", "v"]})

    assert shown(journal) == [
        "b.csv:2 x not_attempted",
        "b.csv:3 y rejected",
        "b.csv:4 z not_attempted",
        "a.csv:2 u rejected",
        "a.csv:3 v not_attempted",
    ]
    assert list(waiting(journal)) == ["x", "z", "v"]


async def test_a_shuffled_file_is_the_same_batch(folder: Path) -> None:
    """What was created stays created where its row stands now, and nothing is sent twice."""
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    await attempt(journal, {"x": created("1"), "y": REFUSED})

    read(journal, {"a.csv": ["z", "y", "x"]})

    assert shown(journal) == [
        "a.csv:2 z not_attempted",
        "a.csv:3 y failed",
        "a.csv:4 x created 1",
    ]
    assert list(waiting(journal)) == ["z", "y"]


async def test_a_renamed_file_is_the_same_batch(folder: Path) -> None:
    """The rows move to the file that they stand in now."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1"), "y": LOST})

    read(journal, {"b.csv": ["x", "y"]})

    assert shown(journal) == ["b.csv:2 x created 1", "b.csv:3 y unknown"]


async def test_inserted_rows_are_sent_and_the_others_are_not(folder: Path) -> None:
    """A row between two created ones moves them down and changes nothing else."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1"), "y": created("2")})

    read(journal, {"a.csv": ["x", "new", "y"]})

    assert shown(journal) == [
        "a.csv:2 x created 1",
        "a.csv:3 new not_attempted",
        "a.csv:4 y created 2",
    ]
    assert list(waiting(journal)) == ["new"]


async def test_removed_rows_stay_once_they_were_sent(folder: Path) -> None:
    """What may exist on the server stays in the report; what was never sent goes with its row."""
    journal = opened(folder, {"a.csv": ["made", "refused", "lost", "unsent", "!bad", "kept"]})
    await attempt(journal, {"made": created("1"), "refused": REFUSED, "lost": None})

    read(journal, {"a.csv": ["kept"]})

    assert shown(journal) == [
        "a.csv:2 made created 1",
        "a.csv:3 refused failed",
        "a.csv:4 lost unknown",
        "a.csv:2 kept not_attempted",
    ]
    assert list(waiting(journal)) == ["kept"]


def test_rows_of_other_files_are_kept(folder: Path) -> None:
    """A run on one file leaves what other files brought, and sends none of it."""
    journal = opened(folder, {"a.csv": ["x", "!y"], "b.csv": ["z"]})

    read(journal, {"b.csv": ["z", "new"]})

    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y rejected",
        "b.csv:2 z not_attempted",
        "b.csv:3 new not_attempted",
    ]
    assert list(waiting(journal)) == ["z", "new"]


async def test_a_row_changed_after_its_task_was_created_is_skipped(folder: Path) -> None:
    """The created task stays as it is, and the report says so."""
    journal = opened(folder, {"a.csv": ["x=old", "y"]})
    await attempt(journal, {"x": created("1"), "y": created("2")})

    read(journal, {"a.csv": ["x=new", "y"]})

    changed, same = journal.results()
    assert (changed.status, changed.task_id) == (Status.SKIPPED, "1")
    assert changed.error_msg == "the row was changed after its task had been created"
    assert same.status is Status.CREATED
    assert waiting(journal) == {}
    bodies = journal._connection.execute("SELECT body FROM tasks WHERE name = 'x'").fetchall()
    assert bodies == [(task("x=old", 2).body,)]


async def test_a_change_that_is_taken_back_makes_the_row_created_again(folder: Path) -> None:
    """Only the content decides, not its history."""
    journal = opened(folder, {"a.csv": ["x=old"]})
    await attempt(journal, {"x": created("1")})
    read(journal, {"a.csv": ["x=new"]})

    read(journal, {"a.csv": ["x=old"]})

    assert shown(journal) == ["a.csv:2 x created 1"]


@pytest.mark.parametrize("outcome", [REFUSED, None], ids=["refused", "never sent"])
async def test_a_changed_row_is_sent_as_it_is_now(folder: Path, outcome: object) -> None:
    """As long as no task exists the row's present content counts."""
    journal = opened(folder, {"a.csv": ["x=old"]})
    if outcome:
        await attempt(journal, {"x": REFUSED})

    read(journal, {"a.csv": ["x=new"]})
    body = journal._connection.execute("SELECT body FROM tasks").fetchone()[0]
    await attempt(journal, {"x": created("1")})

    assert body == task("x=new", 2).body
    assert shown(journal) == ["a.csv:2 x created 1"]


def test_a_mended_row_takes_the_place_of_the_rejected_one(folder: Path) -> None:
    """Its issues go with the rejected version, wherever the mended one stands."""
    journal = opened(folder, {"a.csv": ["!x", "!y"]})

    read(journal, {"fixed.csv": ["x"]})

    assert shown(journal) == ["a.csv:3 y rejected", "fixed.csv:2 x not_attempted"]
    assert [issue.location.number for issue in journal.issues()] == [3]


def test_a_row_rejected_again_is_reported_once(folder: Path) -> None:
    """A rejected row that is still wrong replaces its earlier version."""
    journal = opened(folder, {"a.csv": ["!x"]})

    read(journal, {"b.csv": ["!x"]})

    assert shown(journal) == ["b.csv:2 x rejected"]


def test_rejected_rows_without_a_name_of_other_files_are_kept(folder: Path) -> None:
    """Rows without a name have nothing in common."""
    journal = opened(folder, {"a.csv": ["!"]})

    read(journal, {"b.csv": ["!", "!"]})

    assert shown(journal) == ["a.csv:2  rejected", "b.csv:2  rejected", "b.csv:3  rejected"]
    assert {issue.rule for issue in journal.issues()} == {"rule.0"}


def test_repeated_names_reject_all_of_their_rows(folder: Path) -> None:
    """Each row names the others, a rejected row that has the name included."""
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
    """A name belongs to its instance."""
    journal = opened(folder, {"a.csv": ["x@i1", "x@i2"]})

    assert shown(journal) == ["a.csv:2 x not_attempted", "a.csv:3 x not_attempted"]
    assert [row.instance_id for row in journal.results()] == ["i1", "i2"]


def test_names_that_differ_in_case_are_two_tasks(folder: Path) -> None:
    """The server tells them apart, and so does the journal."""
    journal = opened(folder, {"a.csv": ["x", "X"]})

    assert list(waiting(journal)) == ["x", "X"]


def test_no_task_is_left_of_repeated_rows(folder: Path) -> None:
    """Once a name is repeated no task stands for it, so nothing can send it."""
    journal = opened(folder, {"a.csv": ["x", "x"]})

    assert journal._connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


async def test_a_created_task_survives_that_its_name_is_repeated(folder: Path) -> None:
    """It stays in the report beside the rejected rows, until one of them is removed."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": created("1")})

    read(journal, {"a.csv": ["x", "x"]})
    repeated = shown(journal)
    read(journal, {"a.csv": ["x"]})

    assert repeated == ["a.csv:2 x created 1", "a.csv:2 x rejected", "a.csv:3 x rejected"]
    assert shown(journal) == ["a.csv:2 x created 1"]


def test_an_error_in_the_middle_leaves_the_journal_as_it_was(folder: Path) -> None:
    """A file that cannot be read undoes what the files before it brought."""
    journal = opened(folder, {"a.csv": ["x"]})

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "a.csv", ["y", "!z"])
            enrolment.finish(explain)
            raise LoadError("broken")

    with pytest.raises(LoadError, match="broken"):
        fail()

    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_an_error_in_the_first_reading_leaves_no_endpoint(folder: Path) -> None:
    """A journal without rows still belongs to nobody."""
    journal = Journal.open(folder)
    with pytest.raises(KeyboardInterrupt), journal.enrol(endpoint="https://wrong.example"):
        raise KeyboardInterrupt

    read(journal, {"a.csv": ["x"]})

    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_a_row_number_that_comes_twice_is_an_error(folder: Path) -> None:
    """No row takes the place of another one; the reading is undone."""
    journal = opened(folder, {"a.csv": ["x"]})

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "b.csv", ["y"])
            enrolment.add(checked(rejected=[rejected("z", 2)]), layout("b.csv"))

    with pytest.raises(JournalError, match="UNIQUE constraint failed") as caught:
        fail()

    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_a_reading_that_is_not_kept_leaves_nothing(folder: Path) -> None:
    """Inside the block everything is there to be counted, afterwards nothing is."""
    journal = opened(folder, {"a.csv": ["x"]})

    with journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment:
        add(enrolment, "a.csv", ["y", "!z"])
        enrolment.finish(explain)
        inside = shown(journal)

    assert inside == ["a.csv:2 y not_attempted", "a.csv:3 z rejected"]
    assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_batch_of_which_nothing_was_sent_may_move(folder: Path) -> None:
    """A mistyped endpoint binds nobody; what existed there says nothing of the right one."""
    journal = opened(folder, {"a.csv": ["x", "y", "!z"]})
    journal.skip_existing({waiting(journal)["y"]: TaskId("t-y")})
    before = shown(journal)

    with journal.enrol(endpoint="https://other.example"):
        pass
    journal.work.select_from_input()
    tasks, _ = journal.work.pending(after=0, limit=9)

    assert before == ["a.csv:2 x not_attempted", "a.csv:3 y skipped t-y", "a.csv:4 z rejected"]
    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y not_attempted",
        "a.csv:4 z rejected",
    ]
    assert [task.key.target.endpoint for task in tasks] == ["https://other.example"] * 2


async def test_another_endpoint_is_refused_naming_both(folder: Path) -> None:
    """What was sent to one endpoint says nothing of another, answered or not."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": None})

    with (
        pytest.raises(
            SettingsError, match=r"belongs to https://roma\.example, .* for https://other\.example"
        ),
        journal.enrol(endpoint="https://other.example"),
    ):
        pytest.fail("the block must not be entered")

    assert shown(journal) == ["a.csv:2 x unknown"]


def test_rows_that_are_not_selected_are_enrolled_but_not_sent(folder: Path) -> None:
    """A selection limits what is sent, not what is reported."""
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        rows = checked([task("x", 2), task("y", 3), task("z", 4)])
        enrolment.add(rows, layout("a.csv"), selection=range(3, 4))

    assert list(waiting(journal)) == ["y"]
    assert journal.summary() == Summary(
        counts=dict.fromkeys(Status, 0) | {Status.NOT_ATTEMPTED: 3}
    )


def test_names_are_noted_without_tasks(tmp_path: Path) -> None:
    """A check finds repeated names among rows that nothing is to be sent for."""
    with Journal.scratch() as journal, journal.enrol(endpoint="") as enrolment:
        rows = checked([task("x", 3), task("y", 4)], [rejected("x", 2)])
        enrolment.add(rows, layout("a.csv"))
        enrolment.finish(explain)

        found = journal.summary().counts[Status.REJECTED]
        rules = [(issue.location.number, issue.rule) for issue in journal.issues()]

    assert found == 2
    assert rules == [(2, "rule.0"), (2, "repeated"), (3, "repeated")]
    assert list(tmp_path.iterdir()) == []


def test_issues_are_kept_word_for_word(folder: Path) -> None:
    """Every column of an issue comes back, in the order in which it was found."""
    row = rejected("x", 2, issues=2)
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        enrolment.add(checked(rejected=[row]), layout("a.csv"))

    assert list(journal.issues()) == list(row.issues)


def test_sheets_keep_their_names(folder: Path) -> None:
    """Rows and issues say which sheet they stand in."""
    journal = Journal.open(folder)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        for sheet in ("May", "June"):
            rows = checked([task(f"{sheet}-x", 2, file="a.xlsx", sheet=sheet)])
            enrolment.add(rows, layout("a.xlsx", sheet))

    assert [row.location for row in journal.results()] == [
        RowLocation(file="a.xlsx", sheet="May", number=2),
        RowLocation(file="a.xlsx", sheet="June", number=2),
    ]


async def test_a_result_holds_everything_that_is_known(folder: Path) -> None:
    """A refused row carries the server's words; a rejected one carries its rules."""
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


def test_explanations_come_one_for_each_row(folder: Path) -> None:
    """A repeated row without an issue of its own would be rejected for no reason."""
    journal = Journal.open(folder)

    def fail() -> None:
        with journal.enrol(endpoint=ENDPOINT) as enrolment:
            add(enrolment, "a.csv", ["x", "x"])
            enrolment.finish(lambda group: list(explain(group))[:1])

    with pytest.raises(ValueError, match="zip"):
        fail()

    assert shown(journal) == []
