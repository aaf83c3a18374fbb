"""Checks of a journal file against the other files of its folder: it must not be emptied or old."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from batchcreate.errors import JournalError

_RESULT_FILES: Final = (
    "results.csv",
    "results.xlsx",
    "summary.json",
    "report.html",
    "log.jsonl",
    "status.csv",
    "undo.csv",
)
"""Files that only a run writes; ``check`` writes others to the same folder."""
_LOG_TAIL_BYTES: Final = 64 * 1024
_SUMMARY_BYTES_MAX: Final = 16 * 1024 * 1024
_REMEDY: Final = "restore it from a backup, or choose another folder with --results"


def refuse_emptied(path: Path) -> None:
    """
    Refuse a journal without content in a folder with results.

    A file that does not exist is created: a run that sends nothing removes it, but not its log.

    Raises:
        JournalError: the folder contains result files, or changes that belong to the journal.

    """
    log = path.with_name(f"{path.name}-wal")
    is_missing = not path.exists()
    found = [name for name in _RESULT_FILES if not is_missing and path.with_name(name).exists()]
    if log.is_file() and log.stat().st_size:
        found.append(log.name)
    if found:
        state = "missing" if is_missing else "empty"
        msg = (
            f"{path}: {state}, but the folder contains {', '.join(found)} of an earlier run, whose "
            f"rows would be sent again; {_REMEDY}"
        )
        raise JournalError(msg)


def refuse_older(connection: sqlite3.Connection, path: Path) -> None:
    """
    Refuse a journal that does not contain a run whose results are in its folder.

    Raises:
        JournalError: a run is missing, as after copying the file without its write-ahead log.

    """
    known = {run_id for (run_id,) in connection.execute("SELECT run_id FROM runs")}
    for name, run_id in _runs_in_results(path.parent):
        if run_id not in known:
            msg = (
                f"{path}: older than {name}, which contains a later run ({run_id}). The last "
                f"changes of a journal are in {path.name}-wal next to it: copy that file, too, or "
                f"{_REMEDY}"
            )
            raise JournalError(msg)


def _runs_in_results(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files that contain the last run, with its id."""
    with suppress(OSError), (folder / "log.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _LOG_TAIL_BYTES))
        ids = filter(None, map(_run_id, reversed(file.read().splitlines())))
        yield from (("log.jsonl", run_id) for run_id in [*ids][:1])
    with suppress(OSError), (folder / "summary.json").open("rb") as file:
        if run_id := _run_id(file.read(_SUMMARY_BYTES_MAX)):
            yield "summary.json", run_id


def _run_id(document: bytes) -> str:
    """Return the run id in a JSON object; empty if there is none."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        return ""
    run_id = found.get("run_id") if isinstance(found, dict) else None
    return run_id if isinstance(run_id, str) else ""
