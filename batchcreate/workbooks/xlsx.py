"""Office Open XML workbooks: a scan of each sheet chooses one of three readers."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from python_calamine import CalamineSheet, CalamineWorkbook

from batchcreate.text import column_index
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.merged_cells import MergedRange, parse_address
from batchcreate.workbooks.protocol import (
    COPY,
    MERGES_MAX,
    MIB,
    Limits,
    RefusedError,
    SheetName,
)
from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.tables import Row, RowGroup, Table, group_dense, group_sparse
from batchcreate.workbooks.untrusted import Package, SharedFile
from batchcreate.workbooks.xlsx_blocks import PlainContext, read_plain_rows, read_texts
from batchcreate.workbooks.xlsx_cells import SheetContext, read_rows
from batchcreate.workbooks.xlsx_marks import (
    STRIKE,
    MarkScan,
    Strikethrough,
    read_struck_formats,
)
from batchcreate.workbooks.xlsx_parts import read_formats, read_outline, read_shared_strings

_CALAMINE_BYTES: Final = 384 * MIB
"""Maximum memory of calamine, according to the estimate."""

_STRING_MEMORY: Final = 2
"""Memory of shared strings in calamine, as a multiple of their size in the file."""

_EARLY_BYTES: Final = 100 * MIB
"""Calamine starts before the end of the scan if the workbook unpacks to no more than this."""

_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=\"1.0\"[^>]*>)?\s*<(?:worksheet|sst)\s", re.IGNORECASE
)
_UNUSUAL_STARTS: Final = (b"<!DOCTYPE", b'encoding="UTF-16', b"='")
_SPACED: Final = re.compile(rb'<[^<>]*\s=\s*"')
"""White space before the value of an attribute; the scan expects none."""

_START_BYTES: Final = 4096
_DIMENSION: Final = re.compile(rb'<dimension ref="(?:[A-Z]+[0-9]+:)?([A-Z]{1,3})[0-9]{1,7}"')
_ERROR_OR_DATE: Final = re.compile(rb't="[ed]"')
_FORMULA: Final = b"</f>"
_UNUSUAL_ESCAPE: Final = re.compile(rb"_x(?!00)[0-9A-Fa-f]{4}_")
"""An escaped character that calamine does not decode."""

_CDATA: Final = b"<![CDATA["
"""Text without escapes; calamine reads it in strings only."""

_HIDDEN_ZEROS: Final = re.compile(rb'showZeros="(?:0|false)"')
_NOT_A_NUMBER: Final = rb'(?! t="(?:s|str|inlineStr|b|e)"| customFormat)'
_USUAL_DATE: Final = rb"[0-9]{1,6}(?:\.[0-9]+)?<"
"""Calamine converts negative numbers to dates before 1900, and others to numbers."""

_MERGED: Final = b"mergeCell"
_MERGE: Final = re.compile(rb"""mergeCell\s+ref=["']([A-Za-z0-9$]+):([A-Za-z0-9$]+)["']""")
_CELL: Final = b"</c>"
_ROW: Final = b'<row r="'
_ROW_DIGITS: Final = 8

_OVERLAP_BYTES: Final = 1024
"""More than the length of a tag; number of bytes at the end of a piece that are scanned again with the next piece."""

_SAMPLING: Final = 8
"""The cells of every eighth piece are counted."""

_WIDTH: Final = 26
_LISTED_BYTES: Final = 32
_TABLE_BYTES: Final = 24
_TEXT_BYTES: Final = 48
"""Memory of calamine for a cell of the file, for a cell of the table, and for its text."""


@dataclass(slots=True)
class SheetScan:
    """
    Result of a fast scan of a sheet's XML.

    Attributes:
        is_plain: calamine reports everything that the sheet contains.
        cells: approximate number of cells in the file.
        width: number of columns, as declared in the file.
        last_row: highest row number in the file.
        merges: merged cells.
        marks: hidden rows and columns.

    """

    is_plain: bool = True
    cells: int = 0
    width: int = _WIDTH
    last_row: int = 0
    merges: list[MergedRange] = field(default_factory=list)
    marks: SheetMarks = field(default_factory=SheetMarks)

    @property
    def memory_bytes(self) -> int:
        """Approximate memory that calamine needs for the sheet."""
        listed = (1 << self.cells.bit_length()) * _LISTED_BYTES
        table = self.last_row * self.width * _TABLE_BYTES
        return listed + table + self.cells * _TEXT_BYTES


class XlsxBook:
    """
    A workbook that consists of XML parts.

    Calamine is several times faster than the complete reader. But it does not report errors,
    formulas without a result and what a format adds to a number, and it holds every cell
    between the first and the last one in memory. Large sheets without these are read in blocks.

    Args:
        file: the workbook.
        limits: for its size.
        uses_calamine: False if every sheet must be read by the complete reader.

    """

    def __init__(self, file: SharedFile, limits: Limits, *, uses_calamine: bool) -> None:
        self._file = file
        self._package = Package(file, limits)
        self._outline = read_outline(self._package)
        self._formats, is_east_asian = read_formats(self._package, self._outline.styles)
        self._struck_formats = read_struck_formats(self._package, self._outline.styles)
        # Cells without a declared format have the first one.
        has_default = any(self._formats[:1])
        self._uses_calamine = uses_calamine and not is_east_asian and not has_default
        # A calamine workbook must not be used by two threads at the same time.
        self._executor = ThreadPoolExecutor(max_workers=1)

    @property
    def sheets(self) -> Sequence[SheetName]:
        """The worksheets in the order of their tabs."""
        return [
            SheetName(name=part.name, is_visible=part.is_visible) for part in self._outline.sheets
        ]

    def table(self, index: int, chunk_rows: int) -> Table:
        """
        Return the rows of the sheet with position *index*.

        Raises:
            RefusedError: the sheet is damaged.

        """
        part = self._outline.sheets[index]
        early = self._start_calamine(part.name) if self._can_start_early else None
        scan = scan_sheet(
            self._package.read_pieces(part.part),
            formatted_cells(self._formats),
            struck=self._struck_formats,
        )

        def read_completely(after: int, marks: SheetMarks) -> Iterator[RowGroup]:
            rows = read_rows(self._package, part.part, self._context, marks)
            return group_sparse((row for row in rows if row[0] > after), chunk_rows)

        if not self._is_plain(scan):
            marks = SheetMarks()
            return Table(groups=read_completely(0, marks), merges=scan.merges, marks=marks)
        if self._is_for_calamine(scan):
            groups = _read_with_calamine(early or self._start_calamine(part.name), chunk_rows)
        else:
            groups = group_sparse(self._read_blocks(part.part), chunk_rows)
        # The scan has collected the marks already.
        groups = _with_fallback(groups, lambda after: read_completely(after, SheetMarks()))
        return Table(groups=groups, merges=scan.merges, marks=scan.marks)

    @property
    def _can_start_early(self) -> bool:
        return self._uses_calamine and self._package.declared_bytes <= _EARLY_BYTES

    def _is_plain(self, scan: SheetScan) -> bool:
        return self._uses_calamine and scan.is_plain and self._has_plain_strings

    def _is_for_calamine(self, scan: SheetScan) -> bool:
        part = self._outline.strings
        strings_bytes = self._package.declared_size(part) * _STRING_MEMORY if part else 0
        return scan.memory_bytes + strings_bytes < _CALAMINE_BYTES

    def _read_blocks(self, part: str) -> Iterator[Row]:
        context = PlainContext(
            texts=self._texts, formats=self._formats, is_1904=self._outline.is_1904
        )
        yield from read_plain_rows(self._package.read_pieces(part), context)

    @cached_property
    def _texts(self) -> Sequence[str]:
        part = self._outline.strings
        return read_texts(self._package.read_pieces(part)) if part else ()

    def _start_calamine(self, name: str) -> Future[CalamineSheet]:
        return self._executor.submit(lambda: self._calamine.get_sheet_by_name(name))

    @cached_property
    def _has_plain_strings(self) -> bool:
        part = self._outline.strings
        return not part or has_plain_strings(self._package.read_pieces(part))

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(self._file.open())

    @cached_property
    def _context(self) -> SheetContext:
        strings, struck = read_shared_strings(self._package, self._outline.strings)
        return SheetContext(
            strings=strings,
            formats=self._formats,
            is_1904=self._outline.is_1904,
            struck=Strikethrough(formats=self._struck_formats, strings=struck),
        )


def formatted_cells(formats: Sequence[NumberFormat | None]) -> re.Pattern[bytes] | None:
    """
    Return a pattern of the cells that calamine does not report as displayed.

    Args:
        formats: number format of each cell format; None if it displays values as stored.

    """
    texts, numbers, moments = (
        b"|".join(b"%d" % at for at, each in enumerate(formats) if each and is_used(each))
        for is_used in (
            lambda each: each.changes_texts,
            lambda each: not each.is_moment,
            lambda each: each.is_moment,
        )
    )
    patterns = (
        (texts, rb'(?:%s)"(?! customFormat)[^<>]*(?<!/)>'),
        (numbers, rb'(?:%s)"' + _NOT_A_NUMBER + rb"[^<>]*(?<!/)>"),
        (moments, rb'(?:%s)"' + _NOT_A_NUMBER + rb"[^<>]*>\s*<v>(?!" + _USUAL_DATE + rb")[^<]*<"),
    )
    used = [pattern % styles for styles, pattern in patterns if styles]
    return re.compile(rb's="(?<=\ss=")(?:%s)' % b"|".join(used)) if used else None


def scan_sheet(
    pieces: Iterable[bytes],
    formatted: re.Pattern[bytes] | None = None,
    *,
    struck: AbstractSet[str] = frozenset(),
) -> SheetScan:
    """
    Scan the XML of a sheet.

    Args:
        pieces: content of the part, in pieces.
        formatted: see `formatted_cells`.
        struck: numbers of the cell formats that are struck through.

    Raises:
        RefusedError: a merged range is not valid, or there are too many of them.

    """
    scan = SheetScan()
    marks = MarkScan(marks=scan.marks, struck=struck)
    patterns = [formatted] if formatted else []
    if struck:
        patterns.append(re.compile(rb"""[ \n]s=["'](?:%s)["']""" % "|".join(struck).encode()))
    overlap = b""
    for at, piece in enumerate(pieces):
        if at == 0:
            scan.is_plain = _has_plain_start(piece) and not _HIDDEN_ZEROS.search(piece)
            scan.width = _declared_width(piece)
        text = overlap + piece
        scan.is_plain = scan.is_plain and _is_plain(piece, text)
        marks.add(text, len(overlap))
        if scan.is_plain:
            scan.is_plain = not any(pattern.search(text) for pattern in patterns)
        scan.cells += 0 if at % _SAMPLING else piece.count(_CELL) * _SAMPLING
        scan.last_row = max(scan.last_row, _last_row(text))
        _add_merges(scan.merges, text, len(overlap))
        overlap = piece[-_OVERLAP_BYTES:]
    scan.is_plain = scan.is_plain and marks.is_plain
    return scan


def has_plain_strings(pieces: Iterable[bytes]) -> bool:
    """Return True if calamine reads the shared strings in *pieces* correctly."""
    overlap = b""
    for at, piece in enumerate(pieces):
        text = overlap + piece
        is_plain = STRIKE not in text and _has_plain_text(piece, text)
        if (at == 0 and not _has_plain_start(piece)) or not is_plain:
            return False
        overlap = piece[-_OVERLAP_BYTES:]
    return True


def _read_with_calamine(sheet: Future[CalamineSheet], chunk_rows: int) -> Iterator[RowGroup]:
    yield from group_dense(sheet.result(), chunk_rows)


def _with_fallback(
    groups: Iterator[RowGroup], read_completely: Callable[[int], Iterator[RowGroup]]
) -> Iterator[RowGroup]:
    """Yield *groups*; if that fails, continue with *read_completely* after the last row."""
    last = 0
    while True:
        try:
            group = next(groups, None)
        except BaseException:  # noqa: BLE001 # a panic of calamine is not an Exception
            break
        if group is None:
            return
        yield group
        last = group.numbers[-1]
    yield from read_completely(last)


def _has_plain_start(piece: bytes) -> bool:
    """Return True if the XML starts as spreadsheet programs usually write it."""
    start = piece[:_START_BYTES]
    has_unusual = any(each in start for each in _UNUSUAL_STARTS) or _SPACED.search(start)
    return bool(_START.match(piece)) and not has_unusual


def _is_plain(piece: bytes, text: bytes) -> bool:
    return (
        _FORMULA not in text and not _ERROR_OR_DATE.search(text) and _has_plain_text(piece, text)
    )


def _has_plain_text(piece: bytes, text: bytes) -> bool:
    # A piece without markup is part of one huge cell.
    return b"<" in piece and _CDATA not in text and not _UNUSUAL_ESCAPE.search(text)


def _declared_width(piece: bytes) -> int:
    declared = _DIMENSION.search(piece)
    return column_index(declared[1].decode()) + 1 if declared else _WIDTH


def _last_row(text: bytes) -> int:
    at = text.rfind(_ROW)
    digits = text[at + len(_ROW) :][:_ROW_DIGITS].partition(b'"')[0]
    return int(digits) if at >= 0 and digits.isdigit() else 0


def _add_merges(merges: list[MergedRange], text: bytes, scanned: int) -> None:
    if _MERGED not in text:
        return
    merges += _merges(text, scanned)
    if len(merges) > MERGES_MAX:
        error = f"has more than {MERGES_MAX:,} merged cells in a sheet. {COPY}"
        raise RefusedError(error)


def _merges(text: bytes, scanned: int) -> Iterator[MergedRange]:
    """Yield the merged ranges in *text* that do not end in its first *scanned* bytes."""
    for match in _MERGE.finditer(text):
        if match.end() > scanned:
            top, left = parse_address(match[1].decode())
            bottom, right = parse_address(match[2].decode())
            yield MergedRange(top, left, bottom, right)
