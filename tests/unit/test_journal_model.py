"""The journal behaves like a simple model, for any sequence of operations."""

import asyncio
import hashlib
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from batchcreate.journal import Journal
from batchcreate.models import Outcome, Stamp, Status
from tests.journals import (
    ENDPOINT,
    LOST,
    REFUSED,
    add,
    attempt,
    content,
    created,
    explain,
    shown,
    waiting,
)

NAMES = st.sampled_from(["", "!"]).flatmap(
    lambda mark: st.sampled_from("uvwxyz").map(lambda name: mark + name)
)
ROWS = st.lists(
    st.one_of(NAMES, st.sampled_from(["", "!", "u=1", "v=1", "w=1", "x=2", "y=2"])), max_size=6
)
"""Rows of a file; a blank one is no row."""
FILES = st.dictionaries(st.sampled_from(["a.csv", "b.csv"]), ROWS, min_size=1)
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
    """A row of a version of a file; it is broken if a cell of it is invalid."""

    file: str
    number: int
    name: str
    content: str
    is_broken: bool
    is_rejected: bool = False

    @property
    def texts(self) -> tuple[str, str, bool]:
        return self.name, self.content, self.is_broken


@dataclass
class Version:
    """The rows of a file when it was given, and the version that it corrects."""

    texts: list[str]
    corrects: "Version | None"


@dataclass
class Model:
    """The rules of the journal, without its tables."""

    tasks: dict[str, ModelTask] = field(default_factory=dict)
    files: dict[str, list[ModelRow]] = field(default_factory=dict)
    removed: dict[str, list[ModelRow]] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def newest(self, file: str, texts: list[str], *, is_correction: bool) -> list[str]:
        """Return the rows that count if a file is given: a correction is newer than its original."""
        versions = self.versions.setdefault(file, [])
        base = versions[-1] if versions else None
        if base is None or base.texts == texts:
            return texts
        if not is_correction:
            while base is not None and base.texts != texts:
                base = base.corrects
            if base is not None:
                return versions[-1].texts
        return texts

    def add_version(self, file: str, texts: list[str], *, is_correction: bool) -> None:
        versions = self.versions.setdefault(file, [])
        if not versions or versions[-1].texts != texts:
            versions.append(Version(texts, versions[-1] if is_correction else None))

    def read(self, files: dict[str, list[str]]) -> None:
        before = {file: self.files.get(file, []) for file in files}
        self.given = set(files)
        for file, texts in files.items():
            self.files[file] = [_row(file, *row) for row in enumerate(texts, start=2) if row[1]]
            self.removed.setdefault(file, [])
        for row in self._current():
            row.is_rejected = row.is_broken
            if not row.is_broken:
                self.tasks.setdefault(row.name, ModelTask())
        # As long as repeated names are not rejected.
        for file, rows in before.items():
            kept = [row for row in self.removed[file] if not self._is_back(row)]
            self.removed[file] = kept + [row for row in rows if not self._is_found(row, rows)]
        for file in self.removed.keys() - before.keys():
            self.removed[file] = [row for row in self.removed[file] if not self._is_back(row)]
        self._reject_repeated()
        for row in self._current():
            if not row.is_rejected:
                self.tasks[row.name].content = row.content

    def _current(self) -> list[ModelRow]:
        return [row for rows in self.files.values() for row in rows]

    def _has_key(self, row: ModelRow) -> bool:
        """Return True if a row of a newest version is the same, according to its name."""
        return bool(row.name) and any(
            other.name == row.name and not (self._may_exist(row) and other.is_broken)
            for other in self._current()
        )

    def _is_found(self, row: ModelRow, before: list[ModelRow]) -> bool:
        """Return True if a row of the last version is in the newest one, changed or not."""
        if self._is_back(row) or self._may_exist(row):
            return self._is_back(row)
        names = {other.name for other in before} - {""}
        texts = [other.texts for other in before]
        return any(
            other.number == row.number and other.name not in names and other.texts not in texts
            for other in self.files[row.file]
        )

    def _is_back(self, row: ModelRow) -> bool:
        """Return True if a row that was removed is in a newest version again."""
        return self._has_key(row) or (
            not self._may_exist(row)
            and any(other.texts == row.texts for other in self.files[row.file])
        )

    def _reject_repeated(self) -> None:
        for name in {row.name for row in self._current()} - {""}:
            group = [row for row in self._current() if row.name == name]
            if len(group) == 1:
                continue
            task = self.tasks.get(name, ModelTask())
            valid = [row for row in group if not row.is_broken]
            owners = [row for row in valid if row.content == task.sent] or valid
            for row in group:
                is_owner = task.status in {"created", "unknown"} and row in owners[:1]
                row.is_rejected = row.is_broken or not is_owner

    def _may_exist(self, row: ModelRow) -> bool:
        """Return True if the task of the row exists or may exist."""
        return not row.is_rejected and self.tasks_status(row.name) in {"created", "unknown"}

    def tasks_status(self, name: str) -> str:
        return self.tasks[name].status if name in self.tasks else "not_attempted"

    def waiting(self) -> list[str]:
        return [
            row.name
            for row in self._current()
            if row.file in self.given
            and not row.is_rejected
            and self.tasks[row.name].status in {"not_attempted", "failed"}
        ]

    def record_outcome(self, name: str, status: str, task_id: str) -> None:
        task = self.tasks[name]
        owned = {other.task_id for other in self.tasks.values()}
        is_reused = status == "created" and task_id in owned
        task.status = "unknown" if is_reused else status
        task.task_id = task_id if task.status == "created" else ""
        task.sent = task.content

    def shown(self) -> list[str]:
        kept, withdrawn = [], []
        for file, rows in self.files.items():
            for row in self.removed[file]:
                if self._may_exist(row):
                    kept.append(self._described(row, self.tasks[row.name].status))
                else:
                    withdrawn.append(self._described(row, "withdrawn"))
            kept += [self._described(row, self._status(row)) for row in rows]
        return kept + withdrawn

    def _status(self, row: ModelRow) -> str:
        if row.is_rejected:
            return "rejected"
        task = self.tasks[row.name]
        is_changed = task.status == "created" and row.content != task.sent
        return "skipped" if is_changed else task.status

    def _described(self, row: ModelRow, status: str) -> str:
        has_id = status in {"created", "skipped"}
        task_id = self.tasks[row.name].task_id if has_id else ""
        return f"{row.file}:{row.number} {row.name} {status} {task_id}".rstrip()


