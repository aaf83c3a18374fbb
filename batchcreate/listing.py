"""What pages of a task list add up to; pure. Pages that contradict each other prove nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batchcreate.models import Reply, Signal, TaskId
from batchcreate.outcome import parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """
    Every task of one instance at one time.

    Attributes:
        ids: for each name the ids that carry it.
        total: the number of tasks, of every kind.

    """

    ids: Mapping[str, Sequence[TaskId]]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """
    A listing that proves nothing.

    Attributes:
        reason: what was wrong with it.
        signal: what the answer says about the server.
        is_moving: its pages contradict each other, as they do while tasks come and go.

    """

    reason: str
    signal: Signal = Signal.NONE
    is_moving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One page of a listing.

    Attributes:
        total: tasks on all pages, as this page says.
        tasks: name and id of each task on it.

    """

    total: int
    tasks: Sequence[tuple[str, TaskId]]


@dataclass(slots=True)
class Draft:
    """The pages so far."""

    total: int = -1
    ids: dict[str, list[TaskId]] = field(default_factory=dict)
    seen: set[TaskId] = field(default_factory=set)

    def add(self, page: Page) -> str:
        """Take a page in; return what does not fit, empty where all does."""
        if self.total not in {-1, page.total}:
            return f"the number of tasks changed from {self.total} to {page.total} between pages"
        self.total = page.total
        for name, task_id in page.tasks:
            if task_id in self.seen:
                return f"task {task_id} stands on two pages"
            self.seen.add(task_id)
            self.ids.setdefault(name, []).append(task_id)
        if len(self.seen) > self.total or (not page.tasks and len(self.seen) < self.total):
            return f"{len(self.seen)} tasks were listed where {self.total} were announced"
        return ""

    @property
    def is_complete(self) -> bool:
        """Every announced task was listed."""
        return len(self.seen) == self.total


def read_page(reply: Reply) -> Page | None:
    """
    Return what a ListTasks answer holds, or ``None`` where it is not a sound page.

    The page's fields are ``total``, ``size`` and ``entities`` (page ListTasks).
    """
    parsed = None if reply.is_truncated else parse_json(reply.body)
    if not isinstance(parsed, dict):
        return None
    total, entities = parsed.get("total"), parsed.get("entities")
    if isinstance(total, bool) or not isinstance(total, int) or not isinstance(entities, list):
        return None
    tasks = []
    for entity in entities:
        name, task_id = (
            (entity.get("task_name"), entity.get("task_id"))
            if isinstance(entity, dict)
            else (None, None)
        )
        if not isinstance(name, str) or not isinstance(task_id, str) or not task_id:
            return None
        tasks.append((name, TaskId(task_id)))
    return Page(total=total, tasks=tasks)
