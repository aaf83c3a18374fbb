"""Rows and journals for tests, written in a short notation."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchcreate.frames import Chunk
from batchcreate.journal import AttemptOutcome, Enrolment, GivenFile, Journal
from batchcreate.journal.journal import NO_DEFAULTS
from batchcreate.models import (
    Column,
    Created,
    Failed,
    Issue,
    Key,
    Layout,
    Outcome,
    RepeatedValue,
    RowLocation,
    RowRecord,
    RunId,
    Stamp,
    Target,
    Task,
    TaskId,
    Unknown,
)
from tests.chunks import Rejected, make_chunk, make_issue

ENDPOINT = "https://roma.example"
NAME_COLUMN = Column(heading="Task Name", index=0)
NOW_MS = 1_735_787_045_000
REFUSED = Failed(http_status=400, error_code="FDI.1", error_msg="no such application")
LOST = Unknown(reason="HTTP 500", http_status=500, error_code="FDI.9")


def created(task_id: str) -> Created:
    return Created(task_id=TaskId(task_id))


def target(instance: str = "i1") -> Target:
    return Target(endpoint=ENDPOINT, project_id="p1", instance_id=instance)


def task(text: str, number: int, *, file: str = "a.csv", sheet: str = "") -> Task:
    """Return the task that *text* describes: ``name``, ``name=content``, ``name@instance``."""
    name, _, content = text.partition("=")
    name, _, instance = name.partition("@")
    return Task(
        location=RowLocation(file=file, sheet=sheet, number=number),
        key=Key(target=target(instance or "i1"), task_name=name),
        body=json.dumps({"content": content, "task_name": name}).encode(),
    )


def rejected(name: str, number: int, *, file: str = "a.csv", issues: int = 1) -> Rejected:
    location = RowLocation(file=file, sheet="", number=number)
    return Rejected(
        location=location,
        task_name=name,
        project_id="p1",
        instance_id="i1",
        issues=tuple(
            make_issue(
                location,
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
    """Return the layout of a sheet whose first column contains the task names."""
    return Layout(
        file=file,
        sheet=sheet,
        header_row=1,
        columns={"task_name": NAME_COLUMN},
        delimiter=",",
        encoding="utf-8",
        content=content,
    )


def content(file: str, rows: Sequence[str]) -> bytes:
    """Return the bytes of a file with *rows*."""
    return "".join(f"{line}\n" for line in (file, *rows)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Validated rows, as `Enrolment.add` takes them."""

    chunk: Chunk
    valid: Sequence[Task]
    rows: Sequence[Rejected]
    warnings: Sequence[Issue] = ()

    @property
    def rejected(self) -> Sequence[RowRecord]:
        """The rejected rows."""
        return [row.record for row in self.rows]

    @property
    def issues(self) -> Sequence[Issue]:
        """The issues of the rejected rows, and the warnings."""
        return [*(issue for row in self.rows for issue in row.issues), *self.warnings]

    def tasks(self, endpoint: str) -> Sequence[Task]:
        """Return the tasks; their endpoint is `ENDPOINT`."""
        del endpoint
        return self.valid

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return project and instance of each row."""
        return [row[1:3] for row in self._records()]

    def unique_values(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return the task names."""
        return [("task_name", [row.task_name for row in self._records()])]

    def _records(self) -> Sequence[RowRecord]:
        valid = [
            RowRecord(
                row.location.number,
                row.key.target.project_id,
                row.key.target.instance_id,
                row.key.task_name,
            )
            for row in self.valid
        ]
        return sorted((*valid, *self.rejected))


def checked(valid: Iterable[Task] = (), rejected: Iterable[Rejected] = ()) -> Rows:
    """Return rows of one sheet after validation."""
    valid, rejected = list(valid), list(rejected)
    texts = {row.location.number: (row.key.task_name, row.body.decode()) for row in valid}
    texts |= {row.location.number: (row.task_name, "rejected") for row in rejected}
    cells = [texts[number] for number in sorted(texts)]
    chunk = make_chunk(
        {"task_name": [name for name, _ in cells], "description": [text for _, text in cells]},
        sorted(texts),
    )
    return Rows(chunk=chunk, valid=valid, rows=rejected)


