"""Many rows in one step."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Final

ROWS_MAX: Final = 500
"""Rows for one INSERT: well below SQLite's limit of 32,766 values."""


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert *rows* in few steps: each step hands the interpreter's lock over twice."""
    for part in (rows[at : at + ROWS_MAX] for at in range(0, len(rows), ROWS_MAX)):
        connection.execute(
            _insertion(table, len(part[0]), len(part)), list(chain.from_iterable(part))
        )


@cache
def _insertion(table: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)}"  # noqa: S608 # no values in it
