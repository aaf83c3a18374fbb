"""Pages of a task list add up, or prove nothing."""

import json

import pytest

from batchcreate.listing import Draft, Page, read_page
from batchcreate.models import Reply, TaskId


def page(total: int, *tasks: str) -> Page:
    """Return a page; a task is ``name:id``."""
    pairs = [text.split(":") for text in tasks]
    return Page(total=total, tasks=[(name, TaskId(task_id)) for name, task_id in pairs])


def reply(content: object, *, is_truncated: bool = False) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status=200, headers={}, body=body, is_truncated=is_truncated)


def test_a_documented_page_is_read() -> None:
    """Names and ids come out in the page's order; whatever else it holds is passed over."""
    entities = [
        {"task_name": "a", "task_id": "1", "status": "RUNNING"},
        {"task_name": "", "task_id": "2"},
    ]

    read = read_page(reply({"total": 5, "size": 2, "entities": entities}))

    assert read == page(5, "a:1", ":2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        [],
        {},
        {"total": 1},
        {"entities": []},
        {"total": True, "entities": []},
        {"total": "1", "entities": []},
        {"total": 1.0, "entities": []},
        {"total": 1, "entities": {}},
        {"total": 1, "entities": ["a"]},
        {"total": 1, "entities": [{"task_name": "a"}]},
        {"total": 1, "entities": [{"task_id": "1"}]},
        {"total": 1, "entities": [{"task_name": None, "task_id": "1"}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": 1}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": ""}]},
    ],
    ids=[
        "nothing",
        "not JSON",
        "not UTF-8",
        "a list",
        "no fields",
        "no entities",
        "no total",
        "a boolean total",
        "a total as text",
        "a total with a fraction",
        "entities by name",
        "an entity as text",
        "no id",
        "no name",
        "a null name",
        "a number as id",
        "an empty id",
    ],
)
def test_anything_else_is_no_page(content: object) -> None:
    """One entity that is not as documented spoils the page: it could be the one looked for."""
    assert read_page(reply(content)) is None


def test_a_cut_page_is_no_page() -> None:
    """What is beyond the limit may hold anything."""
    assert read_page(reply({"total": 0, "entities": []}, is_truncated=True)) is None


def test_pages_add_up() -> None:
    """The draft is complete once every announced task was seen; a name may have several ids."""
    draft = Draft()

    wrong = [draft.add(page(3, "a:1", "b:2"))]
    is_complete_early = draft.is_complete
    wrong.append(draft.add(page(3, "a:3")))

    assert wrong == ["", ""]
    assert (is_complete_early, draft.is_complete) == (False, True)
    assert draft.ids == {"a": ["1", "3"], "b": ["2"]}


def test_an_empty_list_is_complete() -> None:
    """No tasks are a valid look."""
    draft = Draft()

    assert not draft.is_complete
    assert draft.add(page(0)) == ""
    assert draft.is_complete


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        (
            [page(3, "a:1"), page(4, "b:2")],
            "the number of tasks changed from 3 to 4 between pages",
        ),
        ([page(3, "a:1"), page(3, "a:1")], "task 1 stands on two pages"),
        ([page(2, "a:1", "b:1")], "task 1 stands on two pages"),
        ([page(1, "a:1", "b:2")], "2 tasks were listed where 1 were announced"),
        ([page(3, "a:1"), page(3)], "1 tasks were listed where 3 were announced"),
        ([page(-1)], "0 tasks were listed where -1 were announced"),
    ],
    ids=["the total changes", "a page again", "an id again", "too many", "too few", "below zero"],
)
def test_pages_that_contradict_each_other_are_told(pages: list[Page], reason: str) -> None:
    """The last page does not fit and says why."""
    draft = Draft()

    found = [draft.add(each) for each in pages]

    assert found == [*[""] * (len(pages) - 1), reason]