def begin(
    enrolment: Enrolment, file: str, rows: Sequence[str] = (), stamp: Stamp | None = None
) -> Layout:
    """Begin the enrolment of *file*; return the layout of its only sheet."""
    digest = enrolment.add_file(io.BytesIO(content(file, rows)))
    enrolment.begin(GivenFile(label=file, path="", content=digest, stamp=stamp))
    return layout(file, content=digest)


def add(enrolment: Enrolment, file: str, rows: Sequence[str], stamp: Stamp | None = None) -> None:
    """Enrol *rows* of one file, from row 2 on; ``!name`` is a rejected row, a blank one none."""
    only_sheet = begin(enrolment, file, rows, stamp)
    numbered = [(at, text) for at, text in enumerate(rows, start=2) if text]
    valid = [task(text, at, file=file) for at, text in numbered if text[:1] != "!"]
    broken = [rejected(text[1:], at, file=file) for at, text in numbered if text[:1] == "!"]
    if numbered:
        enrolment.add(checked(valid, broken), only_sheet)


def explain(group: list[RepeatedValue]) -> Iterable[Issue]:
    """Return an issue for each row with a duplicate name, which lists the others."""
    for row in group:
        if row.has_task:
            continue
        others = [
            f"{other.location.file}:{other.location.number}" for other in group if other != row
        ]
        yield make_issue(
            row.location,
            column=row.column.heading,
            cell=f"A{row.location.number}",
            value=row.value,
            rule="task_name.repeated",
            message=f"also in {' '.join(others)}",
        )


def read(
    journal: Journal,
    files: Mapping[str, Sequence[str]],
    *,
    endpoint: str = ENDPOINT,
    defaults: Mapping[str, str] = NO_DEFAULTS,
) -> None:
    """Enrol *files* as a run does."""
    with journal.enrol(endpoint=endpoint, defaults=defaults) as enrolment:
        for file, rows in files.items():
            add(enrolment, file, rows)
        enrolment.finish(explain)


def waiting(journal: Journal) -> dict[str, int]:
    """Return the pending tasks of a run: names and numbers, in order."""
    journal.work.select_from_input()
    found: dict[str, int] = {}
    after = 0
    while True:
        # Two per call, so that the cursor is tested as well.
        tasks, after = journal.work.pending(after=after, limit=2)
        if not tasks:
            return found
        found |= {task.key.task_name: task.task for task in tasks}


def number_of(journal: Journal, name: str) -> int:
    """Return the number of the task called *name*."""
    found = journal._connection.execute("SELECT id FROM tasks WHERE name = ?", (name,)).fetchall()
    ((number,),) = found
    return int(number)


async def attempt(
    journal: Journal, outcomes: Mapping[str, Outcome | None], *, is_log_applied: bool = True
) -> None:
    """Send the named tasks in one run; ``None`` means that no outcome is recorded."""
    numbers = {name: number_of(journal, name) for name in outcomes}
    run = journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
    async with journal.writer(run=run, now_ms=lambda: NOW_MS) as writer:
        intents = await writer.intend(list(numbers.values()))
        for intent, outcome in zip(intents, outcomes.values(), strict=True):
            if outcome is not None:
                writer.record_outcome(
                    AttemptOutcome(intent=intent, outcome=outcome, duration_ms=7)
                )
    if is_log_applied:
        journal.apply_log()


def shown(journal: Journal) -> list[str]:
    """Return the results as ``file:number name status task_id``."""
    return [
        f"{row.location.file}:{row.location.number} {row.task_name} {row.status} {row.task_id}".rstrip()
        for row in journal.results()
    ]


def opened(folder: Path, files: Mapping[str, Sequence[str]]) -> Journal:
    """Return a journal with the rows of *files*."""
    journal = Journal.open(folder)
    read(journal, files)
    return journal
