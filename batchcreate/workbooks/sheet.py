"""The cells of an Office Open XML sheet, one after the other; slow, and misses nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks import dates
from batchcreate.workbooks.blocks import too_long
from batchcreate.workbooks.cells import (
    BOOLEAN,
    DATE,
    ERROR,
    NO_RESULT,
    NUMBER,
    TEXT,
    Cell,
    number_text,
)
from batchcreate.workbooks.limits import CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX
from batchcreate.workbooks.markup import attend, feed, parser
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.places import address, column_of, letters
from batchcreate.workbooks.refusal import refuse_damaged
from batchcreate.workbooks.strings import decoded

Row = tuple[int, dict[int, Cell]]
"""A row's number, and what its cells show by their columns."""

_DIGITS: Final = "0123456789"
_FALSE: Final = ("0", "false")
_POSITION_DIGITS: Final = 9
_NOWHERE: Final = 10**_POSITION_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What cells refer to.

    Attributes:
        strings: the shared ones; ``None`` for one that no cell can hold.
        formats: what each means, see `dates.meaning`.
        is_1904: dates count from 1904.

    """

    strings: Sequence[str | None]
    formats: Sequence[str]
    is_1904: bool


def rows(package: Package, part: str, context: Context) -> Iterator[Row]:
    """
    Yield the rows of the sheet in *part* that hold cells.

    Raises:
        Refusal: the sheet is damaged, or a cell holds more than any program shows.

    """
    made = parser()
    reader = _Reader(made, context)
    for _ in feed(made, package.blocks(part), part):
        reader.refuse_long()
        yield from reader.found
        reader.found.clear()


class _Reader:
    """Listens to the parser; what is heard most often comes first."""

    def __init__(self, made: XMLParserType, context: Context) -> None:
        self.found: list[Row] = []
        self._parser = made
        self._context = context
        self._number = 0
        self._column = -1
        self._cells: dict[int, Cell] = {}
        self._cell: dict[str, str] = {}
        self._value = ""
        self._inline: str | None = None
        self._has_formula = False
        self._chars: list[str] = []
        self._is_kept = True
        self._is_spoken = False
        attend(
            made,
            {
                "row": self._open_row,
                "c": self._open_cell,
                "v": self._open_value,
                "t": self._open_text,
                "f": self._open_formula,
                "rPh": self._open_spoken,
            },
            {
                "row": self._close_row,
                "c": self._close_cell,
                "v": self._close_value,
                "t": self._close_text,
                "rPh": self._close_spoken,
            },
        )

    def refuse_long(self) -> None:
        """Refuse a cell as soon as it is too long, and not when it has filled the memory."""
        chars = sum(map(len, self._chars))
        if chars > CELL_CHARS_MAX:
            raise too_long(address(self._number, self._column), chars)

    def _open_text(self, attributes: dict[str, str]) -> None:
        if not self._is_spoken:
            self._is_kept = attributes.get("xml:space") == "preserve"
            self._listen()

    def _close_text(self) -> None:
        if not self._is_spoken:
            text = decoded(self._heard(), is_kept=self._is_kept)
            self._inline = (self._inline or "") + text

    def _open_value(self, _: dict[str, str]) -> None:
        self._listen()

    def _close_value(self) -> None:
        self._value = self._heard()

    def _open_formula(self, _: dict[str, str]) -> None:
        self._has_formula = True

    def _open_spoken(self, _: dict[str, str]) -> None:
        self._is_spoken = True

    def _close_spoken(self) -> None:
        self._is_spoken = False

    def _close_cell(self) -> None:
        self._cells[self._column] = self._shown()

    def _close_row(self) -> None:
        self.found.append((self._number, self._cells))

    def _listen(self) -> None:
        self._chars = []
        self._parser.CharacterDataHandler = self._chars.append

    def _heard(self) -> str:
        self._parser.CharacterDataHandler = None
        text = "".join(self._chars)
        self._chars = []
        if len(text) > CELL_CHARS_MAX:
            raise too_long(address(self._number, self._column), len(text))
        return text

    def _open_row(self, attributes: dict[str, str]) -> None:
        told = attributes.get("r", "")
        number = self._number + 1
        if told:
            number = _position(told)
        if not self._number < number <= ROWS_MAX:
            refuse_damaged(f"row '{told[:50]}' follows row {self._number}")
        self._number = number
        self._column = -1
        self._cells = {}

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._value = ""
        self._inline = None
        self._has_formula = False
        told = attributes.get("r")
        column = column_of(told.rstrip(_DIGITS)) if told else self._column + 1
        if not 0 <= column < COLUMNS_MAX:
            refuse_damaged(f"cell '{(told or letters(column))[:50]}' is beyond the last column")
        self._column = column

    def _shown(self) -> Cell:
        value = self._value
        kind = self._cell.get("t", "n")
        if self._inline is not None:
            return self._inline, TEXT
        if kind == "str":  # an empty text is a result, too
            return decoded(value), TEXT
        if not value:
            return "", NO_RESULT if self._has_formula else TEXT
        return self._of_kind(kind, value)

    def _of_kind(self, kind: str, value: str) -> Cell:
        match kind:
            case "s":
                return self._shared(value), TEXT
            case "n":
                return self._number_shown(value)
            case "b":
                return "FALSE" if value.strip() in _FALSE else "TRUE", BOOLEAN
            case "e":
                return value, ERROR
            case "d":
                return value.replace("T", " ").removesuffix(" 00:00:00"), DATE
            case _:
                return value, TEXT

    def _shared(self, index: str) -> str:
        strings = self._context.strings
        position = _position(index)
        if position >= len(strings):
            refuse_damaged(
                f"cell {address(self._number, self._column)} has a text that is not there"
            )
        text = strings[position]
        if text is None:
            raise too_long(address(self._number, self._column), CELL_CHARS_MAX + 1)
        return text

    def _number_shown(self, value: str) -> Cell:
        try:
            number = float(value)
        except ValueError:
            return value, TEXT
        formats = self._context.formats
        style = _position(self._cell.get("s", "0"))
        meant = formats[style] if style < len(formats) else dates.PLAIN
        if meant:
            return dates.dated(number, meant, is_1904=self._context.is_1904)
        return number_text(number), NUMBER


def _position(text: str) -> int:
    """Return the number that *text* is, and one beyond all there are where it is none."""
    bare = text.strip()
    is_number = bare.isdecimal() and len(bare) <= _POSITION_DIGITS
    return int(bare) if is_number else _NOWHERE
