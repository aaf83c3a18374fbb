"""A journal is opened by one process at a time, and only if it is valid."""

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchcreate.errors import JournalError, JournalLockedError, SettingsError
from batchcreate.journal import Journal, database, make_folder
from batchcreate.journal.database import FolderLock
from batchcreate.models import RunId, Summary
from tests.journals import opened, read, shown

ROOT = Path(__file__).parents[2]

HOLD = """
import sys
from pathlib import Path
from batchcreate.journal import Journal

with Journal.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""

# One interpreter starts, then forks, so that all twenty processes start at the same time.
RACE = """
import os, sys
from pathlib import Path
from batchcreate.errors import JournalLockedError
from batchcreate.journal import Journal

start, started = os.pipe()
end, ended = os.pipe()
for _ in range(20):
    if not os.fork():
        os.close(started), os.close(ended)
        os.read(start, 1)
        try:
            journal = Journal.open(Path(sys.argv[1]))
        except JournalLockedError:
            verdict = b"locked\\n"
        except BaseException as error:
            verdict = repr(error).encode() + b"\\n"
        else:
            verdict = b"opened\\n"
        os.write(1, verdict)
        os.close(1)
        os.read(end, 1)
        os._exit(0)
os.close(1)
os.close(started)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run *program* until the end of the block, or until it is killed."""
    with subprocess.Popen(  # noqa: S603 # a program of this module
        [sys.executable, "-c", program, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_new_folder_is_readable_by_its_owner_only(folder: Path) -> None:
    """Folder and files are private, even if the umask allows more."""
    with opened(folder, {"a.csv": ["x"]}):
        modes = {path.name: mode(path) for path in folder.iterdir()}

    assert mode(folder) == 0o700
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.lock": 0o600}


def test_parent_folders_are_created(tmp_path: Path) -> None:
    """The results folder can have any path."""
    folder = tmp_path / "a" / "b" / "c"

    Journal.open(folder).close()

    assert mode(folder) == 0o700
    assert (folder / "journal.db").is_file()


def test_every_new_folder_is_synced_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power failure the folder and its parents still exist."""
    synced = []
    fsync = os.fsync

    def record(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", record)

    Journal.open(tmp_path / "a" / "b").close()

    assert set(synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}


def test_every_commit_is_synced_before_it_counts(folder: Path) -> None:
    """With these settings a transaction survives a power failure, and the file is locked."""
    with Journal.open(folder) as journal:
        found = [
            journal._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "locking_mode", "foreign_keys")
        ]

    assert found == ["wal", 2, "exclusive", 1]


def test_a_second_open_in_the_same_process_is_refused(folder: Path) -> None:
    """The message contains the process that uses the folder."""
    with (
        Journal.open(folder),
        pytest.raises(
            JournalLockedError,
            match=rf"another run .* \(process {os.getpid()} on {socket.gethostname()}\)",
        ),
    ):
        Journal.open(folder)


def test_opening_in_another_process_is_refused(folder: Path) -> None:
    """The message contains the other process, whose journal is not changed."""
    with running(HOLD, folder) as process:
        assert line_of(process) == "open"

        with pytest.raises(JournalLockedError, match=rf"\(process {process.pid} on "):
            Journal.open(folder)

    Journal.open(folder).close()


def test_killed_run_releases_the_lock(folder: Path) -> None:
    """The lock ends with its process; the lock file remains."""
    with running(HOLD, folder) as process:
        assert line_of(process) == "open"
        process.send_signal(signal.SIGKILL)
        process.wait()

        with Journal.open(folder) as journal:
            assert journal.summary() == Summary()
            assert (folder / "journal.lock").read_text().startswith(f"process {os.getpid()} on ")


def test_one_of_twenty_simultaneous_starts_opens_the_journal(folder: Path) -> None:
    """All others fail because another run uses the journal."""
    with running(RACE, folder) as process:
        verdicts = sorted(line_of(process) for _ in range(20))

    assert verdicts == ["locked"] * 19 + ["opened"]


