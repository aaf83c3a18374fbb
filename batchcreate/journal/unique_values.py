"""Values that must be unique for each target, and the rows that use the same value."""

import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

from batchcreate.journal.database import insert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.int64]

_NUL = "\0"

HASHES_MAX: Final = 500_000
"""Number of hashes that are sorted together; they need some 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOfRow:
    """
    A value of a row.

    Attributes:
        source: number of the sheet in the journal.
        number: number of the row.
        project_id: from the row or the default.
        instance_id: from the row or the default.
        text: the value.

    """

    source: int
    number: int
    project_id: str
    instance_id: str
    text: str

    @property
    def row(self) -> tuple[int, int]:
        """Source and number."""
        return self.source, self.number


class UniqueValues:
    """
    The values of one field in all rows of an enrolment.

    The values and their hashes are in a temporary table, one record for each chunk, so that a
    large input needs little memory and time.

    Args:
        connection: connection of the journal.
        field: name of the field.
        hashes_max: number of hashes that are sorted together, to limit the memory.

    """

    def __init__(
        self, connection: sqlite3.Connection, field: str, *, hashes_max: int = HASHES_MAX
    ) -> None:
        self._connection = connection
        self._hashes_max = hashes_max
        self._table = f"temp.unique_{field}"
        self._count = 0
        self._targets: dict[tuple[str, str], int] = {}
        # SQLite keeps a temporary table in a separate file, not in memory.
        connection.execute(f"DROP TABLE IF EXISTS {self._table}")
        connection.execute(
            f"CREATE TABLE {self._table}"
            " (source INTEGER, numbers BLOB, targets BLOB, texts TEXT, hashes BLOB)"
        )

    def add(
        self,
        source: int,
        numbers: Sequence[int],
        targets: Sequence[tuple[str, str]],
        texts: Sequence[str],
    ) -> None:
        """
        Add the values of rows of *source*; empty values are ignored.

        Args:
            source: number of the sheet.
            numbers: the row numbers.
            targets: project and instance of each row, or a single value for all rows.
            texts: the value of each row.

        """
        import numpy as np

        if "" in texts:
            targets = list(compress(targets, texts)) if len(targets) > 1 else targets
            numbers, texts = list(compress(numbers, texts)), list(filter(None, texts))
        if not texts:
            return
        ids = array("q", (self._targets.setdefault(each, len(self._targets)) for each in targets))
        salts = np.array([hash(each) for each in targets], np.int64)
        hashes = np.fromiter(map(hash, texts), np.int64, len(texts)) ^ salts
        self._count += len(texts)
        joined = _NUL.join(texts)
        if joined.count(_NUL) >= len(texts):
            joined = _NUL.join(text.replace(_NUL, "\ufffd") for text in texts)
        record = (source, array("q", numbers).tobytes(), ids.tobytes(), joined, hashes.tobytes())
        insert(self._connection, self._table, [record])

    def repeated(self) -> list[list[ValueOfRow]]:
        """Return the rows of each value that is used more than once for the same target."""
        groups: dict[tuple[int, str], list[ValueOfRow]] = defaultdict(list)
        for target, value in self._candidates():
            groups[target, value.text].append(value)
        return [group for group in groups.values() if len(group) > 1]

    def in_use(self, proposed: Mapping[tuple[int, int], str]) -> set[tuple[int, int]]:
        """
        Return the rows of *proposed* whose new value another row of the same target uses.

        Args:
            proposed: new values of rows, by source and number.

        """
        texts = set(proposed.values())
        targets: dict[tuple[int, int], int] = {}
        users: Counter[tuple[int | None, str]] = Counter()
        for target, value in self._values():
            if value.row in proposed:
                targets[value.row] = target
            elif value.text in texts:
                users.update([(target, value.text), (None, value.text)])
        # A row without a value in the table may have any target.
        unknown = {text for row, text in proposed.items() if row not in targets}
        keys = {
            row: (None if text in unknown else targets[row], text)
            for row, text in proposed.items()
        }
        users.update(keys.values())
        return {row for row, key in keys.items() if users[key] > 1}

    def _values(self) -> Iterator[tuple[int, ValueOfRow]]:
        """Yield all values, each with its target."""
        return self._chosen(lambda hashes: range(len(hashes)))

    def _candidates(self) -> Iterator[tuple[int, ValueOfRow]]:
        """Yield the values whose hash occurs more than once, each with its target."""
        import numpy as np

        parts = self._count // self._hashes_max + 1
        repeated = np.concatenate([self._repeated_hashes(part, parts) for part in range(parts)])
        if len(repeated):
            yield from self._chosen(
                lambda hashes: np.flatnonzero(np.isin(hashes, repeated)).tolist()
            )

    def _repeated_hashes(self, part: int, parts: int) -> "Hashes":
        """Return the hashes that occur more than once, of those with the remainder *part*."""
        import numpy as np

        found = [np.zeros(0, np.int64)]
        for (stored,) in self._connection.execute(f"SELECT hashes FROM {self._table}"):  # noqa: S608 # constant name
            hashes = np.frombuffer(stored, np.int64)
            found.append(hashes[hashes % parts == part])
        ordered = np.sort(np.concatenate(found))
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])

    def _chosen(
        self, choose: Callable[["Hashes"], Sequence[int]]
    ) -> Iterator[tuple[int, ValueOfRow]]:
        """Yield the values at the positions that *choose* returns for each chunk."""
        import numpy as np

        pairs = list(self._targets)
        chunks = self._connection.execute(
            f"SELECT * FROM {self._table} ORDER BY rowid"  # noqa: S608 # constant name
        )
        for source, numbers, targets, joined, hashes in chunks:
            positions = choose(np.frombuffer(hashes, np.int64))
            if not positions:
                continue
            rows, ids, texts = array("q", numbers), array("q", targets), joined.split(_NUL)
            for at in positions:
                target = ids[at] if len(ids) > 1 else ids[0]
                project_id, instance_id = pairs[target]
                yield (
                    target,
                    ValueOfRow(
                        source=source,
                        number=rows[at],
                        project_id=project_id,
                        instance_id=instance_id,
                        text=texts[at],
                    ),
                )
