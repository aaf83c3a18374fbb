"""Versions of input rows: corrections and superseded rows."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from batchcreate.journal.input_files import forget_unused
from batchcreate.models import Origin
from batchcreate.models.rows import CONTENT_CHARS

_TABLES: Final = """
-- What tasks would send before another row of the same name was read.
CREATE TABLE temp.overwritten (task INTEGER, digest BLOB, body BLOB);
-- The parts of the files, by every name that origins have for them, and where they were read.
CREATE TABLE temp.parts (
    content TEXT, file TEXT, sheet TEXT, part INTEGER, PRIMARY KEY (content, file, sheet)
);
CREATE TABLE temp.part_sources (part INTEGER, source INTEGER, PRIMARY KEY (part, source));
CREATE TABLE temp.versions (
    source INTEGER, number INTEGER, part INTEGER, row INTEGER,
    is_new INTEGER, is_mended INTEGER, task INTEGER, status TEXT,
    PRIMARY KEY (source, number)
);
CREATE INDEX temp.versions_row ON versions (part, row);
CREATE TABLE temp.giving_way (source INTEGER, number INTEGER, PRIMARY KEY (source, number));
"""

_TRIGGER: Final = """
CREATE TEMP TRIGGER keep_overwritten BEFORE UPDATE OF body ON main.tasks BEGIN
    INSERT INTO overwritten VALUES (old.id, old.digest, old.body);