def test_unknown_process_is_reported_as_unknown(folder: Path) -> None:
    """A lock file without text is a lock as well."""
    with Journal.open(folder):
        (folder / "journal.lock").write_text("")

        with pytest.raises(JournalLockedError, match="unknown process"):
            Journal.open(folder)


def test_journal_that_another_program_uses_is_refused(folder: Path) -> None:
    """The run does not open a database that a browser is changing."""
    Journal.open(folder).close()
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as browser:
        browser.execute("BEGIN IMMEDIATE")

        with pytest.raises(JournalLockedError, match="another program has this journal open"):
            Journal.open(folder)

    Journal.open(folder).close()


def plant_link(path: Path) -> None:
    victim = path.parent.parent / "victim"
    victim.write_text("precious")
    path.symlink_to(victim)


def plant_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "victim")


PLANTS = {
    "link": plant_link,
    "dangling link": plant_dangling_link,
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
@pytest.mark.parametrize("name", ["journal.db", "journal.lock"])
def test_only_a_regular_file_is_opened(folder: Path, name: str, plant: object) -> None:
    """A link, a folder or a pipe with that name is refused and not changed."""
    assert callable(plant)
    make_folder(folder)
    plant(folder / name)
    before = (folder / name).lstat()

    with pytest.raises((JournalError, SettingsError), match=str(folder)) as caught:
        Journal.open(folder)

    assert not isinstance(caught.value, JournalLockedError)
    after = (folder / name).lstat()
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    victim = folder.parent / "victim"
    assert not victim.exists() or victim.read_text() == "precious"


def test_link_instead_of_the_write_ahead_log_is_not_followed(folder: Path) -> None:
    """The target of the link is not changed."""
    Journal.open(folder).close()
    plant_link(folder / "journal.db-wal")

    with pytest.raises(JournalError, match="cannot be opened"):
        Journal.open(folder)

    assert (folder.parent / "victim").read_text() == "precious"


def make_database(path: Path, *statements: str) -> bytes:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path.read_bytes()


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE bookmarks (url)", "INSERT INTO bookmarks VALUES ('https://x.example')"],
        ["CREATE TABLE bookmarks (url)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"],
        ["CREATE TABLE bookmarks (url)", "DROP TABLE bookmarks", "PRAGMA application_id = 7"],
    ],
    ids=["without application id", "other application id", "without tables"],
)
def test_database_of_another_program_is_refused_and_not_changed(
    folder: Path, statements: list[str]
) -> None:
    """The file has the same bytes as before."""
    make_folder(folder)
    before = make_database(folder / "journal.db", *statements)

    with pytest.raises(JournalError, match="not a batchcreate journal"):
        Journal.open(folder)

    assert (folder / "journal.db").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"journal.db", "journal.lock"}


@pytest.mark.parametrize(
    "content",
    [b"task_name,task_type\n" * 500, b"\0" * 4096, b"SQLite format 3\0" + b"\xff" * 500],
    ids=["text", "zeros", "half a header"],
)
def test_file_without_a_database_is_refused_and_not_changed(folder: Path, content: bytes) -> None:
    """The message contains a remedy."""
    make_folder(folder)
    (folder / "journal.db").write_bytes(content)

    with pytest.raises(JournalError, match=r"journal\.db: .*choose another folder"):
        Journal.open(folder)

    assert (folder / "journal.db").read_bytes() == content


def test_empty_file_becomes_a_journal(folder: Path) -> None:
    """A run that is killed while it creates its journal leaves an empty file."""
    make_folder(folder)
    (folder / "journal.db").touch(0o600)

    with opened(folder, {"a.csv": ["x"]}) as journal:
        assert shown(journal) == ["a.csv:2 x not_attempted"]


