"""Versions of input rows: corrections and superseded rows."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from batchcreate.journal.input_files import forget_unused
from batchcreate.models import Origin
from batchcreate.models.rows import CONTENT_CHARS

_TABLES: Final = """
-- Earlier request bodies of tasks that another row with the same key has replaced.
CREATE TABLE temp.overwritten (task INTEGER, digest BLOB, body BLOB);
-- The input sheets that origins refer to, by each name that they use, and where they were read.
CREATE TABLE temp.sheets (
    content TEXT, file TEXT, sheet TEXT, id INTEGER, PRIMARY KEY (content, file, sheet)
);
CREATE TABLE temp.sheet_sources (id INTEGER, source INTEGER, PRIMARY KEY (id, source));
CREATE TABLE temp.versions (
    source INTEGER, number INTEGER, sheet INTEGER, row INTEGER,
    is_new INTEGER, is_correction INTEGER, task INTEGER, status TEXT,
    PRIMARY KEY (source, number)
);
CREATE INDEX temp.versions_row ON versions (sheet, row);
CREATE TABLE temp.superseded (source INTEGER, number INTEGER, PRIMARY KEY (source, number));
-- The rows of this enrolment that have a task name.
CREATE TABLE temp.names (source INTEGER, number INTEGER, PRIMARY KEY (source, number));
"""

_TRIGGER: Final = """
CREATE TEMP TRIGGER keep_overwritten BEFORE UPDATE OF body ON main.tasks BEGIN
    INSERT INTO overwritten VALUES (old.id, old.digest, old.body);
END
"""

_CORRECTIONS: Final = """
INSERT INTO temp.versions
SELECT origins.source, origins.number, sheets.id, origins.row, enrolment = :enrolment, 1, task,
       status
FROM origins JOIN temp.sheets USING (content, file, sheet)
JOIN sources ON sources.id = origins.source
LEFT JOIN rows USING (source, number) LEFT JOIN tasks ON tasks.id = rows.task
"""

_ORIGINALS: Final = """
INSERT OR IGNORE INTO temp.versions
SELECT sheet_sources.source, origins.row, sheets.id, origins.row, enrolment = :enrolment, 0, task,
       status
