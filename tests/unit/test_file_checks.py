"""A journal that was emptied, removed or copied without its last changes is refused."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from batchcreate.errors import JournalError
from batchcreate.journal import Journal
from batchcreate.models import RunId
from tests.journals import opened, shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def refusal(folder: Path) -> str:
    with pytest.raises(JournalError) as caught:
        Journal.open(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        pytest.param("empty", ["summary.json"], id="one file"),
        pytest.param("empty", ["results.csv", "report.html", "log.jsonl"], id="several files"),
        pytest.param("empty", ["journal.db-wal"], id="changes of the journal"),
        pytest.param("missing", ["journal.db-wal"], id="changes of a removed journal"),
    ],
)
def test_emptied_journal_next_to_results_is_refused(
    folder: Path, state: str, names: list[str]
) -> None:
    """All rows would be sent again; the message names the files, and nothing is changed."""
    folder.mkdir(mode=0o700)
    for name in names:
        (folder / name).write_text("x")
    if state == "empty":
        (folder / "journal.db").touch(0o600)

    message = refusal(folder)

    assert f"journal.db: {state}, but the folder contains {', '.join(names)}" in message
    assert "restore it from a backup" in message
    assert all((folder / name).read_text() == "x" for name in names)


def test_database_without_tables_next_to_results_is_refused(folder: Path) -> None:
    """An empty file that another program opened is empty, too."""
    folder.mkdir(mode=0o700)
    (folder / "results.csv").touch()
    shutil.copyfile(_empty_database(folder.parent), folder / "journal.db")

    assert "journal.db: empty, but the folder contains results.csv" in refusal(folder)


def _empty_database(folder: Path) -> Path:
    path = folder / "empty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def test_folder_without_a_journal_gets_one(folder: Path) -> None:
    """A check leaves its issues, and users may put their files there."""
    folder.mkdir(mode=0o700)
    for name in ("tasks.csv", "issues.csv"):
        (folder / name).touch()

    with Journal.open(folder) as journal:
        assert journal.last_run() is None


RESULTS = {
    "log.jsonl": lambda run_id: (
        json.dumps({"event": "run.started", "run_id": "first"})
        + "\n"
        + json.dumps({"event": "run.started", "run_id": run_id})
        + "\n{half of a li"
    ),
    "summary.json": lambda run_id: json.dumps({"run_id": run_id}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_journal_without_the_last_run_is_refused(folder: Path, name: str) -> None:
    """The last run is only in the write-ahead log, which was not copied."""
    with opened(folder, {"a.csv": ["x"]}) as journal:
        journal.start_run(RunId("first"), at="")
        journal.start_run(RunId("second"), at="")
    for run_id in ("first", "second"):
        (folder / name).write_text(RESULTS[name](run_id))
        with Journal.open(folder) as journal:
            assert shown(journal) == ["a.csv:2 x not_attempted"]
    (folder / name).write_text(RESULTS[name]("third"))

    message = refusal(folder)

    assert f"journal.db: older than {name}, which contains a later run (third)" in message
    assert "journal.db-wal" in message


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"[1]", b"{}", b'{"run_id": 7}', b"\xff", b"[" * 50_000],
    ids=["empty", "blank lines", "list", "no run", "number", "bytes", "nested"],
)
def test_unreadable_results_do_not_matter(folder: Path, content: bytes) -> None:
    """Reports can be damaged; they are rebuilt from the journal."""
    Journal.open(folder).close()
    for name in RESULTS:
        (folder / name).write_bytes(content)

    with Journal.open(folder) as journal:
        assert journal.last_run() is None


def test_only_the_end_of_a_long_log_is_read(folder: Path) -> None:
    """The last line decides, however long the log is."""
    Journal.open(folder).close()
    lines = [json.dumps({"run_id": f"run-{number:08}"}) for number in range(10_000)]
    (folder / "log.jsonl").write_text("\n".join(lines))

    assert "(run-00009999)" in refusal(folder)


def test_contradictory_index_is_detected(folder: Path) -> None:
    """A name that differs between a table and its index is damage, although all pages are valid."""
    with opened(folder, {"a.csv": [f"n{number}" for number in range(50)]}):
        pass
    path = folder / "journal.db"
    content = path.read_bytes()
    places = [match.start() for match in re.finditer(rb"n17(?!\d)", content)]

    refused = 0
    for at in places:
        path.write_bytes(content[:at] + b"n9x" + content[at + 3 :])
        try:
            Journal.open(folder).close()
        except JournalError:
            refused += 1

    assert refused >= 2
