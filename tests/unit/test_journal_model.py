"""The journal behaves like a few lines of plain Python, whatever happens in which order."""

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
FIXES = st.lists(
    st.tuples(st.one_of(NAMES, st.sampled_from(["u=1", "v=1", "x=2"])), st.integers(0, 99)),
    max_size=4,
)
"""Rows of a to-fix file, and which of the rows that were ever read they stand for."""
ENDS = st.sampled_from(["created", "refused", "lost", "no outcome", "same id", "not sent"])


@dataclass
class ModelTask:
    """What became of one name."""

    status: str = "not_attempted"
    task_id: str = ""
    content: str = ""
    sent: str = ""


@dataclass
class ModelRow:
    """
    One row of the report; *name* starts with ``!`` where the row is rejected.

    *root* is the row that it is a version of: another one where *is_mended*, else itself.
    """

    place: str
    file: str
    name: str
    content: str
    root: str
    is_mended: bool

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
                root = named or origin(file, texts, number)
                new.append(ModelRow(f"{file}:{number}", file, name, content, root, bool(named)))
        new = self._take_places(new)
        names = Counter(row.name.lstrip("!") for row in new)
        repeating = names - Counter(self._said_twice(new))
        for row in new:
            if repeating[row.name.lstrip("!")] > 1:
                row.name = "!" + row.name.lstrip("!")
        valid = {row.name for row in new if not row.is_rejected}
        self.rows = [row for row in self.rows if self._stays(row, valid, set(names), set(files))]
        for row in new:
            if not row.is_rejected:
                task = self.tasks.setdefault(row.name, ModelTask())
                if task.status != "created":
                    task.content = row.content
        self.rows += new
        self.newest = new

    def _take_places(self, new: list[ModelRow]) -> list[ModelRow]:
        """Leave out the versions of rows that others take the place of, old ones and new ones."""
        old = self.rows
        mended = defaultdict(list)
        for row in new:
            if row.is_mended:
                mended[row.root].append(row.name)

        def gives_way_to_mended(row: ModelRow) -> bool:
            names = mended[row.root]
            return bool(names) and (not self._was_sent(row) or row.name in names)

        old = [row for row in old if not gives_way_to_mended(row)]
        new = [row for row in new if row.is_mended or not gives_way_to_mended(row)]
        sent = {(row.root, row.name) for row in self.rows if row.is_mended and self._was_sent(row)}
        new = [
            row
            for row in new
            if row.is_mended or all(root != row.root or name == row.name for root, name in sent)
        ]
        again = {row.root for row in new if not row.is_mended}
        self.rows = [
            row for row in old if not row.is_mended or row.root not in again or self._was_sent(row)
        ]
        return new

    def _was_sent(self, row: ModelRow) -> bool:
        """Whether the row's task exists, or may exist."""
        return not row.is_rejected and self.tasks_status(row.name) in {"created", "unknown"}

    def tasks_status(self, name: str) -> str:
        return self.tasks[name].status if name in self.tasks else "not_attempted"

    def _said_twice(self, new: list[ModelRow]) -> list[str]:
        """Return the names of mended rows whose own first version has the same name."""
        first = {(row.root, row.name.lstrip("!")) for row in new if not row.is_mended}
        return [
            row.name.lstrip("!")
            for row in new
            if row.is_mended and (row.root, row.name.lstrip("!")) in first
        ]

    def _stays(self, row: ModelRow, valid: set[str], names: set[str], files: set[str]) -> bool:
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

    def settle(self, name: str, status: str, task_id: str) -> None:
        task = self.tasks[name]
        owned = {other.task_id for other in self.tasks.values()}
        is_reused = status == "created" and task_id in owned
        task.status = "unknown" if is_reused else status
        task.task_id = task_id if task.status == "created" else ""
        task.sent = task.content

    def shown(self) -> list[str]:
        return [f"{row.place} {self._state(row)}".rstrip() for row in self.rows]

    def _state(self, row: ModelRow) -> str:
        if row.is_rejected:
            return f"{row.name[1:]} rejected"
        task = self.tasks[row.name]
        is_changed = task.status == "created" and row.content != task.sent
        return f"{row.name} {'skipped' if is_changed else task.status} {task.task_id}"


class JournalMachine(RuleBasedStateMachine):
    """Reads, sends and crashes at random; compares with the model after every step."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.model = Model()
        self.last_id = 0
        self.was_created: dict[str, str] = {}
        self.origins: list[str] = []
        self.journal = Journal.open(Path(self.place.name))

    def teardown(self) -> None:
        self.journal.close()
        self.place.cleanup()

    @rule(files=FILES, fixes=FIXES, is_first=st.booleans())
    def read(
        self,
        files: dict[str, list[str]],
        fixes: list[tuple[str, int]],
        is_first: bool,  # noqa: FBT001 # hypothesis names it
    ) -> None:
        self.origins += [
            origin(file, rows, number)
            for file, rows in files.items()
            for number in range(2, len(rows) + 2)
        ]
        mended = [
            f"{text}<{self.origins[at % len(self.origins)]}" for text, at in fixes if self.origins
        ]
        to_fix = {"f.csv": mended} if mended else {}
        all_files = to_fix | files if is_first else files | to_fix
        read(self.journal, all_files)

        self.model.read(all_files)

    @rule(files=FILES, is_broken=st.booleans())
    def read_in_vain(self, files: dict[str, list[str]], is_broken: bool) -> None:  # noqa: FBT001 # hypothesis names it
        with (
            suppress(ZeroDivisionError),
            self.journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment,
        ):
            for file, rows in files.items():
                add(enrolment, file, rows)
            if is_broken:
                _ = 1 / 0
            enrolment.finish(explain)

    @rule(ends=st.lists(ENDS, max_size=6), is_folded=st.booleans())
    def run(self, ends: list[str], is_folded: bool) -> None:  # noqa: FBT001 # hypothesis names it
        outcomes: dict[str, Outcome | None] = {}
        for name, end in zip(waiting(self.journal), ends, strict=False):
            if end == "not sent":
                continue
            status, task_id, outcome = self._end(end)
            outcomes[name] = outcome
            self.model.settle(name, status, task_id)

        asyncio.run(attempt(self.journal, outcomes, is_folded=is_folded))

        if not is_folded:
            self.reopen()

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal.open(Path(self.place.name))

    def _end(self, end: str) -> tuple[str, str, Outcome | None]:
        match end:
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
    def the_report_is_the_models(self) -> None:
        assert shown(self.journal) == self.model.shown()

    @invariant()
    def the_work_is_the_models(self) -> None:
        assert list(waiting(self.journal)) == self.model.waiting()

    @invariant()
    def what_is_sent_is_what_the_row_says(self) -> None:
        names = list(waiting(self.journal))
        said = self.journal._connection.execute(
            """
            SELECT tasks.name FROM work JOIN tasks ON tasks.id = work.task
            JOIN rows ON rows.source = work.source AND rows.number = work.row
            WHERE rows.digest = tasks.digest AND tasks.status <> 'unknown'
            ORDER BY work.number
            """
        ).fetchall()
        assert [name for (name,) in said] == names

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
