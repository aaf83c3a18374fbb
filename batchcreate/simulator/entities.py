"""How the service shows a stored task."""

from datetime import UTC

from batchcreate.simulator.store import StoredTask

_SHOWN = ("source_app_id", "target_app_id", "task_tag")


def brief(task: StoredTask) -> dict[str, object]:
    """Return the task as an entry of ListTasks; fields that it does not have are left out."""
    return {
        "task_id": task.task_id,
        "task_name": task.name,
        "task_type": "REALTIME",
        "status": 0,
        "created_date": _date(task),
        "version": "1",
        "last_modified_time": _milliseconds(task),
        "execute_status": "UNSTARTED",
        "ext_type": "",
        **{name: task.body[name] for name in _SHOWN if name in task.body},
    }


def detail(task: StoredTask) -> dict[str, object]:
    """Return the task as ShowTask answers it."""
    shown = {
        "task_id": task.task_id,
        "task_name": task.name,
        "task_type": "REALTIME",
        "status": 0,
        "project_id": task.project_id,
        "created_date": _milliseconds(task),
        "last_modified_date": _milliseconds(task),
        **{name: task.body[name] for name in (*_SHOWN, "description") if name in task.body},
    }
    return {"task": shown, "task_detail": ""}


def _date(task: StoredTask) -> str:
    # With Z and no offset: the vendor's SDK cannot read any other zone.
    moment = task.created_at.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _milliseconds(task: StoredTask) -> int:
    return int(task.created_at.timestamp() * 1000)
