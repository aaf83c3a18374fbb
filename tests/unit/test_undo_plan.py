"""Undo deletes tasks that are listed under the recorded id and name, and may belong to the batch."""

from dataclasses import replace
from typing import Any

import pytest

from batchcreate.journal import CreatedTask
from batchcreate.models import Key, TaskId
from batchcreate.pipeline.undo_plan import RECONCILED, Search, classify, confirmed, select
from batchcreate.task_list import Details, TaskList
from tests.journals import target


def task(name: str, *, is_reconciled: bool = False, is_deletion_sent: bool = False) -> CreatedTask:
    return CreatedTask(
        task=ord(name),
        key=Key(target=target(), task_name=name),
        task_id=TaskId(f"id-{name}"),
        is_reconciled=is_reconciled,
        body=b'{"task_name": "x", "task_tag": "mine"}',
        first_sent_ms=1_735_787_045_000,
        is_deletion_sent=is_deletion_sent,
    )


def lists(details: Details | None = None, **ids: str) -> dict[object, TaskList]:
    found = TaskList(
        ids={name: [TaskId(task_id)] for name, task_id in ids.items()},
        total=len(ids),
        details={TaskId(task_id): details for task_id in ids.values()} if details else {},
    )
    return {target(): found}


def search(**parts: Any) -> Search:
    """Return a search with lists."""
    empty: dict[str, Any] = {
        name: [] for name in ("there", "reconciled", "kept", "gone", "not_listed")
    }
    return Search(**(empty | parts))


@pytest.mark.parametrize(
    ("created", "found", "expected"),
    [
        (task("a"), lists(a="id-a"), search(there=[task("a")])),
        (
            task("a"),
            lists(Details(fields={"task_tag": "other"}), a="id-a"),
            search(there=[task("a")]),
        ),
        (task("a"), lists(b="id-a"), search(kept=[(task("a"), "renamed on the server; kept")])),
        (
            task("a"),
            lists(),
            search(not_listed=[(task("a"), "not listed; still recorded as created")]),
        ),
        (
            task("a"),
            lists(a="9"),
            search(
                not_listed=[
                    (
                        task("a"),
                        ("not listed; still recorded as created; the task list has another id for "
                        "this name: 9"),
                    )
                ]
            ),
        ),
        (
            task("a", is_deletion_sent=True),
            lists(),
            search(gone=[(task("a", is_deletion_sent=True), "")]),
        ),
        (
            task("a", is_reconciled=True),
            lists(Details(fields={"task_tag": "mine"}), a="id-a"),
            search(reconciled=[task("a", is_reconciled=True)]),
        ),
        (
            task("a", is_reconciled=True),
            lists(Details(fields={"task_tag": "other"}), a="id-a"),
            search(
                kept=[
                    (
                        task("a", is_reconciled=True),
                        ("does not belong to the batch: its task_tag is other, the row has mine; "
                        "kept"),
                    )
                ]
            ),
        ),
    ],
    ids=[
        "listed", "id from the response", "renamed", "not listed", "another id",
        "deletion sent before", "found in a list", "changed since",
    ],
)  # fmt: skip
def test_task_is_classified_by_the_task_list(
    created: CreatedTask, found: dict[object, TaskList], expected: Search
) -> None:
    """Values and time matter only for tasks that were found in a task list."""
    assert classify([created], found) == expected  # type: ignore[arg-type] # keys are targets


def test_tasks_found_in_a_list_are_deleted_on_request() -> None:
    """Otherwise they are kept, with the option that deletes them."""
    found = Search(there=[task("a")], reconciled=[task("b", is_reconciled=True)])

    kept = select(found, includes_reconciled=False)
    deleted = select(found, includes_reconciled=True)

    assert (kept.there, kept.kept) == (
        [task("a")],
        [(task("b", is_reconciled=True), RECONCILED)],
    )
    assert deleted.there == [task("a"), task("b", is_reconciled=True)]


def test_only_tasks_that_were_shown_are_deleted_after_a_question() -> None:
    """A task that has disappeared since is reported; a new one was not shown."""
    before = Search(there=[task("a"), task("b")])

    same, nothing = confirmed(before, before)
    found, note = confirmed(before, Search(there=[task("b"), task("c")]))

    assert (same, nothing) == (before, "")
    assert found.there == [task("b")]
    assert note == "1 task changed while the question was open and will be kept"


@pytest.mark.parametrize(
    ("found", "is_empty"),
    [
        (Search(not_listed=[(task("a"), "")]), True),
        (Search(gone=[(task("a"), "")]), False),
        (Search(kept=[(task("a"), "")]), False),
        (Search(reconciled=[task("a")]), False),
        (replace(Search(), there=[task("a")]), False),
    ],
    ids=["not listed", "gone", "renamed", "reconciled", "there"],
)
def test_list_without_tasks_of_the_batch_is_recognised(found: Search, *, is_empty: bool) -> None:
    """A task under another name, or a requested deletion, shows that the list is correct."""
    assert found.is_empty is is_empty
