"""The names of all rows of a reading, so that repeated ones are found."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from batchcreate.journal.inserting import insert
from batchcreate.models import Column, Place, RepeatedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRow:
    """
    A row whose name stands in others as well.

    Attributes:
        source: number of its sheet in the journal.
        project_id: its own or the default.
        instance_id: its own or the default.
        row: the row.

    """

    source: int
    project_id: str
    instance_id: str
    row: RepeatedRow


class Names:
    """Holds the name of every row that has one; no longer than the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._instances: dict[tuple[str, str], int] = {}
        # A temporary table lives in a file of its own, not in memory.
        connection.execute("DROP TABLE IF EXISTS temp.names")
        connection.execute(
            "CREATE TEMP TABLE names (instance INTEGER, name TEXT, source INTEGER, number INTEGER)"
        )

    def add(self, source: int, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """Note row number, project, instance and task name of rows of *source*."""
        instances = self._instances
        values = [
            (instances.setdefault((project, instance), len(instances)), name, source, number)
            for number, project, instance, name in rows
        ]
        insert(self._connection, "names", values)

    def repeated(self) -> Iterator[list[NamedRow]]:
        """Yield the rows of each name that stands more than once for the same target."""
        targets = list(self._instances)
        found = self._connection.execute(
            """
            SELECT instance, name, source, number, file, sheet, name_header, name_index
            FROM names JOIN sources ON sources.id = names.source
            WHERE (instance, name) IN (
                SELECT instance, name FROM names GROUP BY instance, name HAVING count(*) > 1
            )
            ORDER BY instance, name, source, number
            """
        )
        for (instance, _), group in groupby(found, key=lambda row: row[:2]):
            project_id, instance_id = targets[instance]
            yield [
                NamedRow(
                    source=source,
                    project_id=project_id,
                    instance_id=instance_id,
                    row=RepeatedRow(
                        place=Place(file=file, sheet=sheet, number=number),
                        column=Column(header=header, index=index),
                        task_name=name,
                    ),
                )
                for _, name, source, number, file, sheet, header, index in group
            ]