END
"""

_MENDED_VERSIONS: Final = """
INSERT INTO temp.versions
SELECT origins.source, origins.number, part, origins.row, reading = :reading, 1, task, status
FROM origins JOIN temp.parts USING (content, file, sheet)
JOIN sources ON sources.id = origins.source
LEFT JOIN rows USING (source, number) LEFT JOIN tasks ON tasks.id = rows.task
"""

_OTHER_VERSIONS: Final = """
INSERT OR IGNORE INTO temp.versions
SELECT part_sources.source, origins.row, part, origins.row, reading = :reading, 0, task, status
FROM origins JOIN temp.parts USING (content, file, sheet) JOIN temp.part_sources USING (part)
JOIN sources ON sources.id = part_sources.source
LEFT JOIN rows ON rows.source = part_sources.source AND rows.number = origins.row
LEFT JOIN tasks ON tasks.id = rows.task
"""

# The versions that give way. First to a mended one that is read now.
_TO_MENDED: Final = """
INSERT OR IGNORE INTO temp.giving_way
SELECT version.source, version.number
FROM temp.versions AS version JOIN temp.versions AS better USING (part, row)
WHERE better.is_new AND better.is_mended AND NOT (version.is_new AND version.is_mended)
AND (
    version.task IS NULL
    OR version.status IN ('not_attempted', 'failed')
    OR version.task IS better.task
)
"""

# A row that is read again without its mended version: what that one created is not created
# once more under the old name; one that created nothing is no longer of interest.
_TO_SENT: Final = """
INSERT OR IGNORE INTO temp.giving_way
SELECT again.source, again.number
FROM temp.versions AS again JOIN temp.versions AS mended USING (part, row)
WHERE again.is_new AND NOT again.is_mended AND mended.is_mended AND NOT mended.is_new
AND mended.status IN ('created', 'unknown', 'skipped') AND mended.task IS NOT again.task
"""

_TO_AGAIN: Final = """
INSERT OR IGNORE INTO temp.giving_way
SELECT mended.source, mended.number
FROM temp.versions AS mended JOIN temp.versions AS again USING (part, row)
WHERE again.is_new AND NOT again.is_mended AND mended.is_mended AND NOT mended.is_new
AND (mended.task IS NULL OR mended.status IN ('not_attempted', 'failed'))
AND (again.source, again.number) NOT IN (SELECT source, number FROM temp.giving_way)
"""

# One row does not repeat its own name: where the task exists and its mended version is refused.
_NOT_REPEATED: Final = """
DELETE FROM temp.names WHERE (source, number) IN (
    SELECT mended.source, mended.number
    FROM temp.versions AS mended JOIN temp.versions AS version USING (part, row)
    JOIN rows AS a ON a.source = mended.source AND a.number = mended.number
    JOIN rows AS b ON b.source = version.source AND b.number = version.number
    WHERE mended.is_new AND mended.is_mended AND version.is_new AND NOT version.is_mended
    AND (a.project_id, a.instance_id, a.task_name) = (b.project_id, b.instance_id, b.task_name)
)
"""

_COUNT: Final = """
SELECT count(*) FROM temp.giving_way JOIN temp.versions USING (source, number)
WHERE is_new AND (
    EXISTS (
        SELECT 1 FROM rows
        WHERE rows.source = giving_way.source AND rows.number = giving_way.number
    )
    OR (source, number) IN (SELECT source, number FROM temp.names)
)
"""

# The rows that stay may have been read before those that gave way.
_RESTORE: Final = """
UPDATE tasks SET body = overwritten.body, digest = overwritten.digest
FROM temp.overwritten
WHERE tasks.id = overwritten.task AND tasks.digest <> overwritten.digest
AND EXISTS (
    SELECT 1 FROM rows JOIN sources ON sources.id = rows.source
    WHERE rows.task = tasks.id AND rows.digest = overwritten.digest
    AND sources.reading = :reading
)
"""

_SOURCES: Final = """
SELECT substr(contents.digest, 1, ?), sheet, reading, file, sources.id
FROM sources JOIN contents ON contents.id = sources.content
"""


def begin(connection: sqlite3.Connection) -> None:
    """Prepare for the rows of one reading."""
    connection.execute("DROP TRIGGER IF EXISTS temp.keep_overwritten")
    for name in ("overwritten", "parts", "part_sources", "versions", "giving_way"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        connection.execute(statement)
    connection.execute(_TRIGGER)


def add(connection: sqlite3.Connection, source: int, found: Iterable[tuple[int, Origin]]) -> None:
    """Note that rows of *source*, which are there already, stand for others."""
    connection.executemany(
        "INSERT INTO origins VALUES (?, ?, ?, ?, ?, ?)",
        (
            (source, number, origin.content, place.file, place.sheet, place.number)
            for number, origin in found
            for place in (origin.location,)
        ),
    )


def apply_corrections(connection: sqlite3.Connection, reading: int) -> int:
    """
    Remove the rows whose place another version takes.

    Return how many rows of *reading* are among them.
    """
    if connection.execute("SELECT 1 FROM origins").fetchone() is None:
        return 0
    _find_parts(connection)
    for statement in (_MENDED_VERSIONS, _OTHER_VERSIONS, _TO_MENDED, _TO_SENT, _TO_AGAIN):
        connection.execute(statement, {"reading": reading})
    count = connection.execute(_COUNT).fetchone()
    for table in ("temp.names", "issues", "origins", "rows"):
        connection.execute(
            f"DELETE FROM {table}"  # noqa: S608 # names of ours
            " WHERE (source, number) IN (SELECT source, number FROM temp.giving_way)"
        )
    connection.execute(_NOT_REPEATED)
    connection.execute("DROP TRIGGER temp.keep_overwritten")
    connection.execute(_RESTORE, {"reading": reading})
    return int(count[0])


def _find_parts(connection: sqlite3.Connection) -> None:
    """Say which sheets of which files the origins mean, whatever the files are called now."""
    sources: dict[tuple[str, str], list[tuple[int, str, int]]] = defaultdict(list)
    for content, sheet, *source in connection.execute(_SOURCES, (CONTENT_CHARS,)):
        sources[content, sheet].append(source)
    names = connection.execute("SELECT DISTINCT content, file, sheet FROM origins").fetchall()
    parts: dict[tuple[str, ...], int] = {}
    for content, file, sheet in names:
        found = sources[content, sheet]
        has_copies = len({reading for reading, *_ in found}) < len(found)
        name = (content, sheet, file) if has_copies else (content, sheet)
        part = parts.setdefault(name, len(parts))
        connection.execute(
            "INSERT INTO temp.parts VALUES (?, ?, ?, ?)", (content, file, sheet, part)
        )
        connection.executemany(
            "INSERT OR IGNORE INTO temp.part_sources VALUES (?, ?)",
            [(part, source) for _, label, source in found if not has_copies or label == file],
        )


_STATEMENTS: Final = (
    # the same task, wherever its row stands now
    """
    DELETE FROM rows
    WHERE source IN (SELECT id FROM sources WHERE reading < :reading)
    AND task IN (
        SELECT task FROM rows JOIN sources ON sources.id = rows.source
        WHERE reading = :reading AND task IS NOT NULL
    )
    """,
    # a rejected row that came back under its name, mended or not
    """
    DELETE FROM rows
    WHERE source IN (SELECT id FROM sources WHERE reading < :reading) AND task IS NULL
    AND (project_id, instance_id, task_name) IN (
        SELECT project_id, instance_id, task_name
        FROM rows JOIN sources ON sources.id = rows.source
        WHERE reading = :reading AND task_name <> ''
    )
    """,
    # rows of the same files that were never sent
    """
    DELETE FROM rows
    WHERE source IN (
        SELECT id FROM sources WHERE reading < :reading
        AND file IN (SELECT file FROM sources WHERE reading = :reading)
    )
    AND (task IS NULL OR task IN (SELECT id FROM tasks WHERE status = 'not_attempted'))
    """,
    # what nothing points at any more
    """
    DELETE FROM tasks WHERE status = 'not_attempted' AND attempts = 0
    AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.task = tasks.id)
    """,
    """
    DELETE FROM sources WHERE reading < :reading
    AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.source = sources.id)
    """,
)


def supersede_earlier(connection: sqlite3.Connection, reading: int) -> None:
    """
    Let the rows of *reading* take the place of the same rows of earlier readings.

    A row that was sent stays, even when it has gone from its file.
    """
    for statement in _STATEMENTS:
        connection.execute(statement, {"reading": reading})
    forget_unused(connection)
