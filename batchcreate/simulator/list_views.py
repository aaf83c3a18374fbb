"""Wrong views of the tasks of an instance: which tasks a faulty list call contains."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from batchcreate.simulator.simulator_settings import FaultKind
from batchcreate.simulator.store import StoredTask

LIST_VIEWS: Final = frozenset(
    {
        FaultKind.LIST_EMPTY,
        FaultKind.LIST_FROZEN,
        FaultKind.LIST_CAPPED,
        FaultKind.LIST_OTHER_IDS,
        FaultKind.LIST_FOREIGN,
        FaultKind.LIST_SHIFTING,
    }
)
"""The faults that change which tasks a list contains; its format and status are correct."""


NOT_TASKS: Final = ({"task_id": "0"}, {"task_id": "1", "task_name": None}, None, "folder")
"""Entries that some lists contain among the tasks, counted in their total."""


class ListViews:
    """Selects the tasks that faulty list calls contain, and keeps the frozen ones."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Sequence[StoredTask]] = {}

    def select(
        self, kind: FaultKind | None, instance: tuple[str, str], tasks: Sequence[StoredTask]
    ) -> Sequence[StoredTask]:
        """
        Return the tasks that a list call contains.

        Args:
            kind: the fault of the call, if any.
            instance: project and instance.
            tasks: the listed tasks of the instance, in order of creation.

        """
        first = self._first.setdefault(instance, tasks)
        if kind is FaultKind.LIST_EMPTY:
            return ()
        if kind is FaultKind.LIST_FROZEN:
            return first
        if kind is FaultKind.LIST_CAPPED:
            return tasks[: len(tasks) // 2]
        if kind is FaultKind.LIST_OTHER_IDS:
            return [_under_another_id(task) for task in tasks]
        if kind is FaultKind.LIST_FOREIGN:
            return [*tasks, *map(_under_another_id, tasks)]
        return tasks


def shift(page: list[dict[str, Any]], following: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return *page* without its first task, as if others had deleted one on an earlier page.

    They also created one, so that neither the total nor the number of tasks changes: the last
    task is the next one in *following*, or a new one.
    """
    if not page:
        return page
    new_id = secrets.token_hex(16)
    new = page[0] | {"task_id": new_id, "task_name": f"other-{new_id[:8]}"}
    return [*page[1:], *(following[:1] or [new])]


def _under_another_id(task: StoredTask) -> StoredTask:
    digest = hashlib.blake2b(task.task_id.encode(), digest_size=16).hexdigest()
    return replace(task, task_id=digest)
