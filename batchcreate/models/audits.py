"""Audit of a batch: contradictions between the task lists and the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from batchcreate.models.rows import Target, TaskId

EXAMPLES_MAX: Final = 100
"""Maximum number of contradictions that are kept; all are counted."""


class ContradictionKind(StrEnum):
    """What the task list contradicts."""

    TWO_IDS = "two_ids"
    OTHER_ID = "other_id"
    OTHER_NAME = "other_name"
    NOT_LISTED = "not_listed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """
    A row of the batch that the task list contradicts.

    Attributes:
        kind: the contradiction.
        target: the instance.
        task_name: name of the row.
        task_id: id of its task; empty if it was refused.
        listed: the ids that the task list has for the name, or the name that it has for the id.

    """

    kind: ContradictionKind
    target: Target
    task_name: str
    task_id: str
    listed: Sequence[str] = ()

    @property
    def is_of_absence(self) -> bool:
        """True if a task is not listed, under its id or its name."""
        return self.kind is ContradictionKind.NOT_LISTED

    @property
    def text(self) -> str:
        """The contradiction in words."""
        name, task_id, listed = self.task_name, self.task_id, ", ".join(self.listed)
        match self.kind:
            case ContradictionKind.TWO_IDS:
                return f"{name}: {len(self.listed)} tasks have this name ({listed})"
            case ContradictionKind.OTHER_ID:
                return f"{name}: created as {task_id}, but listed as {listed}"
            case ContradictionKind.OTHER_NAME:
                return f"{name}: its task {task_id} is listed under the name {listed}"
            case ContradictionKind.NOT_LISTED:
                return f"{name}: its task {task_id} is not listed"
            case ContradictionKind.REFUSED:  # pragma: no branch # the last kind
                return f"{name}: refused by the server, but a task is listed ({listed})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTask:
    """
    A row as the journal knows it.

    Attributes:
        name: name of the row.
        task_id: id of its task; empty if the server refused it.
        at_ms: time of its outcome, in milliseconds since 1970.
        run: number of the run of its last attempt.

    """

    name: str
    task_id: TaskId
    at_ms: int
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    Comparison of the task lists with the journal.

    Attributes:
        at: time of the comparison, in UTC.
        tasks: number of created tasks that were compared.
        too_new: those that are not listed, but too new to be listed.
        reconciled: those that were found in a task list, not in a response.
        contradictions: what the task lists contradict.
        unread: the instances whose task lists could not be read, with the reasons.

    """

    at: str
    tasks: int = 0
    too_new: int = 0
    reconciled: int = 0
    contradictions: Sequence[Contradiction] = ()
    unread: Sequence[str] = ()

    def as_dict(self) -> Mapping[str, Any]:
        """Return the audit as a JSON value."""
        return {
            "at": self.at,
            "tasks": self.tasks,
            "too_new": self.too_new,
            "reconciled": self.reconciled,
            "contradictions": len(self.contradictions),
            "examples": [
                {
                    "kind": each.kind.value,
                    "project_id": each.target.project_id,
                    "instance_id": each.target.instance_id,
                    "task_name": each.task_name,
                    "task_id": each.task_id,
                    "text": each.text,
                }
                for each in self.contradictions[:EXAMPLES_MAX]
            ],
            "unread": list(self.unread),
        }
