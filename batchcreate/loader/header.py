"""Header row of a sheet: its number, and the columns of the known fields; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from types import MappingProxyType
from typing import Final

from batchcreate.errors import LoadError
from batchcreate.frames import other_name
from batchcreate.loader import header_names
from batchcreate.loader.header_names import (
    SEARCHED_ROWS,
    STATUS_NAMES,
    field_names,
    field_of,
    is_short_name,
    listed,
    location,
    normalized,
    similar_name,
)
from batchcreate.models import Column, Layout
from batchcreate.rules import MANDATORY_FIELDS
from batchcreate.workbooks.merged_cells import MergedRange

_ADDED: Final = "status"
"""Name of the added column of to-fix files, which is not a field."""

NO_MAPPING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    The header row of one sheet.

    Attributes:
        file: the label of the file.
        sheet: worksheet name, empty for text files.
        number: row number as the spreadsheet program shows it; the lower one of two rows.
        width: number of columns.
        columns: the known columns by field name.
        others: the columns of other headings, except those that to-fix files add.
        named: positions of the columns with a heading, whether or not it is known.
        rows: number of rows that contain the headings, 1 or 2.
        added: position of the column that a to-fix file adds, with what to do for each row.
        hints: one sentence for each heading that resembles a known one.
        is_complete: the columns of other headings are read, too.

    """

    file: str
    sheet: str
    number: int
    width: int
    columns: Mapping[str, Column]
    others: Sequence[Column] = ()
    named: frozenset[int] = frozenset()
    rows: int = 1
    added: int | None = None
    hints: Sequence[str] = ()
    is_complete: bool = False

    def wanted(self) -> Sequence[int]:
        """Return the positions of the columns to read, in the order of `names`."""
        known = [column.index for column in self.columns.values()]
        return [*known, *self.read_others()]

    def names(self) -> list[str]:
        """Return the names of the columns to read: the fields, and other ones."""
        return [*self.columns, *map(other_name, self.read_others())]

    def read_others(self) -> Sequence[int]:
        """Return the positions of the columns without a field that are read."""
        return [column.index for column in self.others] if self.is_complete else []

    @property
    def list_column(self) -> int | None:
        """Position of the column of the operation types; None if there is none."""
        column = self.columns.get("operation_types")
        return None if column is None else column.index

    @property
    def after_list(self) -> int | None:
        """Position of the column next to the operation types, if it has a heading of the analyst."""
        at = self.list_column
        return None if at is None or at + 1 not in self.named - {self.added} else at + 1

    def column(self, index: int) -> Column:
        """Return the column at position *index*; its heading is empty if it has none."""
        named = {column.index: column for column in (*self.columns.values(), *self.others)}
        return named.get(index) or Column(heading="", index=index)

    def unnamed(self) -> Sequence[int]:
        """Return the positions of the columns without a heading, up to the last heading cell."""
        return [index for index in range(self.width) if index not in self.named]

    def covered(self, merges: Iterable[MergedRange]) -> Mapping[int, str]:
        """
        Return the columns without a heading below a known heading, which is merged across them.

        Args:
            merges: the merged cells of the first rows of the sheet.

        Returns:
            The field of the heading by the position of the column.

        """
        fields = {column.index: field for field, column in self.columns.items()}
        header_rows = range(self.number - self.rows + 1, self.number + 1)
        return {
            index: fields[merge.left]
            for merge in merges
            if merge.top in header_rows and merge.left in fields
            for index in range(merge.left + 1, merge.right + 1)
            if index not in self.named
        }

    def layout(self, *, encoding: str = "", delimiter: str = "") -> Layout:
        """Return the layout of the sheet."""
        return Layout(
            file=self.file,
            sheet=self.sheet,
            header_row=self.number,
            columns=self.columns,
            others=self.others,
            encoding=encoding,
            delimiter=delimiter,
            hints=self.hints,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A row that may be the header row, or two rows that share the headings.

    Attributes:
        number: number of the row, or of the lower one.
        rows: number of rows.
        headings: the headings.
        fields: the fields of the headings.

    """

    number: int
    rows: int = 1
    headings: Sequence[str]
    fields: AbstractSet[str]


def find_header(
    rows: Sequence[Sequence[str]],
    *,
    file: str,
    sheet: str,
    mapping: Mapping[str, str] = NO_MAPPING,
    given: Collection[str] = (),
    is_complete: bool = False,
) -> Header | None:
    """
    Return the header row among the first *rows* of a sheet, or None if there is none.

    It is the first of the rows with the largest number of known headings, one of them
    mandatory. Two rows can share the headings, as cells do that are merged downwards.

    Args:
        rows: from row 1 on, blank rows included; further rows are ignored.
        file: the label of the file.
        sheet: worksheet name, empty for text files.
        mapping: headings as typed, and the fields that they mean.
        given: fields whose columns may be missing.
        is_complete: read the columns of other headings, too.

    Raises:
        LoadError: a mandatory column is missing, a known one is repeated, or the rows of an
            earlier table would be lost.

    """
    names = field_names(mapping)
    best = best_candidate(rows[:SEARCHED_ROWS], names)
    if best is None:
        return None
    if first := _earlier_table(rows[: best.number - 1], names):
        raise LoadError(_two_tables(location(file, sheet), first, best.number))
    header = match_header(
        best.headings, file=file, sheet=sheet, number=best.number, mapping=mapping, given=given
    )
    return replace(header, rows=best.rows, is_complete=is_complete)


def _two_tables(where: str, first: int, second: int) -> str:
    return (
        f"{where}: rows {first} and {second} both contain headings, so the rows between them would"
        " be lost. Put each table in a separate sheet or file."
    )


def count_known_headings(
    rows: Sequence[Sequence[str]], mapping: Mapping[str, str] = NO_MAPPING
) -> int:
    """Return the number of fields in the header row among *rows*; 0 if there is none."""
    best = best_candidate(rows[:SEARCHED_ROWS], field_names(mapping))
    return len(best.fields) if best else 0


def has_mandatory_headings(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> bool:
    """Return True if the header row among *rows* has all mandatory columns."""
    best = best_candidate(rows[:SEARCHED_ROWS], field_names(mapping))
    return best is not None and best.fields >= set(MANDATORY_FIELDS)


def best_candidate(rows: Sequence[Sequence[str]], names: Mapping[str, str]) -> Candidate | None:
    """Return the first row with the most fields, a mandatory one among them."""
    fields = [[field_of(heading, names) for heading in row] for row in rows]
    candidates = (
        candidate
        for candidate in (*_single_rows(rows, fields), *_row_pairs(rows, fields))
        if not candidate.fields.isdisjoint(MANDATORY_FIELDS)
    )
    return max(candidates, key=lambda candidate: len(candidate.fields), default=None)


def _single_rows(
    rows: Sequence[Sequence[str]], fields: Sequence[Sequence[str]]
) -> Iterator[Candidate]:
    for number, (headings, found) in enumerate(zip(rows, fields, strict=True), start=1):
        yield Candidate(number=number, headings=headings, fields=set(filter(None, found)))


def _row_pairs(
    rows: Sequence[Sequence[str]], fields: Sequence[Sequence[str]]
) -> Iterator[Candidate]:
    pairs = zip(pairwise(rows), pairwise(fields), strict=True)
    for number, ((upper, lower), (above, below)) in enumerate(pairs, start=2):
        found = {*above, *below} - {""}
        is_covered = any(field and cell.strip() for field, cell in zip(above, lower, strict=False))
        if any(above) and any(below) and not is_covered:
            both = zip_longest(upper, lower, fillvalue="")
            headings = [under if under.strip() else over for over, under in both]
            yield Candidate(number=number, rows=2, headings=headings, fields=found)


def _earlier_table(rows: Sequence[Sequence[str]], names: Mapping[str, str]) -> int:
    """
    Return the number of the first header row in *rows* that has rows below it; else 0.

    Its headings can be similar to the known ones, since its rows would be lost, too.
    """
    for number, headings in enumerate(rows, start=1):
        fields = {field_of(heading, names) or similar_name(heading) for heading in headings}
        if fields.issuperset(MANDATORY_FIELDS):
            is_alone = not any(cell.strip() for row in rows[number:] for cell in row)
            return 0 if is_alone else number
    return 0


def match_header(
    headings: Sequence[str],
    *,
    file: str,
    sheet: str,
    number: int,
    mapping: Mapping[str, str] = NO_MAPPING,
    given: Collection[str] = (),
) -> Header:
    """
    Return the header with the known columns among *headings* in row *number*.

    Raises:
        LoadError: a mandatory column is missing or a known one is repeated.

    """
    columns, others = _columns(headings, mapping, location(file, sheet, number), number)
    if not columns.keys() | given >= set(MANDATORY_FIELDS):
        message = header_names.missing_column(
            headings, file=file, sheet=sheet, number=number, mapping=mapping
        )
        raise LoadError(message)
    added = columns.pop(_ADDED, None)
    return Header(
        file=file,
        sheet=sheet,
        number=number,
        width=len(headings),
        columns=columns,
        others=tuple(others),
        named=frozenset(at for at, heading in enumerate(headings) if heading.strip()),
        added=added.index if added else None,
        hints=tuple(header_names.hints(columns, others, number)),
    )


def heading_key(heading: str) -> str:
    """Return a text that is equal for different spellings of the same *heading*."""
    return normalized(heading) or heading.strip()


def _columns(
    headings: Sequence[str], mapping: Mapping[str, str], where: str, number: int
) -> tuple[dict[str, Column], list[Column]]:
    """Return the columns with a field, by the field, and the other ones with a heading."""
    columns: dict[str, Column] = {}
    others: list[Column] = []
    for index, field in enumerate(_fields(headings, mapping)):
        column = Column(heading=headings[index], index=index)
        if field == _ADDED:
            columns.setdefault(field, column)
        elif field in columns:
            both = (columns[field], column)
            raise LoadError(header_names.repeated_field(where, field, both, number))
        elif field:
            columns[field] = column
        elif column.heading.strip():
            others.append(column)
    return columns, others


def _fields(headings: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    fields = {normalized(name): field for name, field in mapping.items()}
    mapped = [fields.get(normalized(heading), "") for heading in headings]
    names = {**field_names(mapping), **dict.fromkeys(STATUS_NAMES, _ADDED)}
    by_name = (field_of(heading, names) for heading in headings)
    # A mapped column has precedence over a column with the name of the field.
    found = [
        field or ("" if named in mapped else named)
        for field, named in zip(mapped, by_name, strict=True)
    ]
    return _without_short_names(headings, found)


def _without_short_names(headings: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Return *fields* without those of short names that have a column with a full name, too."""
    is_short = [
        bool(field) and is_short_name(heading)
        for heading, field in zip(headings, fields, strict=True)
    ]
    full = {field for field, short in zip(fields, is_short, strict=True) if not short}
    return [
        "" if short and field in full else field
        for field, short in zip(fields, is_short, strict=True)
    ]


def require_mapped(mapping: Mapping[str, str], layouts: Sequence[Layout]) -> None:
    """
    Require every heading of *mapping* in one of the sheets that were read.

    Raises:
        LoadError: no sheet has one of the headings.

    """
    typed = [
        column.heading for sheet in layouts for column in (*sheet.columns.values(), *sheet.others)
    ]
    for name, field in mapping.items():
        named = {normalized(name): field}
        if not any(field_of(heading, named) for heading in typed):
            headings = listed(list(dict.fromkeys(typed)))
            message = (
                f"--map {name}={field}: no sheet that was read has this heading. The headings are"
                f" {headings}."
            )
            raise LoadError(message)