FROM origins JOIN temp.sheets USING (content, file, sheet)
JOIN temp.sheet_sources ON sheet_sources.id = sheets.id
JOIN sources ON sources.id = sheet_sources.source
LEFT JOIN rows ON rows.source = sheet_sources.source AND rows.number = origins.row
LEFT JOIN tasks ON tasks.id = rows.task
"""

# A correction that is enrolled now supersedes the other versions of its row.
_BY_NEW_CORRECTION: Final = """
INSERT OR IGNORE INTO temp.superseded
SELECT version.source, version.number
FROM temp.versions AS version JOIN temp.versions AS correction USING (sheet, row)
WHERE correction.is_new AND correction.is_correction
AND NOT (version.is_new AND version.is_correction)
AND (
    version.task IS NULL
    OR version.status IN ('not_attempted', 'failed')
    OR version.task IS correction.task
)
"""

# An original that is enrolled again without its correction. If the correction was sent, the original
# is superseded, so that no second task is created under the old name; otherwise the correction is.
_BY_SENT_CORRECTION: Final = """
INSERT OR IGNORE INTO temp.superseded
SELECT original.source, original.number
FROM temp.versions AS original JOIN temp.versions AS correction USING (sheet, row)
WHERE original.is_new AND NOT original.is_correction
AND correction.is_correction AND NOT correction.is_new
AND correction.status IN ('created', 'unknown', 'skipped')
AND correction.task IS NOT original.task
"""

_BY_NEW_ORIGINAL: Final = """
INSERT OR IGNORE INTO temp.superseded
SELECT correction.source, correction.number
FROM temp.versions AS correction JOIN temp.versions AS original USING (sheet, row)
WHERE original.is_new AND NOT original.is_correction
AND correction.is_correction AND NOT correction.is_new
AND (correction.task IS NULL OR correction.status IN ('not_attempted', 'failed'))
AND (original.source, original.number) NOT IN (SELECT source, number FROM temp.superseded)
"""

# A rejected correction and its original, whose task exists, do not have duplicate names.
_NOT_DUPLICATE: Final = """
DELETE FROM temp.names WHERE (source, number) IN (
    SELECT correction.source, correction.number
    FROM temp.versions AS correction JOIN temp.versions AS original USING (sheet, row)
    JOIN rows AS a ON a.source = correction.source AND a.number = correction.number
    JOIN rows AS b ON b.source = original.source AND b.number = original.number
    WHERE correction.is_new AND correction.is_correction
    AND original.is_new AND NOT original.is_correction
    AND (a.project_id, a.instance_id, a.task_name) = (b.project_id, b.instance_id, b.task_name)
)
"""

_COUNT: Final = """
SELECT count(*) FROM temp.superseded JOIN temp.versions USING (source, number)
WHERE is_new AND (
    EXISTS (
        SELECT 1 FROM rows
        WHERE rows.source = superseded.source AND rows.number = superseded.number
    )
    OR (source, number) IN (SELECT source, number FROM temp.names)
)
"""

# A superseded row can have been enrolled after the row with the same key that is kept.
_RESTORE: Final = """
UPDATE tasks SET body = overwritten.body, digest = overwritten.digest
FROM temp.overwritten
WHERE tasks.id = overwritten.task AND tasks.digest <> overwritten.digest
AND EXISTS (
    SELECT 1 FROM rows JOIN sources ON sources.id = rows.source
    WHERE rows.task = tasks.id AND rows.digest = overwritten.digest
    AND sources.enrolment = :enrolment
)
"""

_SOURCES: Final = """
SELECT substr(contents.digest, 1, ?), sheet, enrolment, file, sources.id
FROM sources JOIN contents ON contents.id = sources.content
"""


def begin(connection: sqlite3.Connection) -> None:
    """Create the temporary tables for the rows of one enrolment."""
    connection.execute("DROP TRIGGER IF EXISTS temp.keep_overwritten")
    for name in ("overwritten", "sheets", "sheet_sources", "versions", "superseded", "names"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        connection.execute(statement)
    connection.execute(_TRIGGER)


def add(connection: sqlite3.Connection, source: int, rows: Iterable[tuple[int, Origin]]) -> None:
    """Record the origins of *rows* of *source*, given by number; the rows are enrolled."""
    connection.executemany(
        "INSERT INTO origins VALUES (?, ?, ?, ?, ?, ?)",
        (
            (source, number, origin.content, original.file, original.sheet, original.number)
            for number, origin in rows
            for original in (origin.location,)
        ),
    )


def apply_corrections(
    connection: sqlite3.Connection, enrolment: int, rows: Iterable[tuple[int, int]]
) -> tuple[int, set[tuple[int, int]] | None]:
    """
    Remove the rows that another version supersedes.

    Return the number of removed rows that belong to *enrolment*, and those of *rows* whose values
    must be unique; None if these are all.

    Args:
        connection: connection of the journal.
        enrolment: number of the enrolment.
        rows: source and number of its rows that have a task name.

    """
    if connection.execute("SELECT 1 FROM origins").fetchone() is None:
        return 0, None
    connection.executemany("INSERT INTO temp.names VALUES (?, ?)", rows)
    _find_sheets(connection)
    for statement in (
        _CORRECTIONS,
        _ORIGINALS,
        _BY_NEW_CORRECTION,
        _BY_SENT_CORRECTION,
        _BY_NEW_ORIGINAL,
    ):
        connection.execute(statement, {"enrolment": enrolment})
    count = connection.execute(_COUNT).fetchone()
    for table in ("temp.names", "issues", "origins", "rows"):
        connection.execute(
            f"DELETE FROM {table}"  # noqa: S608 # constant names
            " WHERE (source, number) IN (SELECT source, number FROM temp.superseded)"
        )
    connection.execute(_NOT_DUPLICATE)
    connection.execute("DROP TRIGGER temp.keep_overwritten")
    connection.execute(_RESTORE, {"enrolment": enrolment})
    return int(count[0]), set(connection.execute("SELECT source, number FROM temp.names"))


def _find_sheets(connection: sqlite3.Connection) -> None:
    """Find the sheets that the origins refer to, even if their files were renamed."""
    sources: dict[tuple[str, str], list[tuple[int, str, int]]] = defaultdict(list)
    for content, sheet, *source in connection.execute(_SOURCES, (CONTENT_CHARS,)):
        sources[content, sheet].append(source)
    names = connection.execute("SELECT DISTINCT content, file, sheet FROM origins").fetchall()
    sheets: dict[tuple[str, ...], int] = {}
    for content, file, sheet in names:
        found = sources[content, sheet]
        has_copies = len({enrolment for enrolment, *_ in found}) < len(found)
        name = (content, sheet, file) if has_copies else (content, sheet)
        number = sheets.setdefault(name, len(sheets))
        connection.execute(
            "INSERT INTO temp.sheets VALUES (?, ?, ?, ?)", (content, file, sheet, number)
        )
        connection.executemany(
            "INSERT OR IGNORE INTO temp.sheet_sources VALUES (?, ?)",
            [(number, source) for _, label, source in found if not has_copies or label == file],
        )


_SUPERSEDE: Final = (
    # rows of the same task, wherever they are now
    """
    DELETE FROM rows
    WHERE source IN (SELECT id FROM sources WHERE enrolment < :enrolment)
    AND task IN (
        SELECT task FROM rows JOIN sources ON sources.id = rows.source
        WHERE enrolment = :enrolment AND task IS NOT NULL
    )
    """,
    # rejected rows that are enrolled again under the same name, corrected or not
    """
    DELETE FROM rows
    WHERE source IN (SELECT id FROM sources WHERE enrolment < :enrolment) AND task IS NULL
    AND (project_id, instance_id, task_name) IN (
        SELECT project_id, instance_id, task_name
        FROM rows JOIN sources ON sources.id = rows.source
        WHERE enrolment = :enrolment AND task_name <> ''
    )
    """,
    # rows of the same files that were never sent
    """
    DELETE FROM rows
    WHERE source IN (
        SELECT id FROM sources WHERE enrolment < :enrolment
        AND file IN (SELECT file FROM sources WHERE enrolment = :enrolment)
    )
    AND (task IS NULL OR task IN (SELECT id FROM tasks WHERE status = 'not_attempted'))
    """,
    # tasks and sources without rows
    """
    DELETE FROM tasks WHERE status = 'not_attempted' AND attempts = 0
    AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.task = tasks.id)
    """,
    """
    DELETE FROM sources WHERE enrolment < :enrolment
    AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.source = sources.id)
    """,
)


def supersede_earlier(connection: sqlite3.Connection, enrolment: int) -> None:
    """
    Replace rows of earlier enrolments by the same rows of *enrolment*.

    A row that was sent is kept, even if it is missing in the newest version of its file.
    """
    for statement in _SUPERSEDE:
        connection.execute(statement, {"enrolment": enrolment})
    forget_unused(connection)
