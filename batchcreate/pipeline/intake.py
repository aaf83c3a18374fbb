"""Reads, validates and enrolls every row of every file, before anything is sent."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchcreate import loader
from batchcreate.errors import SettingsError, StoppedError
from batchcreate.journal import Journal, Reading, work
from batchcreate.models import Chunk
from batchcreate.pipeline.values import Plan
from batchcreate.validator import repeated_name_issues, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """
    The rows that a run is about.

    Attributes:
        files: in the order given.
        sheets: worksheets to read; empty for every one that has the header.
        defaults: ``project_id`` and ``instance_id`` of rows that name none.
        selection: row numbers that may be sent; ``None`` for all.
        limit: at most that many tasks are sent; ``None`` for all.

    """

    files: Sequence[Path]
    sheets: Sequence[str] = ()
    defaults: Mapping[str, str]
    selection: Container[int] | None = None
    limit: int | None = None


def enroll(
    journal: Journal,
    source: Input,
    *,
    endpoint: str,
    is_kept: bool = True,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """
    Bring every row of the input into the journal and say what is to be sent.

    Args:
        journal: open.
        source: the files and how to read them.
        endpoint: what the keys of the tasks begin with.
        is_kept: ``False`` to leave the journal as it was.
        is_stopped: asked from time to time whether to give up.

    Raises:
        LoadError: an input file cannot be read as a table; the journal is unchanged.
        SettingsError: rows would belong to no project or instance, or to another endpoint.
        StoppedError: *is_stopped* said so; the journal is unchanged.

    """
    rows = 0
    with journal.reading(endpoint=endpoint, is_kept=is_kept) as reading:
        for chunk in chunks(source, reading):
            if is_stopped():
                msg = "stopped while the input was being read; nothing was sent"
                raise StoppedError(msg)
            _require_target(chunk, source.defaults)
            checked = validate(chunk, defaults=source.defaults, needs_target=True)
            reading.add_tasks(checked.tasks(endpoint), selection=source.selection)
            reading.add_rejected(checked.rejected)
            reading.add_names(checked.keys())
            rows += len(chunk.numbers)
        reading.reject_repeated(repeated_name_issues)
        reading.settle_with_earlier()
        work.choose_read(journal.connection)
        if source.limit is not None:
            work.cut(journal.connection, source.limit)
        return Plan(
            rows=rows,
            summary=journal.summary(),
            to_send=work.count_per_target(journal.connection),
        )


def chunks(source: Input, reading: Reading) -> Iterator[Chunk]:
    """
    Yield the rows of all files, and open each sheet in *reading* before its first rows.

    Raises:
        LoadError: an input file cannot be read as a table.

    """
    labels = loader.labels(source.files)
    sheet = None
    for path, label in zip(source.files, labels, strict=True):
        for chunk in loader.read(path, label=label, sheets=source.sheets):
            if sheet != (path, chunk.sheet):
                sheet = (path, chunk.sheet)
                reading.open_sheet(chunk.file, chunk.sheet, chunk.columns["task_name"])
            yield chunk


def _require_target(chunk: Chunk, defaults: Mapping[str, str]) -> None:
    for field, default in defaults.items():
        if not default and field not in chunk.columns:
            option = "--" + field.replace("_", "-")
            where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
            msg = f"{where}: no column {field}; add one, or give {option} for all rows"
            raise SettingsError(msg)
