"""The row of headings: where it stands, and which column holds which field; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from batchcreate.errors import LoadError
from batchcreate.loader import wording
from batchcreate.loader.candidates import best, earlier_table
from batchcreate.loader.names import ORIGINS, STATUSES, field_of, known, normal
from batchcreate.loader.wording import place, shown
from batchcreate.models import Column, Layout
from batchcreate.rules import MANDATORY_FIELDS

SEARCHED_ROWS = 20
"""The headings stand in one of the first rows of a sheet, with a title above them at most."""

NO_MAPPING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    The headings of one sheet.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for text files.
        number: the row it stands in, as the spreadsheet program shows it; the lower one of two.
        width: how many columns it has.
        columns: the known columns by field name.
        others: the headings that belong to no field, those of our own reports left out.
        origin: position of the column that tells where the rows of a `to-fix` file came from.
        hints: headings that were probably meant for a field, one sentence each.

    """

    file: str
    sheet: str
    number: int
    width: int
    columns: Mapping[str, Column]
    others: Sequence[Column] = ()
    origin: int | None = None
    hints: Sequence[str] = ()


def find(
    rows: Sequence[Sequence[str]],
    *,
    file: str,
    sheet: str,
    mapping: Mapping[str, str] = NO_MAPPING,
) -> Header | None:
    """
    Find the headings in the first *rows* of a sheet; ``None`` where no mandatory one is there.

    They are the first of the rows with most known headings. Two rows may share them, as cells
    that are merged downwards do. What stands above is a title.

    Args:
        rows: from row 1 on, blank ones included; more than are searched may be given.
        file: what reports call the file.
        sheet: worksheet name, empty for text files.
        mapping: headings as typed, and the fields that they mean.

    Raises:
        LoadError: a mandatory column is missing, a known one is repeated, or the rows of an
            earlier table would be lost.

    """
    names = known(mapping)
    found = best(rows[:SEARCHED_ROWS], names)
    if found is None:
        return None
    if first := earlier_table(rows[: found.number - 1], names):
        message = (
            f"{place(file, sheet)}: rows {first} and {found.number} both hold headings, and the rows"
            " between them would be lost. Give every table a sheet or file of its own."
        )
        raise LoadError(message)
    return match(found.headings, file=file, sheet=sheet, number=found.number, mapping=mapping)


def count_known(rows: Sequence[Sequence[str]], mapping: Mapping[str, str] = NO_MAPPING) -> int:
    """Return how many fields the row that `find` finds in *rows* has; 0 if there is none."""
    found = best(rows[:SEARCHED_ROWS], known(mapping))
    return len(found.fields) if found else 0


def has_header(headings: Sequence[str]) -> bool:
    """Whether *headings* can belong to a table of tasks: one mandatory column is there."""
    return best([headings], known(NO_MAPPING)) is not None


def match(
    headings: Sequence[str],
    *,
    file: str,
    sheet: str,
    number: int,
    mapping: Mapping[str, str] = NO_MAPPING,
) -> Header:
    """
    Find the known columns among *headings*, which stand in row *number*.

    Raises:
        LoadError: a mandatory column is missing or a known one is repeated.

    """
    columns: dict[str, Column] = {}
    others: list[Column] = []
    for index, meaning in enumerate(_meanings(headings, mapping)):
        column = Column(heading=headings[index], index=index)
        if meaning in columns:
            where = place(file, sheet, number)
            both = (columns[meaning], column)
            raise LoadError(wording.repeated(where, meaning, both, number))
        if meaning and meaning != "status":
            columns[meaning] = column
        elif not meaning and column.heading.strip():
            others.append(column)
    if not columns.keys() >= set(MANDATORY_FIELDS):
        raise LoadError(missing(headings, file=file, sheet=sheet, number=number, mapping=mapping))
    origin = columns.pop("origin", None)
    return Header(
        file=file,
        sheet=sheet,
        number=number,
        width=len(headings),
        columns=columns,
        others=tuple(others),
        origin=origin.index if origin else None,
        hints=tuple(wording.hints(columns, others, number)),
    )


def layout(
    header: Header, *, encoding: str = "", delimiter: str = "", content: str = ""
) -> Layout:
    """Return how the sheet of *header* is read."""
    return Layout(
        file=header.file,
        sheet=header.sheet,
        header_row=header.number,
        columns=header.columns,
        others=header.others,
        encoding=encoding,
        delimiter=delimiter,
        content=content,
        hints=header.hints,
    )


def missing(
    headings: Sequence[str],
    *,
    file: str,
    sheet: str,
    number: int,
    mapping: Mapping[str, str] = NO_MAPPING,
) -> str:
    """Return what an error says about *headings* without a mandatory column."""
    return wording.missing(
        headings, file=file, sheet=sheet, number=number, mapping=mapping, searched=SEARCHED_ROWS
    )


def not_found(
    rows: Sequence[Sequence[str]],
    *,
    file: str,
    sheet: str,
    mapping: Mapping[str, str] = NO_MAPPING,
    hint: str = "",
) -> str:
    """Return what an error says about a sheet in whose *rows* `find` finds nothing."""
    return wording.not_found(
        rows, file=file, sheet=sheet, mapping=mapping, searched=SEARCHED_ROWS, hint=hint
    )


def require_mapped(mapping: Mapping[str, str], layouts: Sequence[Layout]) -> None:
    """
    Check that every heading of *mapping* stands in one of the sheets that were read.

    Raises:
        LoadError: one does not.

    """
    typed = [
        column.heading for sheet in layouts for column in (*sheet.columns.values(), *sheet.others)
    ]
    there = set(map(normal, typed))
    for name, field in mapping.items():
        if normal(name) not in there:
            found = shown(list(dict.fromkeys(typed)))
            message = (
                f"--map {name}={field}: no sheet that was read has this heading. The headings"
                f" found are {found}."
            )
            raise LoadError(message)


def _meanings(headings: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    told = {normal(name): field for name, field in mapping.items()}
    mapped = [told.get(normal(heading), "") for heading in headings]
    added = dict.fromkeys(ORIGINS, "origin") | dict.fromkeys(STATUSES, "status")
    names = {**known(mapping), **added}
    by_name = (field_of(heading, names) for heading in headings)
    # A column that the user names for a field wins over one that is called like it.
    return [
        field or ("" if other in mapped else other)
        for field, other in zip(mapped, by_name, strict=True)
    ]
