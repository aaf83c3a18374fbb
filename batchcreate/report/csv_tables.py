"""The CSV reports: results.csv, issues.csv and undo.csv, protected against formula injection."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from batchcreate.advice import explain
from batchcreate.errors import NotSentReason
from batchcreate.models import Deletion, Issue, Key, ResultRow, Status, TaskId
from batchcreate.models.results import RESULT_COLUMNS
from batchcreate.report.atomic_files import atomic_text_file
from batchcreate.text import csv_cell

ISSUE_COLUMNS: Final = (
    "file",
    "sheet",
    "row",
    "column",
    "cell",
    "value",
    "rule",
    "severity",
    "message",
    "suggestion",
)

DELETION_COLUMNS: Final = (
    "task_name",
    "task_id",
    "outcome",
    "http_status",
    "error_code",
    "error_msg",
    "project_id",
    "instance_id",
)

_BATCH_LINES: Final = 2048
_QUOTED: Final = re.compile('[",\r\n]')
"""Characters of cells that are written in quotation marks."""

_CACHED_ADVICE_MAX: Final = 1024
"""Size of the cache of advice texts: most rows have the same few responses."""

_ENCODING: Final = "utf-8-sig"
"""With a byte order mark, which makes Excel read the file as UTF-8."""


def write_results(
    path: Path, rows: Iterable[ResultRow], others: Sequence[str] = (), *, language: str = "en"
) -> None:
    """
    Write results.csv, one line per row.

    Args:
        path: path of the file.
        rows: the rows, in the order of the lines.
        others: the columns without a field; see `ResultRow.others`.
        language: language of the advice.

    Raises:
        ReportError: the file cannot be written.

    """
    columns = [*RESULT_COLUMNS, *map(csv_cell, others)]
    _write(path, columns, (result_cells(row, language, others) for row in rows))


def write_issues(path: Path, issues: Iterable[Issue]) -> None:
    """
    Write issues.csv, one line per issue.

    Raises:
        ReportError: the file cannot be written.

    """
    _write(path, ISSUE_COLUMNS, issues)


def write_deletions(path: Path, deletions: Iterable[tuple[Key, TaskId, Deletion]]) -> None:
    """
    Write undo.csv, one line per task that undo processed.

    Raises:
        ReportError: the file cannot be written.

    """
    lines = (
        (
            key.task_name,
            task_id,
            deletion.status.value,
            deletion.http_status,
            deletion.error_code,
            deletion.error_msg,
            key.target.project_id,
            key.target.instance_id,
        )
        for key, task_id, deletion in deletions
    )
    _write(path, DELETION_COLUMNS, lines)


def _write(path: Path, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with atomic_text_file(path, encoding=_ENCODING) as file:
        file.write(f"{','.join(map(_csv_text, columns))}\r\n")
        remaining = iter(lines)
        while batch := list(islice(remaining, _BATCH_LINES)):
            cells = map(_csv_texts, zip(*batch, strict=True))
            # The lines of a batch are encoded together.
            file.write("".join(f"{','.join(line)}\r\n" for line in zip(*cells, strict=True)))


def _csv_texts(cells: Sequence[object]) -> Sequence[str]:
    """Return the *cells* of a column without formulas, as CSV; equal cells are converted once."""
    texts = {cell: _csv_text(cell) for cell in set(cells)}
    return [texts[cell] for cell in cells]


def _csv_text(cell: object) -> str:
    """Return *cell* as `csv.writer` writes it."""
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    text = csv_cell(cell)
    if not _QUOTED.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def result_cells(
    row: ResultRow, language: str, others: Sequence[str] = ()
) -> Sequence[str | int | None]:
    """Return the cells of *row*, in the order of `RESULT_COLUMNS` and *others*."""
    return (
        row.location.file,
        row.location.sheet,
        row.location.number,
        row.task_name,
        row.status.value,
        row.task_id,
        row.http_status,
        row.error_code,
        row.error_msg,
        _advice(
            row.error_code,
            row.http_status,
            row.status,
            row.error_msg,
            row.not_sent_reason,
            language,
        ),
        row.attempts,
        row.first_sent_at,
        row.finished_at,
        row.duration_ms,
        row.project_id,
        row.instance_id,
        *(row.others.get(name, "") for name in others),
    )


@lru_cache(maxsize=_CACHED_ADVICE_MAX)
def _advice(
    code: str,
    http_status: int | None,
    status: Status,
    message: str,
    not_sent_reason: NotSentReason | None,
    language: str,
) -> str:
    return explain(
        code,
        http_status=http_status,
        status=status,
        message=message,
        not_sent_reason=not_sent_reason,
        language=language,
    ).text
