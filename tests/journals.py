"""Rows and journals for tests, in a short notation."""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from batchcreate.journal import AttemptOutcome, Enrolment, Journal, Writer
from batchcreate.journal.work import pending, select_from_input
from batchcreate.models import (
    Column,
    Created,
    Failed,
    Issue,
    Key,
    Layout,
    Origin,
    Outcome,
    Rejected,
    RepeatedRow,
    RowLocation,
    RunId,
    Target,
    Task,
    TaskId,
    Unknown,
)

ENDPOINT = "https://roma.example"
NAME_COLUMN = Column(header="Task Name", index=0)
NOW_MS = 1_735_787_045_000
REFUSED = Failed(http_status=400, error_code="FDI.1", error_msg="no such application")
LOST = Unknown(reason="HTTP 500", http_status=500, error_code="FDI.9")


def created(task_id: str) -> Created:
    return Created(task_id=TaskId(task_id))


def target(instance: str = "i1") -> Target:
    return Target(endpoint=ENDPOINT, project_id="p1", instance_id=instance)


def task(text: str, number: int, *, file: str = "a.csv", sheet: str = "") -> Task:
    """Return the task that *text* stands for: ``name``, ``name=content``, ``name@instance``."""
    name, _, content = text.partition("=")
    name, _, instance = name.partition("@")
    return Task(
        place=RowLocation(file=file, sheet=sheet, number=number),
        key=Key(target=target(instance or "i1"), task_name=name),
        body=json.dumps({"content": content, "task_name": name}).encode(),
    )


def rejected(name: str, number: int, *, file: str = "a.csv", issues: int = 1) -> Rejected:
    place = RowLocation(file=file, sheet="", number=number)
    return Rejected(
        place=place,
        task_name=name,
        project_id="p1",
        instance_id="i1",
        issues=tuple(
            Issue(
                place=place,
                column="Type",
                cell=f"B{number}",
                value="x",
                rule=f"rule.{index}",
                message=f"wrong {index}",
            )
            for index in range(issues)
        ),
    )


def layout(file: str, sheet: str = "", content: str = "") -> Layout:
    """Return how a sheet is read that begins with the names."""
    return Layout(
        file=file,
        sheet=sheet,
        number=1,
        columns={"task_name": NAME_COLUMN},
        delimiter=",",
        encoding="utf-8",
        content=content,
    )


def content(file: str, rows: Sequence[str]) -> bytes:
    """Return the bytes of a file with *rows*."""
    return "".join(f"{line}\n" for line in (file, *rows)).encode()


def origin(file: str, rows: Sequence[str], number: int, *, name: str = "") -> str:
    """Return what a to-fix file says of row *number* of *file*, which had *rows*."""
    digest = hashlib.sha256(content(file, rows)).hexdigest()
    place = RowLocation(file=name or file, sheet="", number=number)
    return Origin(content=digest[:12], place=place).text


def add(reading: Enrolment, file: str, rows: Sequence[str]) -> None:
    """
    Add *rows* of one file, from row 2 on.

    ``!name`` is a row that broke a rule, ``name<origin`` one of a to-fix file.
    """
    digest = reading.add_content(io.BytesIO(content(file, rows)))
    reading.open_sheet(layout(file, content=digest))
    _, _, origins = zip(*(row.partition("<") for row in rows), strict=True) if rows else ((),) * 3
    rows = [row.partition("<")[0] for row in rows]
    numbered = list(enumerate(rows, start=2))
    reading.add_tasks(task(text, at, file=file) for at, text in numbered if text[:1] != "!")
    reading.add_rejected(
        rejected(text[1:], at, file=file) for at, text in numbered if text[:1] == "!"
    )
    keys = [(at, task(text.lstrip("!"), at).key) for at, text in numbered]
    reading.add_names(
        (at, key.target.project_id, key.target.instance_id, key.task_name)
        for at, key in keys
        if key.task_name
    )
    reading.add_origins(range(2, len(rows) + 2), origins)


def explain(group: list[RepeatedRow]) -> Iterable[Issue]:
    """Give each row of a repeated name an issue that names the others."""
    for row in group:
        others = [f"{other.place.file}:{other.place.number}" for other in group if other != row]
        yield Issue(
            place=row.place,
            column=row.column.header,
            cell=f"A{row.place.number}",
            value=row.task_name,
            rule="repeated",
            message=f"also in {' '.join(others)}",
        )


def read(journal: Journal, files: Mapping[str, Sequence[str]]) -> None:
    """Read *files* the way a run does."""
    with journal.reading(endpoint=ENDPOINT) as reading:
        for file, rows in files.items():
            add(reading, file, rows)
        reading.take_places()
        reading.reject_repeated(explain)
        reading.settle_with_earlier()


def waiting(journal: Journal) -> dict[str, int]:
    """Return the tasks that a run would send now: their names and numbers, in order."""
    select_from_input(journal.connection)
    found: dict[str, int] = {}
    after = 0
    while True:
        # two at a time, so that the cursor is put to the test as well
        tasks, after = pending(journal.connection, after=after, limit=2)
        if not tasks:
            return found
        found |= {task.key.task_name: task.task for task in tasks}


def number_of(journal: Journal, name: str) -> int:
    """Return the number of the task called *name*."""
    found = journal.connection.execute("SELECT id FROM tasks WHERE name = ?", (name,)).fetchall()
    ((number,),) = found
    return int(number)


async def attempt(
    journal: Journal, outcomes: Mapping[str, Outcome | None], *, is_folded: bool = True
) -> None:
    """Send the named tasks in one run; ``None`` stands for no outcome at all."""
    numbers = {name: number_of(journal, name) for name in outcomes}
    run = journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
    async with Writer(journal.connection, run=run, now_ms=lambda: NOW_MS) as writer:
        intents = await writer.intend(list(numbers.values()))
        for intent, outcome in zip(intents, outcomes.values(), strict=True):
            if outcome is not None:
                writer.settle(AttemptOutcome(intent=intent, outcome=outcome, duration_ms=7))
    if is_folded:
        journal.fold()


def shown(journal: Journal) -> list[str]:
    """Return the report in short: ``file:number name status task_id``."""
    return [
        f"{row.place.file}:{row.place.number} {row.task_name} {row.status} {row.task_id}".rstrip()
        for row in journal.results()
    ]


def opened(folder: Path, files: Mapping[str, Sequence[str]]) -> Journal:
    """Return a journal that has read *files*."""
    journal = Journal.open(folder)
    read(journal, files)
    return journal
