"""The journal behaves like a simple model, for any sequence of operations."""

import asyncio
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from batchcreate.journal import Journal
from batchcreate.models import Outcome
from tests.journals import (
    ENDPOINT,
    LOST,
    REFUSED,
    add,
    attempt,
    created,
    explain,
    origin,
    read,
    shown,
    waiting,
)

NAMES = st.sampled_from(["", "!"]).flatmap(
    lambda mark: st.sampled_from("uvwxyz").map(lambda name: mark + name)
)
ROWS = st.lists(st.one_of(NAMES, st.sampled_from(["u=1", "v=1", "w=1", "x=2", "y=2"])), max_size=6)
FILES = st.dictionaries(st.sampled_from(["a.csv", "b.csv"]), ROWS, min_size=1)
CORRECTIONS = st.lists(
    st.tuples(st.one_of(NAMES, st.sampled_from(["u=1", "v=1", "x=2"])), st.integers(0, 99)),
    max_size=4,
)
"""Rows of a to-fix file, and the number of their original row among all rows so far."""
OUTCOMES = st.sampled_from(["created", "refused", "lost", "no outcome", "same id", "not sent"])


@dataclass
class ModelTask:
    """Task of one name."""

    status: str = "not_attempted"
    task_id: str = ""
    content: str = ""
    sent: str = ""


@dataclass
class ModelRow:
    """
    One row of the report; *name* starts with ``!`` if the row is rejected.

    *original* is the origin of the row of which it is a version: another row if *is_correction*.
    """

    location: str
    file: str
    name: str
    content: str
    original: str
    is_correction: bool

    @property
    def is_rejected(self) -> bool:
        return self.name.startswith("!")


@dataclass
class Model:
    """The rules of the journal, without its tables."""

    tasks: dict[str, ModelTask] = field(default_factory=dict)
    rows: list[ModelRow] = field(default_factory=list)
    newest: list[ModelRow] = field(default_factory=list)

    def read(self, files: dict[str, list[str]]) -> None:
        new = []
        for file, texts in files.items():
            for number, text in enumerate(texts, start=2):
                typed, _, named = text.partition("<")
                name, _, content = typed.partition("=")
                original = named or origin(file, texts, number)
                new.append(
                    ModelRow(f"{file}:{number}", file, name, content, original, bool(named))
                )
        new = self._apply_corrections(new)
        names = Counter(row.name.lstrip("!") for row in new)
        duplicates = names - Counter(self._own_names(new))
        for row in new:
            if duplicates[row.name.lstrip("!")] > 1:
                row.name = "!" + row.name.lstrip("!")
        valid = {row.name for row in new if not row.is_rejected}
        self.rows = [row for row in self.rows if self._is_kept(row, valid, set(names), set(files))]
        for row in new:
            if not row.is_rejected:
                task = self.tasks.setdefault(row.name, ModelTask())
                if task.status != "created":
                    task.content = row.content
        self.rows += new
        self.newest = new

    def _apply_corrections(self, new: list[ModelRow]) -> list[ModelRow]:
        """Remove the superseded versions of rows from the old and the new ones."""
        old = self.rows
        corrections = defaultdict(list)
        for row in new:
            if row.is_correction:
                corrections[row.original].append(row.name)

        def is_superseded(row: ModelRow) -> bool:
            names = corrections[row.original]
            return bool(names) and (not self._may_exist(row) or row.name in names)

        old = [row for row in old if not is_superseded(row)]
        new = [row for row in new if row.is_correction or not is_superseded(row)]
        sent = {
            (row.original, row.name)
            for row in self.rows
            if row.is_correction and self._may_exist(row)
        }
        new = [
            row
            for row in new
            if row.is_correction
            or all(original != row.original or name == row.name for original, name in sent)
        ]
        again = {row.original for row in new if not row.is_correction}
        self.rows = [
            row
            for row in old
            if not row.is_correction or row.original not in again or self._may_exist(row)
        ]
        return new

    def _may_exist(self, row: ModelRow) -> bool:
        """Return True if the task of the row exists or may exist."""
        return not row.is_rejected and self.tasks_status(row.name) in {"created", "unknown"}

    def tasks_status(self, name: str) -> str:
        return self.tasks[name].status if name in self.tasks else "not_attempted"

    def _own_names(self, new: list[ModelRow]) -> list[str]:
        """Return the names of corrections whose original row has the same name."""
        first = {(row.original, row.name.lstrip("!")) for row in new if not row.is_correction}
        return [
            row.name.lstrip("!")
            for row in new
            if row.is_correction and (row.original, row.name.lstrip("!")) in first
        ]

    def _is_kept(self, row: ModelRow, valid: set[str], names: set[str], files: set[str]) -> bool:
        if row.is_rejected:
            return row.name[1:] not in names and row.file not in files
        was_sent = self.tasks[row.name].status != "not_attempted"
        return row.name not in valid and (was_sent or row.file not in files)

    def waiting(self) -> list[str]:
        return [
            row.name
            for row in self.newest
            if not row.is_rejected and self.tasks[row.name].status in {"not_attempted", "failed"}
        ]

    def record_outcome(self, name: str, status: str, task_id: str) -> None:
        task = self.tasks[name]
        owned = {other.task_id for other in self.tasks.values()}
        is_reused = status == "created" and task_id in owned
        task.status = "unknown" if is_reused else status
        task.task_id = task_id if task.status == "created" else ""
        task.sent = task.content

    def shown(self) -> list[str]:
        return [f"{row.location} {self._state(row)}".rstrip() for row in self.rows]

    def _state(self, row: ModelRow) -> str:
        if row.is_rejected:
            return f"{row.name[1:]} rejected"
        task = self.tasks[row.name]
        is_changed = task.status == "created" and row.content != task.sent
        return f"{row.name} {'skipped' if is_changed else task.status} {task.task_id}"


