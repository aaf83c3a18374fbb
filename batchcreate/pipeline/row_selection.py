"""Selection of the rows that a run may send: by their numbers and by the texts of their cells."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final

from batchcreate.errors import SettingsError
from batchcreate.frames import Chunk, other_name
from batchcreate.loader.header import heading_key
from batchcreate.loader.header_names import field_names, field_of, listed, location
from batchcreate.models import Column, Layout
from batchcreate.text import cell_address

SHOWN_VALUES: Final = 5
"""Maximum number of values of a column that an error lists."""


class RowSelection:
    """
    The rows that a run may send; the others are validated and recorded like these.

    Args:
        numbers: numbers of the rows; None for all.
        conditions: headings and values; a row must have all of them. A sheet without one of the
            headings has no such rows.

    """

    def __init__(
        self,
        numbers: Container[int] | None = None,
        conditions: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._numbers = numbers
        self._conditions = conditions
        self._is_empty = True
        self._known: set[str] = set()
        self._matched: set[tuple[str, str]] = set()
        self._values: dict[str, dict[str, None]] = {heading: {} for heading, _ in conditions}

    def select(self, layout: Layout, chunk: Chunk) -> Container[int] | None:
        """
        Return the numbers of the selected rows of *chunk*, or None if all are selected.

        Raises:
            SettingsError: a heading is not unique in the sheet.

        """
        numbers = self._numbers
        if not self._conditions:
            if self._is_empty:
                self._is_empty = numbers is not None and not _has_any(chunk.numbers, numbers)
            return numbers
        selected = set(chunk.numbers)
        for heading, value in self._conditions:
            selected &= self._matches(layout, chunk, heading, value)
        if numbers is not None:
            selected = {number for number in selected if number in numbers}
        self._is_empty = self._is_empty and not selected
        return selected

    def _matches(self, layout: Layout, chunk: Chunk, heading: str, value: str) -> set[int]:
        """Return the numbers of the rows of *chunk* with *value* below *heading*."""
        name = _column_name(layout, heading)
        if not name:
            return set()
        self._known.add(heading)
        texts = chunk.frame[name].str.strip()
        shown = self._values[heading]
        if len(shown) < SHOWN_VALUES:
            shown.update(dict.fromkeys(filter(None, texts.unique().tolist())))
        matches = set(chunk.frame.index[texts == value].tolist())
        if matches:
            self._matched.add((heading, value))
        return matches

    def require_rows(self, layouts: Sequence[Layout]) -> None:
        """
        Require that a row is selected, after the last chunk.

        Args:
            layouts: the sheets that were read.

        Raises:
            SettingsError: no row is selected; the message contains the reason.

        """
        if self._is_empty:
            raise SettingsError(self._reason(layouts))

    def _reason(self, layouts: Sequence[Layout]) -> str:
        for heading, value in self._conditions:
            if heading not in self._known:
                columns = [column.heading for each in layouts for column in _columns(each)]
                return (
                    f"--where {heading}={value}: no sheet that was read has this heading. The"
                    f" headings are {listed(list(dict.fromkeys(columns)))}."
                )
            if (heading, value) not in self._matched:
                values = listed(list(self._values[heading])[:SHOWN_VALUES])
                return (
                    f"--where {heading}={value}: no row has this value. The first values of the"
                    f" column are {values}."
                )
        if not self._conditions:
            return "--rows: no input row has one of these numbers (the header row counts as a row)"
        options = [f"--where {heading}={value}" for heading, value in self._conditions]
        if self._numbers is not None:
            options.insert(0, "--rows")
        return f"{' and '.join(options)}: no row matches all of them; use fewer of these options"


def _has_any(rows: Iterable[int], numbers: Container[int]) -> bool:
    return any(number in numbers for number in rows)


def _columns(layout: Layout) -> Sequence[Column]:
    """Return the columns of *layout* from left to right."""
    known: Mapping[str, Column] = layout.columns
    return sorted((*known.values(), *layout.others), key=lambda column: column.index)


def _column_name(layout: Layout, heading: str) -> str:
    """
    Return the name in the frame of the column with *heading*, or nothing if there is none.

    Raises:
        SettingsError: several columns have this heading.

    """
    key = heading_key(heading)
    fields = {column.index: field for field, column in layout.columns.items()}
    found = [column for column in _columns(layout) if heading_key(column.heading) == key]
    if not found:
        field = field_of(heading, field_names({}))
        return field if field in layout.columns else ""
    if len(found) > 1:
        cells = " and ".join(cell_address(each.index, layout.header_row) for each in found)
        where = location(layout.file, layout.sheet)
        msg = f"--where {heading}: {where} has this heading in {cells}. Rename all but one."
        raise SettingsError(msg)
    return fields.get(found[0].index) or other_name(found[0].index)
