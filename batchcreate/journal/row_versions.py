# ruff: noqa: S608 # the statements contain constants only
"""Rows of earlier versions of the inputs: matched with the newest rows, kept, or withdrawn."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_ADDRESSES_MAX: Final = 10_000
"""Maximum number of changed rows of an input whose cells are compared."""

# All rows of the newest versions, and those of earlier ones. A sheet that is the only one of its
# version has no name here: a text file that was a workbook has the same rows.
_TABLES: Final = """
CREATE TEMP TABLE names AS
SELECT id AS source, input,
       CASE WHEN count(*) OVER (PARTITION BY version, id IN (SELECT value FROM json_each(:new))) = 1
       THEN '' ELSE sheet END AS name
FROM sources;

CREATE TEMP TABLE current AS
SELECT source, number, input, names.name AS name, task, fingerprint, task_name, project_id, instance_id,
       source IN (SELECT value FROM json_each(:new)) AS is_new, 0 AS is_known, 0 AS is_changed,
       0 AS is_renamed
FROM rows JOIN temp.names USING (source) WHERE is_current;

CREATE INDEX temp.current_key ON current (task_name, project_id, instance_id);
CREATE INDEX temp.current_row ON current (input, name, number);

CREATE TEMP TABLE earlier AS
SELECT source, number, input, names.name AS name, task, fingerprint, task_name, project_id, instance_id,
       source IN (SELECT value FROM json_each(:old)) AS is_last,
       coalesce(tasks.status IN ('created', 'unknown'), 0) AS may_exist,
       0 AS is_found, 0 AS is_moved
FROM rows JOIN temp.names USING (source) LEFT JOIN tasks ON tasks.id = rows.task
WHERE NOT is_current;

CREATE INDEX temp.earlier_key ON earlier (task_name, project_id, instance_id);
CREATE INDEX temp.earlier_row ON earlier (input, name, number);
CREATE INDEX temp.earlier_text ON earlier (input, fingerprint);
"""

_SAME_KEY: Final = """
earlier.task_name <> '' AND earlier.task_name = current.task_name
AND earlier.project_id = current.project_id AND earlier.instance_id = current.instance_id
"""

_SAME_ADDRESS: Final = """
earlier.input = current.input AND earlier.name = current.name AND earlier.number = current.number
"""

_SAME_TEXT: Final = """
earlier.input = current.input AND earlier.fingerprint = current.fingerprint
"""

_MATCH: Final = (
    # a new row with the name or the texts of a row of the last version is the same row
    f"""
    UPDATE temp.current SET is_known = 1, is_changed = fingerprint <> (
        SELECT fingerprint FROM temp.earlier
        WHERE is_last AND earlier.input = current.input AND {_SAME_KEY} LIMIT 1
    )
    WHERE is_new AND EXISTS (
        SELECT 1 FROM temp.earlier
        WHERE is_last AND earlier.input = current.input AND {_SAME_KEY}
    )
    """,
    f"""
    UPDATE temp.current SET is_known = 1
    WHERE is_new AND EXISTS (SELECT 1 FROM temp.earlier WHERE is_last AND {_SAME_TEXT})
    """,
    # an earlier row whose name or texts are in use is not needed; its task is that of the other row
    f"""
    UPDATE temp.earlier SET is_found = 1 WHERE EXISTS (
        SELECT 1 FROM temp.current
        WHERE {_SAME_KEY} AND (NOT may_exist OR current.task = earlier.task)
    )
    """,
    f"""
    UPDATE temp.earlier SET is_found = 1
    WHERE NOT may_exist AND EXISTS (SELECT 1 FROM temp.current WHERE {_SAME_TEXT})
    """,
    # its name is at an address where no row with this name was
    f"""
    UPDATE temp.earlier SET is_moved = 1 WHERE is_last AND EXISTS (
        SELECT 1 FROM temp.current WHERE is_new AND {_SAME_KEY} AND NOT EXISTS (
            SELECT 1 FROM temp.earlier AS other
            WHERE other.is_last AND other.task_name = current.task_name
            AND (other.input, other.name, other.number)
                = (current.input, current.name, current.number)
        )
    )
    """,
    # another row at the same address is the same row, with changes
    f"""
    UPDATE temp.earlier SET is_found = 1
    WHERE is_last AND NOT may_exist AND EXISTS (
        SELECT 1 FROM temp.current WHERE is_new AND NOT is_known AND {_SAME_ADDRESS}
    )
    """,
    f"""
    UPDATE temp.current SET is_known = 1, is_changed = 1, is_renamed = 1
    WHERE is_new AND NOT is_known AND EXISTS (
        SELECT 1 FROM temp.earlier
        WHERE is_last AND NOT is_moved AND NOT may_exist AND {_SAME_ADDRESS}
    )
    """,
)

_OLD: Final = """
SELECT DISTINCT source FROM rows JOIN sources ON sources.id = rows.source
WHERE is_current AND input IN (SELECT value FROM json_each(?))
AND source NOT IN (SELECT value FROM json_each(?))
"""

_ISSUE_CELLS: Final = """
SELECT input, name, cell FROM issues JOIN temp.names USING (source)
WHERE severity = 'error' AND source IN (SELECT value FROM json_each(:old)) AND cell <> ''
"""

_COUNTS: Final = """
SELECT input,
       count(*) FILTER (WHERE is_changed), count(*) FILTER (WHERE NOT is_known), count(*),
       count(*) FILTER (WHERE is_known AND NOT is_renamed)
