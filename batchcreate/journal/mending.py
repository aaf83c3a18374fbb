"""What goes back to the analysts: the sheets and the rows of them that are not created."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from batchcreate.models import (
    Column,
    Issue,
    Layout,
    Origin,
    Place,
    RowToFix,
    SheetToFix,
    Status,
)
from batchcreate.models.origins import CONTENT_CHARS

_LEFT: Final = "status IN ('rejected', 'not_attempted', 'failed', 'unknown')"

_SHEETS: Final = f"""
SELECT sources.id, sources.file, sources.sheet, header_number, encoding, delimiter, columns,
       digest, left_over.count,
       coalesce(
           (SELECT origins.file FROM origins WHERE origins.source = sources.id LIMIT 1),
           sources.file
       )
FROM sources JOIN contents ON contents.id = sources.content
JOIN (
    SELECT source, count(*) AS count FROM results WHERE {_LEFT} GROUP BY source
) AS left_over ON left_over.source = sources.id
ORDER BY sources.id
"""  # noqa: S608 # no values in it

_ROWS: Final = f"""
SELECT results.number, status, http_status, error_code,
       CASE WHEN status = 'rejected' THEN '' ELSE error_msg END,
       origins.content, origins.file, origins.sheet, origins.row
FROM results LEFT JOIN origins USING (source, number)
WHERE source = ? AND {_LEFT} ORDER BY number
"""  # noqa: S608 # no values in it

_ISSUES: Final = """
SELECT number, column_header, cell, value, rule, message, suggestion
FROM issues WHERE source = ? ORDER BY number, position
"""

# The files that rows stood in at first, whichever to-fix files they were in meanwhile.
_ROOTS: Final = """
SELECT DISTINCT file FROM sources WHERE EXISTS (
    SELECT 1 FROM rows WHERE rows.source = sources.id AND NOT EXISTS (
        SELECT 1 FROM origins
        WHERE origins.source = rows.source AND origins.number = rows.number
    )
)
UNION SELECT file FROM origins
"""


def sheets(connection: sqlite3.Connection) -> list[SheetToFix]:
    """Return the sheets with rows that are not created, in input order."""
    return [
        SheetToFix(
            source=source,
            layout=Layout(
                file=file,
                sheet=sheet,
                number=number,
                columns={
                    name: Column(header=header, index=index)
                    for name, (header, index) in json.loads(columns).items()
                },
                encoding=encoding,
                delimiter=delimiter,
                content=digest,
            ),
            root=root,
            rows=count,
        )
        for (
            source, file, sheet, number, encoding, delimiter, columns, digest, count, root,
        ) in connection.execute(_SHEETS)
    ]  # fmt: skip


def rows(connection: sqlite3.Connection, sheet: SheetToFix) -> Iterator[RowToFix]:
    """Yield the rows of *sheet* that are not created, in input order."""
    found = groupby(connection.execute(_ISSUES, (sheet.source,)), key=lambda row: row[0])
    number, issues = next(found, (0, iter(())))
    for row in connection.execute(_ROWS, (sheet.source,)):
        place = Place(file=sheet.layout.file, sheet=sheet.layout.sheet, number=row[0])
        of_row: tuple[Issue, ...] = ()
        if number == row[0]:
            of_row = tuple(_issue(place, values) for _, *values in issues)
            number, issues = next(found, (0, iter(())))
        yield RowToFix(
            number=row[0],
            status=Status(row[1]),
            http_status=row[2],
            error_code=row[3],
            error_msg=row[4],
            issues=of_row,
            origin=_origin(sheet.layout.content, place, row[5:]).text,
        )


def roots(connection: sqlite3.Connection) -> set[str]:
    """Return the labels of the files that the rows in the report stood in at first."""
    return {file for (file,) in connection.execute(_ROOTS)}


def _issue(place: Place, values: list[Any]) -> Issue:
    column, cell, value, rule, message, suggestion = values
    return Issue(
        place=place,
        column=column,
        cell=cell,
        value=value,
        rule=rule,
        message=message,
        suggestion=suggestion,
    )


def _origin(digest: str, place: Place, earlier: tuple[Any, ...]) -> Origin:
    """Return where a row stood at first: at *place*, unless it came from elsewhere itself."""
    content, file, sheet, number = earlier
    if content is None:
        return Origin(content=digest[:CONTENT_CHARS], place=place)
    return Origin(content=content, place=Place(file=file, sheet=sheet, number=number))
