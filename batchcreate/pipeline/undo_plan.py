"""
Which tasks undo deletes: the tasks of a batch compared with the task lists; pure.

The task list is evidence here as well: a task that is not listed is not considered deleted, unless
its deletion was requested before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from batchcreate.journal import CreatedTask
from batchcreate.models import Target
from batchcreate.reconcile import find_difference, sent_row
from batchcreate.task_list import TaskList
from batchcreate.text import counted, printable

RECONCILED: Final = (
    "found in the task list, not in the response to its request; kept without --include-reconciled"
)
_NOT_LISTED: Final = "not listed; still recorded as created"

Kept = tuple[CreatedTask, str]
"""A task that is not deleted, and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    The tasks of a batch according to the task lists.

    Attributes:
        there: listed with the id and the name of the response; deleted.
        reconciled: listed likewise, but their ids come from a task list; deleted on request.
        kept: listed, but renamed, or ruled out to belong to the batch.
        gone: not listed, after an earlier undo has requested their deletion.
        not_listed: not listed.

    """

    there: Sequence[CreatedTask] = ()
    reconciled: Sequence[CreatedTask] = ()
    kept: Sequence[Kept] = ()
    gone: Sequence[Kept] = ()
    not_listed: Sequence[Kept] = ()

    @property
    def is_empty(self) -> bool:
        """True if the task lists contain none of the tasks."""
        return not (self.there or self.reconciled or self.kept or self.gone)


def classify(tasks: Sequence[CreatedTask], task_lists: Mapping[Target, TaskList]) -> Search:
    """Divide *tasks* according to the task lists of their instances."""
    names = {target: task_list.names for target, task_list in task_lists.items()}
    there, reconciled, kept, gone, not_listed = [], [], [], [], []
    for task in tasks:
        found = task_lists[task.key.target]
        listed_name = names[task.key.target].get(task.task_id)
        if listed_name is None and task.is_deletion_sent:
            gone.append((task, ""))
        elif listed_name is None:
            not_listed.append((task, _explain_absence(task, found)))
        elif listed_name != task.key.task_name:
            kept.append((task, "renamed on the server; kept"))
        elif not task.is_reconciled:
            there.append(task)
        elif difference := find_difference(
            sent_row(task.body, first_sent_ms=task.first_sent_ms), found.details.get(task.task_id)
        ):
            kept.append((task, f"does not belong to the batch: {difference}; kept"))
        else:
            reconciled.append(task)
    return Search(there=there, reconciled=reconciled, kept=kept, gone=gone, not_listed=not_listed)


def select(found: Search, *, includes_reconciled: bool) -> Search:
    """Return *found* with the reconciled tasks among those to delete, or among those to keep."""
    if includes_reconciled:
        return replace(found, there=[*found.there, *found.reconciled])
    reconciled = [(task, RECONCILED) for task in found.reconciled]
    return replace(found, kept=[*found.kept, *reconciled])


def confirmed(before: Search, after: Search) -> tuple[Search, str]:
    """
    Return what to delete after a question, and what has changed since, or an empty text.

    Only tasks that were shown before the question, and are still there, are deleted.

    Args:
        before: the search before the question.
        after: the search after the answer.

    """
    shown = {task.task for task in before.there}
    there = [task for task in after.there if task.task in shown]
    if lost := len(before.there) - len(there):
        note = f"{counted(lost, 'task')} changed while the question was open and will be kept"
        return replace(after, there=there), note
    return replace(after, there=there), ""


def _explain_absence(task: CreatedTask, found: TaskList) -> str:
    if ids := found.ids.get(task.key.task_name):
        listed = ", ".join(printable(task_id) for task_id in sorted(ids))
        return f"{_NOT_LISTED}; the task list has another id for this name: {listed}"
    return _NOT_LISTED