def _row(file: str, number: int, text: str) -> ModelRow:
    name, _, content = text.partition("=")
    return ModelRow(file, number, name.lstrip("!"), content, is_broken=text[:1] == "!")


class JournalMachine(RuleBasedStateMachine):
    """Enrols, sends and crashes at random; compares with the model after every step."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.model = Model()
        self.last_id = 0
        self.was_created: dict[str, str] = {}
        self.journal = self.open()

    def open(self) -> Journal:
        """Open the journal again."""
        return Journal.open(Path(self.folder.name))

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    @rule(files=FILES)
    def read(self, files: dict[str, list[str]]) -> None:
        self._give(files)

    @rule(at=st.integers(0, 9))
    @precondition(lambda self: self.model.versions)
    def give_again(self, at: int) -> None:
        """Give an earlier version of a file, which can be the original of a correction."""
        files = {
            file: versions[at % len(versions)].texts
            for file, versions in self.model.versions.items()
        }
        self._give(files)

    @rule(edits=st.dictionaries(st.integers(0, 5), st.one_of(NAMES, st.just("")), max_size=2))
    @precondition(lambda self: self.model.versions)
    def correct(self, edits: dict[int, str]) -> None:
        """Change or remove rows of a to-fix file."""
        file, versions = next(reversed(self.model.versions.items()))
        texts = [edits.get(at, text) for at, text in enumerate(versions[-1].texts)]
        self._give({file: texts}, is_correction=True)

    def _give(self, files: dict[str, list[str]], *, is_correction: bool = False) -> None:
        given = {
            file: self.model.newest(file, texts, is_correction=is_correction)
            for file, texts in files.items()
        }
        with self.journal.enrol(endpoint=ENDPOINT) as enrolment:
            for file, texts in files.items():
                digest = hashlib.sha256(content(file, texts)).hexdigest()
                found = enrolment.versions.correction_of(file, digest)
                assert (found is None) == (is_correction or given[file] == texts)
                newest = enrolment.versions.newest(file)
                stamp = (
                    Stamp(batch=enrolment.versions.batch(), input=file, version=newest.number)
                    if newest and is_correction
                    else None
                )
                add(enrolment, file, given[file], stamp)
            enrolment.finish(explain)
        for file, texts in given.items():
            self.model.add_version(file, texts, is_correction=is_correction)
        self.model.read(given)

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
        self.close()
        self.journal = self.open()

    def close(self) -> None:
        """End as a run does."""
        self.journal.close()

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
        self.journal.work.select_from_input()
        tasks, _ = self.journal.work.pending(after=0, limit=100)

        sent = {each.key.task_name: json.loads(each.body)["content"] for each in tasks}

        assert sent == {name: self.model.tasks[name].content for name in sent}

    @invariant()
    def the_counts_add_up(self) -> None:
        counted = [row for row in self.journal.results() if row.status is not Status.WITHDRAWN]

        assert self.journal.summary().total == len(counted)

    @invariant()
    def created_is_final(self) -> None:
        found = dict(
            self.journal._connection.execute(
                "SELECT name, task_id FROM tasks WHERE status = 'created'"
            )
        )
        assert self.was_created.items() <= found.items()
        self.was_created = found


class LongJournalMachine(JournalMachine):
    """The same with a temporary journal, which needs no disk."""

    def open(self) -> Journal:
        return self.journal if hasattr(self, "journal") else Journal.scratch()

    def close(self) -> None:
        self.journal.apply_log()


BRIEF = settings(
    max_examples=15,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

TestJournal = JournalMachine.TestCase
TestJournal.settings = BRIEF


TestManyJournals = pytest.mark.long(LongJournalMachine.TestCase)
TestManyJournals.settings = settings(BRIEF, max_examples=2_000, stateful_step_count=6)