class JournalMachine(RuleBasedStateMachine):
    """Enrols, sends and crashes at random; compares with the model after every step."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.model = Model()
        self.last_id = 0
        self.was_created: dict[str, str] = {}
        self.origins: list[str] = []
        self.journal = Journal.open(Path(self.folder.name))

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    @rule(files=FILES, corrections=CORRECTIONS, is_first=st.booleans())
    def read(
        self,
        files: dict[str, list[str]],
        corrections: list[tuple[str, int]],
        is_first: bool,  # noqa: FBT001 # hypothesis names it
    ) -> None:
        self.origins += [
            origin(file, rows, number)
            for file, rows in files.items()
            for number in range(2, len(rows) + 2)
        ]
        rows = [
            f"{text}<{self.origins[at % len(self.origins)]}"
            for text, at in corrections
            if self.origins
        ]
        to_fix = {"f.csv": rows} if rows else {}
        all_files = to_fix | files if is_first else files | to_fix
        read(self.journal, all_files)

        self.model.read(all_files)

    @rule(files=FILES, is_broken=st.booleans())
    def roll_back(self, files: dict[str, list[str]], is_broken: bool) -> None:  # noqa: FBT001 # hypothesis names it
        with (
            suppress(ZeroDivisionError),
            self.journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment,
        ):
            for file, rows in files.items():
                add(enrolment, file, rows)
            if is_broken:
                _ = 1 / 0
            enrolment.finish(explain)

    @rule(names=st.lists(OUTCOMES, max_size=6), is_log_applied=st.booleans())
    def run(self, names: list[str], is_log_applied: bool) -> None:  # noqa: FBT001 # hypothesis names it
        outcomes: dict[str, Outcome | None] = {}
        for name, outcome_name in zip(waiting(self.journal), names, strict=False):
            if outcome_name == "not sent":
                continue
            status, task_id, outcome = self._outcome(outcome_name)
            outcomes[name] = outcome
            self.model.record_outcome(name, status, task_id)

        asyncio.run(attempt(self.journal, outcomes, is_log_applied=is_log_applied))

        if not is_log_applied:
            self.reopen()

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal.open(Path(self.folder.name))

    def _outcome(self, name: str) -> tuple[str, str, Outcome | None]:
        match name:
            case "created":
                self.last_id += 1
                return "created", str(self.last_id), created(str(self.last_id))
            case "same id" if self.last_id:
                return "created", str(self.last_id), created(str(self.last_id))
            case "refused":
                return "failed", "", REFUSED
            case "lost":
                return "unknown", "", LOST
            case _:
                return "unknown", "", None

    @invariant()
    def the_report_equals_the_model(self) -> None:
        assert shown(self.journal) == self.model.shown()

    @invariant()
    def the_work_equals_the_model(self) -> None:
        assert list(waiting(self.journal)) == self.model.waiting()

    @invariant()
    def the_content_of_the_row_is_sent(self) -> None:
        names = list(waiting(self.journal))
        found = self.journal._connection.execute(
            """
            SELECT tasks.name FROM work JOIN tasks ON tasks.id = work.task
            JOIN rows ON rows.source = work.source AND rows.number = work.row
            WHERE rows.digest = tasks.digest AND tasks.status <> 'unknown'
            ORDER BY work.number
            """
        ).fetchall()
        assert [name for (name,) in found] == names

    @invariant()
    def the_counts_add_up(self) -> None:
        assert self.journal.summary().total == len(list(self.journal.results()))

    @invariant()
    def created_is_final(self) -> None:
        found = dict(
            self.journal._connection.execute(
                "SELECT name, task_id FROM tasks WHERE status = 'created'"
            )
        )
        assert self.was_created.items() <= found.items()
        self.was_created = found


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