FROM temp.current WHERE is_new GROUP BY input
"""

_LOST: Final = """
SELECT input, count(*) FILTER (WHERE NOT is_found AND NOT may_exist),
       count(*) FILTER (WHERE NOT is_found AND may_exist), count(*)
FROM temp.earlier WHERE is_last GROUP BY input
"""

_ADDRESSES: Final = f"""
SELECT current.input, current.name, current.number
FROM temp.current JOIN temp.earlier ON {_SAME_ADDRESS}
WHERE is_new AND is_last AND NOT is_moved AND current.fingerprint <> earlier.fingerprint
AND (NOT EXISTS (
    SELECT 1 FROM temp.earlier AS other
    WHERE other.is_last AND other.input = current.input AND other.task_name <> ''
    AND other.task_name = current.task_name AND other.project_id = current.project_id
    AND other.instance_id = current.instance_id
    AND (other.name, other.number) <> (current.name, current.number)
))
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """
    What is different in the newest version of an input.

    Attributes:
        rows: number of its rows, and of the rows of the version before.
        changed: number of changed rows.
        new: number of rows that are in no earlier version.
        withdrawn: number of rows that were removed from the file and never created.
        removed: number of rows that were removed from the file, but whose tasks exist.
        same: number of rows that have the name or the content of a row of the version before.
        addresses: sheet and number of the changed rows whose cells can be compared. The name of
            the only sheet of a version is empty.
        issue_cells: sheet and address of the cells with issues in the version before.

    """

    rows: tuple[int, int]
    changed: int
    new: int
    withdrawn: int
    removed: int
    same: int
    addresses: Sequence[tuple[str, int]] = ()
    issue_cells: Collection[tuple[str, str]] = ()


def replace_rows(
    connection: sqlite3.Connection, new: Collection[int], inputs: Collection[int]
) -> Mapping[int, VersionChange]:
    """
    Replace the rows of the version before by those of the newest one.

    Earlier rows that are in no newest version are kept: as created or unknown rows, or as
    withdrawn ones.

    Args:
        connection: connection of the journal.
        new: numbers of the sheets that were enrolled now.
        inputs: numbers of their inputs.

    Returns:
        The changes of each input that had an earlier version, by its number.

    """
    found = connection.execute(_OLD, (json.dumps(list(inputs)), json.dumps(list(new))))
    old = [source for (source,) in found]
    values = {"new": json.dumps(list(new)), "old": json.dumps(old)}
    connection.execute(
        "UPDATE rows SET is_current = 0 WHERE source IN (SELECT value FROM json_each(:old))",
        values,
    )
    if connection.execute("SELECT 1 FROM rows WHERE NOT is_current").fetchone() is None:
        return {}
    _match(connection, values)
    changes = _changes(connection, values)
    connection.execute(
        "DELETE FROM rows WHERE (source, number) IN"
        " (SELECT source, number FROM temp.earlier WHERE is_found)"
    )
    connection.execute(
        "DELETE FROM issues WHERE (source, number) IN"
        " (SELECT source, number FROM temp.earlier WHERE is_last)"
    )
    return changes


def _match(connection: sqlite3.Connection, values: Mapping[str, str]) -> None:
    """Find the earlier rows among the current ones."""
    for name in ("names", "current", "earlier"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        used = {name: text for name, text in values.items() if f":{name}" in statement}
        connection.execute(statement, used)
    for statement in _MATCH:
        connection.execute(statement)


def _changes(
    connection: sqlite3.Connection, values: Mapping[str, str]
) -> Mapping[int, VersionChange]:
    addresses: dict[int, list[tuple[str, int]]] = {}
    for number, sheet, row in connection.execute(_ADDRESSES):
        addresses.setdefault(number, []).append((sheet, row))
    cells: dict[int, set[tuple[str, str]]] = {}
    for number, sheet, cell in connection.execute(_ISSUE_CELLS, {"old": values["old"]}):
        cells.setdefault(number, set()).add((sheet, cell))
    counts = {number: rest for number, *rest in connection.execute(_COUNTS)}
    changes = {}
    for number, withdrawn, removed, before in connection.execute(_LOST):
        changed, new, rows, same = counts.get(number, (0, 0, 0, 0))
        changes[number] = VersionChange(
            rows=(rows, before),
            changed=changed,
            new=new,
            withdrawn=withdrawn,
            removed=removed,
            same=same,
            addresses=addresses.get(number, [])[:_ADDRESSES_MAX],
            issue_cells=cells.get(number, set()),
        )
    return changes
