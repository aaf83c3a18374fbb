"""The cells of one sheet of an OpenDocument spreadsheet, one after the other."""

from collections.abc import Iterator
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks.blocks import Merge, too_long
from batchcreate.workbooks.cells import TEXT, Cell
from batchcreate.workbooks.limits import CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX
from batchcreate.workbooks.open_cells import BREAK, SPACE, TAB, shown
from batchcreate.workbooks.places import address
from batchcreate.workbooks.refusal import refuse_damaged
from batchcreate.workbooks.sheet import Row

_SHEETS: Final = "office:spreadsheet"
_TABLE: Final = "table:table"
_ROW: Final = "table:table-row"
_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})
_PARAGRAPHS: Final = frozenset({"text:p", "text:h"})
_WHITE: Final = {"text:s": SPACE, "text:tab": TAB, "text:line-break": BREAK}


class OutlineReader:
    """
    Listens to a parser for the sheets that there are.

    Attributes:
        sheets: the name and style of each.
        hidden: the styles of those that are not shown.

    """

    def __init__(self, made: XMLParserType) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        self._style = ""
        self._open: list[str] = []
        made.StartElementHandler = self._start
        made.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE and self._open[-1:] == [_SHEETS]:
            style = attributes.get("table:style-name", "")
            self.sheets.append((attributes.get("table:name", ""), style))
        elif name == "style:style":
            self._style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self.hidden.add(self._style)
        self._open.append(name)

    def _end(self, _: str) -> None:
        self._open.pop()


class SheetReader:
    """
    Listens to a parser while it is in one of the sheets.

    Attributes:
        is_past: that sheet has ended.

    """

    def __init__(self, made: XMLParserType, index: int, merges: list[Merge]) -> None:
        """
        Begin to listen to *made*.

        Args:
            made: the parser.
            index: which sheet.
            merges: is told the cells that are shown as one, before those that they cover.

        """
        self.is_past = False
        self._parser = made
        self._before = index + 1
        self._merges = merges
        self._open: list[str] = []
        self._found: list[Row] = []
        self._number = 1
        self._row: dict[str, str] = {}
        self._cells: dict[int, Cell] = {}
        self._column = 0
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._chars: list[str] = []
        made.StartElementHandler = self._start
        made.EndElementHandler = self._end

    def taken(self) -> Iterator[Row]:
        """
        Yield the rows that were heard since the last time.

        Raises:
            Refusal: the cell that is being heard is too long already.

        """
        self._refuse_long(sum(map(len, self._chars)))
        yield from self._found
        self._found.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        if name == _TABLE and parent == _SHEETS:
            self._before -= 1
        elif self._before or self.is_past:
            return
        elif name in _CELLS:
            self._open_cell(attributes)
        elif name in _PARAGRAPHS and parent in _CELLS:
            self._chars = []
            self._parser.CharacterDataHandler = self._chars.append
        elif name in _WHITE:
            count = attributes.get("text:c", "1")
            self._chars.append(_WHITE[name] * _count(count, CELL_CHARS_MAX + 1))
        elif name == _ROW:
            self._row = attributes
            self._cells = {}
            self._column = 0

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._before or self.is_past:
            return
        parent = self._open[-1]
        if name in _CELLS:
            self._close_cell()
        elif name in _PARAGRAPHS and parent in _CELLS:
            self._parser.CharacterDataHandler = None
            self._paragraphs.append("".join(self._chars))
            self._refuse_long(sum(map(len, self._paragraphs)))
        elif name == _ROW:
            self._close_row()
        elif name == _TABLE and parent == _SHEETS:
            self.is_past = True

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._paragraphs = []
        self._chars = []
        rows = _count(attributes.get("table:number-rows-spanned", "1"), ROWS_MAX)
        columns = _count(attributes.get("table:number-columns-spanned", "1"), COLUMNS_MAX)
        if rows > 1 or columns > 1:
            bottom, right = self._number + rows - 1, self._column + columns - 1
            self._merges.append(Merge(self._number, self._column, bottom, right))

    def _close_cell(self) -> None:
        count = _count(self._cell.get("table:number-columns-repeated", "1"), COLUMNS_MAX)
        text, kind = shown(self._cell, self._paragraphs)
        if text or kind != TEXT:
            if self._column + count > COLUMNS_MAX:
                refuse_damaged(f"row {self._number} has more than {COLUMNS_MAX:,} cells")
            self._cells.update(
                dict.fromkeys(range(self._column, self._column + count), (text, kind))
            )
        self._column += count

    def _close_row(self) -> None:
        count = _count(self._row.get("table:number-rows-repeated", "1"), ROWS_MAX)
        if self._cells:
            if self._number + count - 1 > ROWS_MAX:
                refuse_damaged(f"it has more than {ROWS_MAX:,} rows")
            self._found += [
                (number, self._cells) for number in range(self._number, self._number + count)
            ]
        self._number += count

    def _refuse_long(self, chars: int) -> None:
        if chars > CELL_CHARS_MAX:
            raise too_long(address(self._number, self._column), chars)


def _count(text: str, most: int) -> int:
    """Return how often something is there, as *text* tells; never more than *most* counts."""
    return (
        min(int(text), most + 1)
        if text.isdecimal() and len(text) < len("1000000000")
        else most + 1
    )
