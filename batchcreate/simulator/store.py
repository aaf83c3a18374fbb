"""The tasks that exist, by instance, with the rules that need to know the others."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batchcreate.simulator.replies import Refusal
from batchcreate.simulator.state import Entry, StateFile

NAME_EXISTS_CODE = "FDI.3901"
QUOTA_CODE = "FDI.3902"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """
    One task on the simulated service.

    Attributes:
        project_id: as in the path of the create call.
        instance_id: as in the path of the create call.
        task_id: allocated by the simulator, 32 hex digits.
        name: its ``task_name``.
        body: the request body that created it.
        created_at: wall clock, UTC.
        visible_at_s: on the simulator's monotonic clock; lists show the task from then on.

    """

    project_id: str
    instance_id: str
    task_id: str
    name: str
    body: Mapping[str, Any]
    created_at: datetime
    visible_at_s: float = float("-inf")


@dataclass(slots=True, kw_only=True)
class _Instance:
    tasks: dict[str, StoredTask] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)

    def add(self, task: StoredTask) -> None:
        self.tasks[task.task_id] = task
        self.names[task.name] += 1

    def remove(self, task_id: str) -> bool:
        task = self.tasks.pop(task_id, None)
        if task is not None:
            self.names[task.name] -= 1
        return task is not None


class Store:
    """
    All tasks of one simulator.

    Args:
        quota: tasks that one instance holds.
        unique_names: refuse a name that the instance already holds.
        state: where changes are written down; ``None`` keeps them in memory only.

    """

    def __init__(self, *, quota: int, unique_names: bool, state: StateFile | None) -> None:
        self._quota = quota
        self._unique_names = unique_names
        self._state = state
        self._instances: dict[tuple[str, str], _Instance] = {}
        for entry in state.read() if state else ():
            self._replay(entry)

    def tasks(self, project_id: str, instance_id: str) -> list[StoredTask]:
        """Return the tasks of one instance in order of creation."""
        return list(self._instance(project_id, instance_id).tasks.values())

    def find(self, project_id: str, instance_id: str, task_id: str) -> StoredTask | None:
        """Return one task."""
        return self._instance(project_id, instance_id).tasks.get(task_id)

    def add(self, task: StoredTask) -> Refusal | None:
        """Keep a new task, or say why not."""
        instance = self._instance(task.project_id, task.instance_id)
        if self._unique_names and instance.names[task.name]:
            message = f"The task name {task.name} already exists."
            return Refusal(status=400, code=NAME_EXISTS_CODE, message=message)
        if len(instance.tasks) >= self._quota:
            message = f"The instance already holds {self._quota} tasks, its quota."
            return Refusal(status=400, code=QUOTA_CODE, message=message)
        self._write("created", task)
        instance.add(task)
        return None

    def remove(self, task: StoredTask) -> None:
        """Delete a task that exists."""
        self._write("deleted", task)
        self._instance(task.project_id, task.instance_id).remove(task.task_id)

    def close(self) -> None:
        """Release the state file, if there is one."""
        if self._state:
            self._state.close()

    def _instance(self, project_id: str, instance_id: str) -> _Instance:
        return self._instances.setdefault((project_id, instance_id), _Instance())

    def _write(self, event: str, task: StoredTask) -> None:
        if self._state is None:
            return
        entry: dict[str, object] = {
            "event": event,
            "project_id": task.project_id,
            "instance_id": task.instance_id,
            "task_id": task.task_id,
        }
        if event == "created":
            entry |= {"created_at": task.created_at.isoformat(), "body": task.body}
        self._state.append(entry)

    def _replay(self, entry: Entry) -> None:
        instance = self._instance(entry["project_id"], entry["instance_id"])
        if entry["event"] == "deleted":
            instance.remove(entry["task_id"])
            return
        task = StoredTask(
            project_id=entry["project_id"],
            instance_id=entry["instance_id"],
            task_id=entry["task_id"],
            name=entry["body"]["task_name"],
            body=entry["body"],
            created_at=datetime.fromisoformat(entry["created_at"]),
        )
        instance.add(task)
