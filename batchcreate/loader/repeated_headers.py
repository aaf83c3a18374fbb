"""Rows that repeat the headings of their sheet, in the same or in the other language; pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader.header_names import (
    HEADING_CHARS,
    field_names,
    field_of,
    location,
    normalized,
    similar_name,
)
from batchcreate.messages import quoted
from batchcreate.models import Column
from batchcreate.rules import MANDATORY_FIELDS
from batchcreate.text import cell_address, is_blank

_SELECTIVE: Final = "operation_types"
"""The mandatory field with the fewest different texts; none of its headings is a valid value."""

_PARTS: Final = ("operation", "操作", "optype", "\nop\n", "\nops\n")
"""Parts of the names of this field; short names are whole cells."""

_MARK: Final = "\ufeff"
"""Byte order mark of a file that was appended; the quotation marks behind it are part of the cell."""


class RepeatedHeaders:
    """
    Detects the rows of one sheet that repeat its headings.

    Args:
        mapping: headings as typed, and the fields that they mean.

    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._names = field_names(mapping)
        self._has_rows = False

    def find(self, chunk: Chunk) -> Sequence[int]:
        """
        Return the positions of the rows of *chunk* that are header rows.

        All mandatory cells of such a row are headings of their columns. In the first row of the
        sheet, the other cells can be unknown headings, since they are translations.

        Args:
            chunk: the next rows of the sheet.

        Raises:
            LoadError: a header row belongs to a table with other columns, whose rows would be
                misread.

        """
        found = sorted(
            {at for first in self._candidates(chunk) for at in self._header_rows(chunk, first)}
        )
        self._has_rows = self._has_rows or len(found) < len(chunk.frame)
        return found

    def _candidates(self, chunk: Chunk) -> Sequence[int]:
        """Return the positions of the rows whose operation types, or names, are a heading."""
        field = _SELECTIVE if _SELECTIVE in chunk.columns else "task_name"
        texts = chunk.frame[field]
        distinct = texts.unique().tolist()
        column = chunk.columns[field]
        # Headings are rare: most chunks contain no name of the field.
        joined = unicodedata.normalize("NFKC", "\n".join(["", *distinct, ""])).casefold()
        for ignored in " -_":
            joined = joined.replace(ignored, "")
        if not any(name in joined for name in self._parts_of_names(column, field)):
            return ()
        headings = [text for text in distinct if self._is_heading(text, field, column)]
        positions: list[int] = texts.isin(headings).to_numpy().nonzero()[0].tolist()
        return positions

    def _parts_of_names(self, column: Column, field: str) -> Sequence[str]:
        """Return texts at least one of which every heading of *column* contains."""
        names = [name for name, meant in self._names.items() if meant == field]
        other = [name for name in names if not any(part in name for part in _PARTS)]
        return [*_PARTS, normalized(column.heading), *other]

    def _header_rows(self, chunk: Chunk, at: int) -> Sequence[int]:
        """Return the position *at* if it is a header row, or two if they share the headings."""
        own = _cells(chunk, at)
        for upper in (at - 1, at) if sum(map(bool, own.values())) > 1 else ():
            if 0 <= upper < len(chunk.frame) - 1:
                above, below = _cells(chunk, upper), _cells(chunk, upper + 1)
                both = {field: below[field] or above[field] for field in chunk.columns}
                if both not in (above, below) and self._are_headings(chunk, both):
                    return [upper, upper + 1]
        return [at] if self._is_header_row(chunk, at) else []

    def _are_headings(self, chunk: Chunk, cells: Mapping[str, str]) -> bool:
        """Return True if all *cells*, by their fields, are headings or blank."""
        return all(cells[field] for field in MANDATORY_FIELDS if field in cells) and all(
            not text or self._is_heading(text, field, chunk.columns[field])
            for field, text in cells.items()
        )

    def _is_header_row(self, chunk: Chunk, at: int) -> bool:
        cells = _cells(chunk, at)
        is_heading = {
            field: not text or self._is_heading(text, field, chunk.columns[field])
            for field, text in cells.items()
        }
        mandatory = [field for field in MANDATORY_FIELDS if field in cells]
        if not all(is_heading[field] and cells[field] for field in mandatory):
            return False
        is_translation = not self._has_rows and at == 0
        for field in chunk.columns:
            is_unknown = is_translation and not field_of(cells[field], self._names)
            if not is_heading[field] and not is_unknown:
                raise LoadError(_other_table(chunk, at, field, cells[field]))
        return True

    def _is_heading(self, text: str, field: str, column: Column) -> bool:
        """Return True if *text* is a heading of *column*, which has the *field*."""
        if text.startswith(_MARK):
            text = text.removeprefix(_MARK).strip('"')
        return len(text) <= HEADING_CHARS and (
            field_of(text, self._names) == field
            or similar_name(text) == field
            or normalized(text) == normalized(column.heading)
        )


def _cells(chunk: Chunk, at: int) -> Mapping[str, str]:
    texts = {field: chunk.frame[field].iloc[at] for field in chunk.columns}
    return {field: "" if is_blank(text) else text for field, text in texts.items()}


def _other_table(chunk: Chunk, at: int, field: str, text: str) -> str:
    number, column = chunk.numbers[at], chunk.columns[field]
    return (
        f"{location(chunk.file, chunk.sheet, number)}: the row contains headings again, but cell"
        f" {cell_address(column.index, number)} ({quoted(text)}) differs from the heading"
        f" {quoted(column.heading)} of this column, so the rows below may be misread. Put each"
        " table in a separate sheet or file, or correct the heading."
    )
