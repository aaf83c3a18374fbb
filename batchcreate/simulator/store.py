"""Tasks of a simulator by instance, and the file that keeps them over a restart."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from batchcreate.errors import SettingsError
from batchcreate.simulator.replies import ApiError

StateChange = Mapping[str, Any]
"""One line of the state file: a created or deleted task."""

_DELETED = frozenset({"event", "project_id", "instance_id", "task_id"})
_FIELDS: Mapping[object, frozenset[str]] = MappingProxyType(
    {
        "created": _DELETED | {"created_at", "body"},
        "deleted": _DELETED,
    }
)


class StateFile:
    """
    An append-only log of created and deleted tasks, one JSON object per line.

    An incomplete last line, as left by a crash, is removed on reading. Lines are written
    before the response is sent, but not synced: a power failure may lose some.

    Args:
        path: the file; created if it does not exist, in an existing folder.

    Raises:
        SettingsError: the file cannot be opened, or is not a state file.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.touch(mode=0o600)  # a new file only: task names may be confidential
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            message = f"state_path {path} cannot be opened ({error.strerror}): give another file"
            raise SettingsError(message) from error

    def read(self) -> Iterator[StateChange]:
        """Yield the changes in the order in which they were appended."""
        content = self._path.read_bytes()
        complete, newline, incomplete = content.rpartition(b"\n")
        if incomplete:
            self._file.truncate(len(complete) + len(newline))
        for number, line in enumerate(complete.splitlines(), start=1):
            yield self._decode(number, line)

    def append(self, change: StateChange) -> None:
        """Write one change."""
        self._file.write(json.dumps(change, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _decode(self, number: int, line: bytes) -> StateChange:
        try:
            change = json.loads(line)
        except ValueError:
            change = None
        if not isinstance(change, dict) or not _is_change(change):
            self.close()
            message = (
                f"state_path {self._path}, line {number} is not a record of the simulator: "
                "give the file of an earlier simulator, or a new name"
            )
            raise SettingsError(message)
        return change


def _is_change(change: StateChange) -> bool:
    fields = _FIELDS.get(change.get("event"))
    return fields is not None and fields == change.keys()


NAME_EXISTS_CODE = "FDI.3901"
QUOTA_CODE = "FDI.3902"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """
    One task of the simulated service.

    Attributes:
        project_id: project in the path of the create call.
        instance_id: instance in the path of the create call.
        task_id: 32 hexadecimal digits, or decimal digits, assigned by the simulator.
        name: its ``task_name``.
        body: the request body that created it.
        created_at: wall clock in UTC.
        visible_at_s: moment in seconds on the simulator's monotonic clock, from which lists
            contain the task.

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
        quota: maximum number of tasks in one instance.
        unique_names: refuse a name that already exists in the instance.
        state: file to which changes are written; None keeps the tasks in memory only.

    """

    def __init__(self, *, quota: int, unique_names: bool, state: StateFile | None) -> None:
        self._quota = quota
        self._unique_names = unique_names
        self._state = state
        self._instances: dict[tuple[str, str], _Instance] = {}
        for change in state.read() if state else ():
            self._replay(change)

    def tasks(self, project_id: str, instance_id: str) -> list[StoredTask]:
        """Return the tasks of one instance in order of creation."""
        return list(self._instance(project_id, instance_id).tasks.values())

    def find(self, project_id: str, instance_id: str, task_id: str) -> StoredTask | None:
        """Return one task, or None if it does not exist."""
        return self._instance(project_id, instance_id).tasks.get(task_id)

    def add(self, task: StoredTask) -> ApiError | None:
        """Add a task; return the error if the name or the quota does not allow it."""
        instance = self._instance(task.project_id, task.instance_id)
        if self._unique_names and instance.names[task.name]:
            message = f"The task name {task.name} already exists."
            return ApiError(status=400, code=NAME_EXISTS_CODE, message=message)
        if len(instance.tasks) >= self._quota:
            message = f"The instance already holds {self._quota} tasks, its quota."
            return ApiError(status=400, code=QUOTA_CODE, message=message)
        self._write("created", task)
        instance.add(task)
        return None

    def remove(self, task: StoredTask) -> None:
        """Delete an existing task."""
        self._write("deleted", task)
        self._instance(task.project_id, task.instance_id).remove(task.task_id)

    def close(self) -> None:
        """Close the state file, if there is one."""
        if self._state:
            self._state.close()

    def _instance(self, project_id: str, instance_id: str) -> _Instance:
        return self._instances.setdefault((project_id, instance_id), _Instance())

    def _write(self, event: str, task: StoredTask) -> None:
        if self._state is None:
            return
        change: dict[str, object] = {
            "event": event,
            "project_id": task.project_id,
            "instance_id": task.instance_id,
            "task_id": task.task_id,
        }
        if event == "created":
            change |= {"created_at": task.created_at.isoformat(), "body": task.body}
        self._state.append(change)

    def _replay(self, change: StateChange) -> None:
        instance = self._instance(change["project_id"], change["instance_id"])
        if change["event"] == "deleted":
            instance.remove(change["task_id"])
            return
        task = StoredTask(
            project_id=change["project_id"],
            instance_id=change["instance_id"],
            task_id=change["task_id"],
            name=change["body"]["task_name"],
            body=change["body"],
            created_at=datetime.fromisoformat(change["created_at"]),
        )
        instance.add(task)
