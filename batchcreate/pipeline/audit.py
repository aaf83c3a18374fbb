"""
Audit at the end of a run: the task lists are read again and compared with the journal.

It detects what no single response shows: crossed ids, tasks of others under the names of the
batch, tasks that are missing. It changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.journal import Journal
from batchcreate.models import (
    Audit,
    Contradiction,
    ContradictionKind,
    RecordedTask,
    Target,
    TaskId,
)
from batchcreate.pool import ListTasks
from batchcreate.task_list import Incomplete, TaskList

_SECOND_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditClock:
    """
    The age of tasks at the time of an audit.

    Attributes:
        window_s: time until a created task appears in the task list, in seconds.
        elapsed_s: returns the duration of this run, in seconds: a task of this run is not older,
            whatever the wall clock shows.

    """

    window_s: float
    elapsed_s: Callable[[], float]

    def new(self, tasks: Iterable[RecordedTask], run: int) -> set[TaskId]:
        """Return the ids of *tasks* that are too new to be listed, in run number *run*."""
        now_ms, elapsed_ms = epoch_ms(), self.elapsed_s() * _SECOND_MS

        def age_ms(task: RecordedTask) -> float:
            by_clock_ms = now_ms - task.at_ms
            return min(by_clock_ms, elapsed_ms) if task.run == run else by_clock_ms

        return {task.task_id for task in tasks if age_ms(task) < self.window_s * _SECOND_MS}


async def audit(
    journal: Journal, targets: Iterable[Target], list_tasks: ListTasks, clock: AuditClock
) -> Audit:
    """
    Compare the task lists of *targets* with the *journal*, and record the result.

    After a task list that cannot be read, no further one is read.

    Args:
        journal: the journal, with its log applied.
        targets: the instances to which something was sent.
        list_tasks: reads the task list of an instance.
        clock: the age of the tasks.

    """
    tasks = too_new = 0
    contradictions: list[Contradiction] = []
    unread: list[str] = []
    for target in targets:
        recorded = journal.audits.tasks(target)
        new = clock.new(recorded, journal.audits.last_run())
        found = await list_tasks(target)
        if isinstance(found, Incomplete):
            unread.append(f"instance {target.instance_id}: {found.reason}")
            break
        tasks += sum(bool(task.task_id) for task in recorded)
        every = list(find_contradictions(target, recorded, found))
        certain = [each for each in every if not (each.is_of_absence and each.task_id in new)]
        too_new += len(every) - len(certain)
        contradictions += certain
    comparison = Audit(
        at=stamp(utc_now()),
        tasks=tasks,
        too_new=too_new,
        reconciled=journal.audits.count_reconciled(),
        contradictions=contradictions,
        unread=unread,
    )
    journal.audits.record(comparison.as_dict())
    return comparison


def find_contradictions(
    target: Target, tasks: Iterable[RecordedTask], found: TaskList
) -> Iterator[Contradiction]:
    """
    Yield what a task list contradicts, however new the tasks are.

    Args:
        target: the instance.
        tasks: the created tasks of the batch on the instance, and the rows that were refused.
        found: the task list.

    """
    names = found.names
    for task in tasks:
        kind, listed = _compare(task, found, names.get(task.task_id))
        if kind is not None:
            yield Contradiction(
                kind=kind,
                target=target,
                task_name=task.name,
                task_id=task.task_id,
                listed=listed,
            )


def _compare(
    task: RecordedTask, found: TaskList, listed_name: str | None
) -> tuple[ContradictionKind | None, list[str]]:
    ids = [str(task_id) for task_id in sorted(found.ids.get(task.name, ()))]
    if not task.task_id:
        return (ContradictionKind.REFUSED if ids else None), ids
    if listed_name is not None and listed_name != task.name:
        return ContradictionKind.OTHER_NAME, [listed_name]
    if listed_name is None:
        return (ContradictionKind.OTHER_ID if ids else ContradictionKind.NOT_LISTED), ids
    return (ContradictionKind.TWO_IDS if len(ids) > 1 else None), ids
