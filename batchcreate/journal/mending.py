"""What goes back to the analysts: the sheets and the rows of them that are not created."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from batchcreate.journal.work import json_list
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
SELECT json_group_array(DISTINCT sources.id), file, sheet, header_number, encoding, delimiter,
       columns, digest, count(DISTINCT left_over.number),
       coalesce(
           (SELECT origins.file FROM origins WHERE origins.source = sources.id LIMIT 1), file
       ),
       max(sources.id) AS newest
FROM (SELECT source, number FROM results WHERE {_LEFT}) AS left_over
JOIN sources ON sources.id = left_over.source JOIN contents ON contents.id = sources.content
GROUP BY digest, file, sheet ORDER BY newest
"""  # noqa: S608 # no values in it

_ROWS: Final = f"""
SELECT results.number, results.source, status, http_status, error_code,
       CASE WHEN status = 'rejected' THEN '' ELSE error_msg END,
       origins.content, origins.file, origins.sheet, origins.row
FROM results LEFT JOIN origins USING (source, number)
WHERE source IN (SELECT value FROM json_each(?)) AND {_LEFT}
ORDER BY results.number, results.source DESC
"""  # noqa: S608 # no values in it

_ISSUES: Final = """
SELECT number, source, column_header, cell, value, rule, message, suggestion
FROM issues WHERE source IN (SELECT value FROM json_each(?))
ORDER BY number, source DESC, position
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
            sources=json.loads(sources),
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
            sources, file, sheet, number, encoding, delimiter, columns, digest, count, root, _,
        ) in connection.execute(_SHEETS)
    ]  # fmt: skip


def rows(connection: sqlite3.Connection, sheet: SheetToFix) -> Iterator[RowToFix]:
    """Yield the rows of *sheet* that are not created, in their order; each as it was last read."""
    sources = (json_list(sheet.sources),)
    issues = _Issues(connection.execute(_ISSUES, sources), sheet.layout)
    number = 0
    for row in connection.execute(_ROWS, sources):
        if row[0] == number:
            continue
        number, source, status, http_status, error_code, error_msg, *earlier = row
        yield RowToFix(
            number=number,
            status=Status(status),
            http_status=http_status,
            error_code=error_code,
            error_msg=error_msg,
            issues=issues.of(number, source),
            origin=_origin(sheet.layout, number, earlier).text,
        )


class _Issues:
    """The issues of a sheet, taken row by row."""

    def __init__(self, found: Iterator[tuple[Any, ...]], layout: Layout) -> None:
        self._layout = layout
        self._groups = groupby(found, key=lambda row: (row[0], -row[1]))
        self._next = next(self._groups, None)

    def of(self, number: int, source: int) -> tuple[Issue, ...]:
        """Return the issues of one row; rows have to be asked for in their order."""
        wanted = (number, -source)
        while self._next is not None and self._next[0] < wanted:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != wanted:
            return ()
        return tuple(_issue(self._layout, number, values) for _, _, *values in self._next[1])


def roots(connection: sqlite3.Connection) -> set[str]:
    """Return the labels of the files that the rows in the report stood in at first."""
    return {file for (file,) in connection.execute(_ROOTS)}


def _issue(layout: Layout, number: int, values: list[Any]) -> Issue:
    column, cell, value, rule, message, suggestion = values
    return Issue(
        place=_place(layout, number),
        column=column,
        cell=cell,
        value=value,
        rule=rule,
        message=message,
        suggestion=suggestion,
    )


def _origin(layout: Layout, number: int, earlier: list[Any]) -> Origin:
    """Return where a row stood at first: here, unless it came from elsewhere itself."""
    content, file, sheet, row = earlier
    if content is None:
        return Origin(content=layout.content[:CONTENT_CHARS], place=_place(layout, number))
    return Origin(content=content, place=Place(file=file, sheet=sheet, number=row))


def _place(layout: Layout, number: int) -> Place:
    return Place(file=layout.file, sheet=layout.sheet, number=number)
