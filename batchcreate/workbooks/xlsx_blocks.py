"""Fast reader of large .xlsx sheets in little memory: patterns find the rows, without a parser."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from batchcreate.text import column_index
from batchcreate.workbooks.cell_values import BOOLEAN, TEXT, Cell, format_number
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.protocol import MIB, ROWS_MAX
from batchcreate.workbooks.tables import Row
from batchcreate.workbooks.xlsx_parts import decode_escapes

_BLOCK_BYTES_MAX: Final = 8 * MIB
_STRING: Final = re.compile(rb'<si><t( xml:space="preserve")?>([^<]*)</t></si>')
_SIMPLE_STRING: Final = re.compile(rb"<si><t>([^<]*)</t></si>")
_NOT_SIMPLE: Final = (b"&", b"_x", b"<t ", b"> ", b">\n", b">\t", b" <", b"\n<", b"\t<")
"""Parts of strings with escapes, or with white space that counts or does not."""

_UNUSUAL: Final = re.compile(rb"\r|<!")
_ROW_OR_CELL: Final = re.compile(
    rb'<row r="([0-9]{1,7})"[^>]*>'
    rb'|<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,6})")?(?: t="([A-Za-z]{1,9})")?'
    rb'(?:/>|>(?:<v>([^<]*)</v>|<is><t( xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
_ENTITY: Final = re.compile(r"&([^;&]{0,9};?)")
_ENTITIES: Final = {"amp;": "&", "lt;": "<", "gt;": ">", "quot;": '"', "apos;": "'"}
_CODE: Final = re.compile(r"#(x?)([0-9A-Fa-f]{1,6});")
_SURROGATES: Final = range(0xD800, 0xE000)


class IrregularError(Exception):
    """The XML is valid perhaps, but only the complete reader can read it."""


class TextStore(Sequence[str]):
    """Many texts in one block of memory, which takes a third of the memory of a list."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:  # type: ignore[override] # slices are not needed
        """Return the text at *index*, which is not negative."""
        return self._content[self._ends[index] : self._ends[index + 1]].decode()

    def extend(self, texts: Sequence[bytes]) -> None:
        """Add *texts*, which are in UTF-8."""
        ends = accumulate(map(len, texts), initial=self._ends.pop())
        self._ends.extend(ends)
        self._content += b"".join(texts)


def read_texts(pieces: Iterable[bytes]) -> TextStore:
    """
    Return the shared strings in *pieces*, without formats.

    Raises:
        IrregularError: the XML is not as most programs write it.

    """
    texts = TextStore()
    for block in _blocks(pieces, rb"<sst\s[^>]*>", b"</si>", b"</sst>"):
        if any(part in block for part in _NOT_SIMPLE):
            found = [
                _decoded(raw, keeps_white_space=bool(preserve)).encode()
                for preserve, raw in _STRING.findall(block)
            ]
        else:
            found = _SIMPLE_STRING.findall(block)
        if len(found) != block.count(b"<si"):
            raise IrregularError
        texts.extend(found)
    return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainContext:
    """
    Parts of the workbook that cells refer to.

    Attributes:
        texts: the shared strings.
        formats: number format of each cell format; None if it displays values as stored.
        is_1904: dates count from 1904.

    """

    texts: Sequence[str]
    formats: Sequence[NumberFormat | None]
    is_1904: bool


def read_plain_rows(pieces: Iterable[bytes], context: PlainContext) -> Iterator[Row]:
    """
    Yield the rows of the sheet in *pieces*, which has no formulas and no errors.

    Raises:
        IrregularError: the XML is not as most programs write it.

    """
    number = 0
    for block in _blocks(pieces, rb"<sheetData>", b"</row>", b"</sheetData>"):
        tokens = _ROW_OR_CELL.findall(block)
        if len(tokens) != block.count(b"<row") + block.count(b"<c"):
            raise IrregularError
        for row in _rows(tokens, context):
            if not number < row[0] <= ROWS_MAX:
                raise IrregularError
            number = row[0]
            yield row


def _rows(tokens: Sequence[tuple[bytes, ...]], context: PlainContext) -> Iterator[Row]:
    """Yield the rows of a block that contain cells; *tokens* are the groups of the pattern."""
    texts = context.texts
    columns: dict[bytes, int] = {}
    number = b"0"
    cells: dict[int, Cell] = {}
    for row, letters, style, kind, value, preserve, inline in tokens:
        if row:
            if cells:
                yield int(number), cells
            number, cells = row, {}
            continue
        if letters not in columns:
            columns[letters] = column_index(letters.decode())
        if kind == b"s":
            cells[columns[letters]] = texts[int(value)], TEXT
        elif value or inline:
            cells[columns[letters]] = _cell(kind, style, value or inline, preserve, context)
    if cells:
        yield int(number), cells


def _cell(kind: bytes, style: bytes, value: bytes, preserve: bytes, context: PlainContext) -> Cell:
    """Return a cell that does not refer to a shared string."""
    match kind:
        case b"" | b"n":
            at = int(style or 0)
            number_format = context.formats[at] if at < len(context.formats) else None
            return format_number(float(value), number_format, is_1904=context.is_1904)
        case b"b":
            return "FALSE" if value == b"0" else "TRUE", BOOLEAN
        case b"str" | b"inlineStr":
            keeps_white_space = kind == b"str" or bool(preserve)
            return _decoded(value, keeps_white_space=keeps_white_space), TEXT
        case _:
            raise IrregularError


def _blocks(
    pieces: Iterable[bytes], start: bytes, separator: bytes, end: bytes
) -> Iterator[bytes]:
    """
    Yield the content between *start* and *end* in blocks that end with *separator*.

    Args:
        pieces: the content.
        start: pattern of the tag before the content.
        separator: end tag of the elements.
        end: the tag after the content.

    Raises:
        IrregularError: an element is too long, or a tag is missing.

    """
    has_started = False
    text = b""
    for piece in pieces:
        text += piece
        if not has_started and (found := re.search(start, text)):
            has_started, text = True, text[found.end() :]
        if has_started:
            last = text.rfind(end)
            cut = last if last >= 0 else text.rfind(separator) + len(separator)
            block, text = (text[:cut], text[cut:]) if cut >= len(separator) else (b"", text)
            if _UNUSUAL.search(block):
                raise IrregularError
            yield block
            if last >= 0:
                return
        if len(text) > _BLOCK_BYTES_MAX:
            break
    raise IrregularError


def _decoded(raw: bytes, *, keeps_white_space: bool) -> str:
    """Return the text of *raw* without the escapes of XML and of spreadsheet programs."""
    text = raw.decode()
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return decode_escapes(text, keeps_white_space=keeps_white_space)


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if name in _ENTITIES:
        return _ENTITIES[name]
    code = _CODE.fullmatch(name)
    if not code:
        raise IrregularError
    point = int(code[2], 16 if code[1] else 10)
    if point in _SURROGATES:
        raise IrregularError
    return chr(point)
