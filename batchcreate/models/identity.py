"""What things are known by."""

from dataclasses import dataclass
from typing import NewType

TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One ROMA Connect instance at one endpoint.

    Attributes:
        endpoint: origin such as ``https://roma.cn-north-4.myhuaweicloud.com``, no trailing slash;
            empty where no network is involved (``check``).
        project_id: path parameter, 1-64 characters.
        instance_id: path parameter, 1-64 characters.

    """

    endpoint: str
    project_id: str
    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a row is known by: its target and its name, never its position."""

    target: Target
    task_name: str