@pytest.mark.parametrize(
    ("change", "remedy"),
    [(1, "upgrade batchcreate"), (-1, "continue with that version, or choose another folder")],
    ids=["newer", "older"],
)
def test_a_journal_of_another_version_is_refused(folder: Path, change: int, remedy: str) -> None:
    """The message contains both versions and a remedy; the file is not changed."""
    Journal.open(folder).close()
    other = database.VERSION + change
    before = make_database(folder / "journal.db", f"PRAGMA user_version = {other}")

    with pytest.raises(
        JournalError,
        match=rf"version {other}, this one reads version {database.VERSION}.*{remedy}",
    ):
        Journal.open(folder)

    assert (folder / "journal.db").read_bytes() == before


def test_damaged_pages_are_detected(folder: Path) -> None:
    """If any page is overwritten, the journal is refused or has the same content."""
    with opened(folder, {"a.csv": [f"task-{number}" for number in range(300)]}) as journal:
        report = shown(journal)
    intact = (folder / "journal.db").read_bytes()
    verdicts = []

    for page in range(len(intact) // 4096):
        damaged = bytearray(intact)
        damaged[page * 4096 : page * 4096 + 2048] = b"\xa5" * 2048
        (folder / "journal.db").write_bytes(damaged)
        verdicts.append(verdict(folder, report))

    assert verdicts[0] == "refused"
    assert set(verdicts) <= {"refused", "opened"}
    assert verdicts.count("refused") > len(verdicts) // 2


def verdict(folder: Path, report: list[str]) -> str:
    try:
        with Journal.open(folder) as journal:
            return "opened" if shown(journal) == report else "changed"
    except JournalError as error:
        return "refused" if str(folder) in str(error) else str(error)


def test_journal_without_its_tables_is_refused(folder: Path) -> None:
    """After the error the journal is not locked."""
    Journal.open(folder).close()
    make_database(folder / "journal.db", "DROP TABLE meta")

    for _ in range(2):
        with pytest.raises(JournalError, match="no such table: meta") as caught:
            Journal.open(folder)

        # The frames of the error would keep an open connection, and its lock, alive.
        assert not isinstance(caught.value, JournalLockedError)


def test_a_journal_that_cannot_be_read_is_refused(folder: Path) -> None:
    """The header requires a feature that this SQLite does not have."""
    Journal.open(folder).close()
    with (folder / "journal.db").open("r+b") as file:
        file.seek(18)
        file.write(b"\x03\x03")

    with pytest.raises(JournalError, match=r"journal\.db: "):
        Journal.open(folder)


def test_folder_without_a_journal_is_refused_if_one_is_required(folder: Path) -> None:
    """Commands that only use the journal create no files."""
    with pytest.raises(SettingsError, match=r"no journal\.db in this folder"):
        Journal.open(folder, is_new_allowed=False)

    assert not folder.exists()


def test_existing_journal_is_opened_if_one_is_required(folder: Path) -> None:
    """The folder is the results folder of an earlier run."""
    opened(folder, {"a.csv": ["x"]}).close()

    with Journal.open(folder, is_new_allowed=False) as journal:
        assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_file_instead_of_the_folder_is_refused(folder: Path) -> None:
    """The message contains the option for another folder."""
    folder.write_text("mine")

    with pytest.raises(SettingsError, match="choose another one with --results"):
        Journal.open(folder)

    assert folder.read_text() == "mine"


@pytest.mark.parametrize("is_new_allowed", [True, False], ids=["run", "report"])
def test_impossible_path_is_refused(tmp_path: Path, *, is_new_allowed: bool) -> None:
    """The message contains the error of the operating system."""
    with pytest.raises(SettingsError, match="File name too long"):
        Journal.open(tmp_path / ("n" * 300), is_new_allowed=is_new_allowed)

    assert list(tmp_path.iterdir()) == []


def test_a_journal_can_be_moved(folder: Path) -> None:
    """It does not contain the path of its folder."""
    opened(folder, {"a.csv": ["x"]}).close()
    folder.rename(folder.with_name("moved"))

    with Journal.open(folder.with_name("moved")) as journal:
        assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_discarding_removes_a_new_folder(folder: Path) -> None:
    """A run that enrolled no rows leaves no files."""
    with Journal.open(folder) as journal:
        journal.discard()

    assert not folder.exists()


def test_discarding_keeps_an_existing_folder(folder: Path) -> None:
    """An empty folder of the user is kept, without new files."""
    folder.mkdir(mode=0o755)

    with Journal.open(folder) as journal:
        journal.discard()

    assert list(folder.iterdir()) == []


def test_discarding_keeps_other_files(folder: Path) -> None:
    """Only the journal and its lock are removed."""
    with Journal.open(folder) as journal:
        (folder / "notes.txt").write_text("mine")
        journal.discard()

    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_discarding_keeps_an_existing_journal(folder: Path) -> None:
    """A journal without rows is kept as well if it existed before."""
    Journal.open(folder).close()

    with Journal.open(folder) as journal:
        journal.discard()

    assert (folder / "journal.db").is_file()


def test_discarding_keeps_enrolled_rows(folder: Path) -> None:
    """A journal with rows is not removed."""
    with opened(folder, {"a.csv": ["x"]}) as journal:
        journal.discard()

        assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_missing_space_for_temporary_files_is_reported(folder: Path) -> None:
    """The journal is not changed, and the next run can open it."""
    opened(folder, {"a.csv": ["a"]}).close()

    def select_without_space() -> None:
        with Journal.open(folder) as journal:
            journal._connection.execute("PRAGMA temp.max_page_count = 1")
            journal.work.select_for_retry()

    with pytest.raises(
        JournalError, match=r"^journal.db cannot be read: database or disk is full"
    ):
        select_without_space()

    with Journal.open(folder) as journal:
        assert shown(journal) == ["a.csv:2 a not_attempted"]


def test_scratch_journal_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It behaves like any other journal, without lock and files."""
    monkeypatch.chdir(tmp_path)

    with Journal.scratch() as journal:
        read(journal, {"a.csv": ["x", "!y"]})
        found = shown(journal)
        journal.discard()

    assert found == ["a.csv:2 x not_attempted", "a.csv:3 y rejected"]
    assert list(tmp_path.iterdir()) == []


def test_last_finished_run_is_returned(folder: Path) -> None:
    """A run that was killed has no facts, so the one before it is returned."""
    with Journal.open(folder) as journal:
        none = journal.last_run()
        first = journal.start_run(RunId("first"), at="2025-01-02")
        journal.finish_run(first, at="2025-01-03", facts={"rate": 1.5, "stopped": None})
        second = journal.start_run(RunId("second"), at="2025-01-04")

        last = journal.last_run()

    assert none is None
    assert (first, second) == (1, 2)
    assert last == (RunId("first"), {"rate": 1.5, "stopped": None})


def test_process_that_has_just_taken_the_lock_is_named(folder: Path) -> None:
    """Its text follows the lock after a moment, for which the other process waits."""
    make_folder(folder)
    lock = FolderLock.take(folder)
    os.truncate(lock.handle, 0)

    def write_text(_: float) -> None:
        os.pwrite(lock.handle, b"process 4711 on host\n", 0)

    with pytest.raises(JournalLockedError, match=r"\(process 4711 on host\)"):
        FolderLock.take(folder, pause=write_text)
    lock.release()

    assert (folder / FolderLock.NAME).read_bytes() == b""


def test_lock_is_taken_if_its_text_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run must work on a full disk as well."""
    make_folder(folder)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)

    lock = FolderLock.take(folder)

    with pytest.raises(JournalLockedError, match="unknown process"):
        FolderLock.take(folder)
    lock.release()
