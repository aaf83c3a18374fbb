"""Which rows of earlier readings give way to a new one, and which are kept for ever."""

import sqlite3
from typing import Final

from batchcreate.journal.contents import forget_unused

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


def supersede(connection: sqlite3.Connection, reading: int) -> None:
    """
    Let the rows of *reading* take the place of the same rows of earlier readings.

    A row that was sent stays, even when it has gone from its file.
    """
    for statement in _STATEMENTS:
        connection.execute(statement, {"reading": reading})
    forget_unused(connection)
