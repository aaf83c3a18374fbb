"""Binary workbooks, .xls and .xlsb: cells by calamine, errors and merges by a scan of records."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from batchcreate.workbooks.compound_file import CompoundFile
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.protocol import (
    PASSWORD,
    Limits,
    RefusedError,
    SheetName,
    refuse_damaged,
)
from batchcreate.workbooks.tables import RowGroup, Table, group_dense
from batchcreate.workbooks.untrusted import Package, SharedFile
from batchcreate.workbooks.xlsx_parts import read_relations

_ERRORS: Final[Mapping[int, str]] = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}

# Records of .xls: a type, a length, and that many bytes ([MS-XLS]).
_XLS_BEGIN, _XLS_END, _XLS_ENCRYPTED, _XLS_SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_XLS_FORMULA, _XLS_ERROR = 0x0006, 0x0205
_XLS_HEADER: Final = struct.Struct("<HH")
_XLS_OFFSET: Final = struct.Struct("<I")
_XLS_FORMULA_CELL: Final = struct.Struct("<HH2xBBBBBB2s")
_XLS_ERROR_CELL: Final = struct.Struct("<HH2xBB")
_XLS_NOT_A_NUMBER: Final = b"\xff\xff"
_XLS_IS_ERROR: Final = 2

# Records of .xlsb: types and lengths of variable size ([MS-XLSB]).
_XLSB_ROW, _XLSB_ERROR, _XLSB_FORMULA_ERROR, _XLSB_SHEET, _XLSB_MERGE = 0, 3, 11, 156, 176
_XLSB_WORKBOOK: Final = "xl/workbook.bin"
_XLSB_ROW_NUMBER: Final = struct.Struct("<I")
_XLSB_ERROR_CELL: Final = struct.Struct("<I4xB")
_XLSB_MERGED: Final = struct.Struct("<4I")
_XLSB_CONTINUES: Final = 0x80
_XLSB_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class ExtraRecords:
    """
    Records of a sheet that calamine does not report.

    Attributes:
        errors: texts of cells with an error, by row numbers and columns.
        merges: merged cells.

    """

    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[MergedRange] = field(default_factory=list)

    def add_error(self, row: int, column: int, code: int) -> None:
        """Add the error *code* of the cell in *row* and *column*, both zero-based."""
        self.errors.setdefault(row + 1, {})[column] = _ERRORS.get(code, "#VALUE!")

    def add_merge(self, top: int, bottom: int, left: int, right: int) -> None:
        """Add merged cells between these rows and columns, all zero-based."""
        self.merges.append(MergedRange(top + 1, left, bottom + 1, right))


ScanSheet = Callable[[int, str], ExtraRecords]
"""Returns the extra records of the sheet with this position and name."""


class BinaryBook:
    """
    A workbook of binary records.

    Every method raises `RefusedError` if the workbook is encrypted or damaged.

    Args:
        file: the workbook.
        scan_sheet: called before a sheet is read.

    """

    def __init__(self, file: SharedFile, scan_sheet: ScanSheet) -> None:
        self._scan_sheet = scan_sheet
        with _translated_errors():
            self._book = CalamineWorkbook.from_filelike(file.open())
            self._sheets = [
                (position, sheet)
                for position, sheet in enumerate(self._book.sheets_metadata)
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]

    @property
    def sheets(self) -> Sequence[SheetName]:
        """The worksheets in the order of their tabs."""
        return [
            SheetName(name=sheet.name, is_visible=sheet.visible == SheetVisibleEnum.Visible)
            for _, sheet in self._sheets
        ]

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the rows of the sheet with position *index*."""
        position, metadata = self._sheets[index]
        extra = self._scan_sheet(position, metadata.name)
        with _translated_errors():
            sheet = self._book.get_sheet_by_name(metadata.name)
            ranges = sheet.merged_cell_ranges or ()
        merges = [
            MergedRange(top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in ranges
        ]
        return Table(
            groups=_guarded(group_dense(sheet, chunk_rows, extra.errors)),
            merges=[*merges, *extra.merges],
        )


def open_xls(file: SharedFile) -> BinaryBook:
    """
    Open an .xls workbook.

    Raises:
        RefusedError: the workbook is encrypted or damaged.

    """
    compound = CompoundFile(file)
    stream = compound.read("workbook" if "workbook" in compound.streams else "book")
    offsets = _xls_sheet_offsets(stream)

    def scan_sheet(position: int, _: str) -> ExtraRecords:
        has_offset = position < len(offsets)
        return _scan_xls_sheet(stream, offsets[position]) if has_offset else ExtraRecords()

    return BinaryBook(file, scan_sheet)


def open_xlsb(file: SharedFile, limits: Limits) -> BinaryBook:
    """
    Open an .xlsb workbook.

    Raises:
        RefusedError: the workbook is encrypted, damaged, or unpacks to too much.

    """
    package = Package(file, limits)
    # Calamine unpacks the parts without limits.
    package.check_all()
    parts = _xlsb_sheet_parts(package)

    def scan_sheet(_: int, name: str) -> ExtraRecords:
        part = parts.get(name, "")
        return _scan_xlsb_sheet(package.read(part)) if package.has(part) else ExtraRecords()

    return BinaryBook(file, scan_sheet)


def _guarded(groups: Iterator[RowGroup]) -> Iterator[RowGroup]:
    while True:
        with _translated_errors():
            group = next(groups, None)
        if group is None:
            return
        yield group


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise RefusedError(PASSWORD) from error
    except (RefusedError, MemoryError):
        raise
    except CalamineError:
        refuse_damaged("its records cannot be read")
    except BaseException:  # noqa: BLE001 # a panic of calamine is not an Exception
        refuse_damaged("a cell contains an impossible value")


def _xls_sheet_offsets(stream: bytes) -> list[int]:
    """
    Return the offsets of the sheets in *stream*, in the order of their tabs.

    Raises:
        RefusedError: the workbook is encrypted.

    """
    offsets: list[int] = []
    for kind, content in _xls_records(stream, 0):
        if kind == _XLS_ENCRYPTED:
            raise RefusedError(PASSWORD)
        if kind == _XLS_SHEET and len(content) >= _XLS_OFFSET.size:
            offsets += _XLS_OFFSET.unpack_from(content)
    return offsets


def _scan_xls_sheet(stream: bytes, start: int) -> ExtraRecords:
    """Return the extra records of the sheet that begins at offset *start*."""
    extra = ExtraRecords()
    for kind, content in _xls_records(stream, start):
        if kind == _XLS_ERROR and len(content) >= _XLS_ERROR_CELL.size:
            row, column, code, is_error = _XLS_ERROR_CELL.unpack_from(content)
            if is_error:
                extra.add_error(row, column, code)
        elif kind == _XLS_FORMULA and len(content) >= _XLS_FORMULA_CELL.size:
            row, column, result, _, code, *_, mark = _XLS_FORMULA_CELL.unpack_from(content)
            if mark == _XLS_NOT_A_NUMBER and result == _XLS_IS_ERROR:
                extra.add_error(row, column, code)
    return extra


def _xls_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records from offset *start* to the end of the sheet, without embedded charts."""
    at = start
    depth = 0
    while at + _XLS_HEADER.size <= len(stream):
        kind, length = _XLS_HEADER.unpack_from(stream, at)
        at += _XLS_HEADER.size
        depth += (kind == _XLS_BEGIN) - (kind == _XLS_END)
        if not depth:
            return
        if depth == 1:
            yield kind, stream[at : at + length]
        at += length


def _xlsb_sheet_parts(package: Package) -> dict[str, str]:
    """Return the names of the parts that contain the sheets, by the names of the sheets."""
    targets = {key: target for _, key, target in read_relations(package, _XLSB_WORKBOOK)}
    parts: dict[str, str] = {}
    for kind, content in _xlsb_records(package.read(_XLSB_WORKBOOK)):
        if kind == _XLSB_SHEET:
            key, rest = _xlsb_text(content[8:])
            name, _ = _xlsb_text(rest)
            parts[name] = targets.get(key, "")
    return parts


def _scan_xlsb_sheet(content: bytes) -> ExtraRecords:
    """Return the extra records in the *content* of a sheet's part."""
    extra = ExtraRecords()
    row = 0
    for kind, record in _xlsb_records(content):
        if kind == _XLSB_ROW and len(record) >= _XLSB_ROW_NUMBER.size:
            (row,) = _XLSB_ROW_NUMBER.unpack_from(record)
        elif kind in (_XLSB_ERROR, _XLSB_FORMULA_ERROR) and len(record) >= _XLSB_ERROR_CELL.size:
            column, code = _XLSB_ERROR_CELL.unpack_from(record)
            extra.add_error(row, column, code)
        elif kind == _XLSB_MERGE and len(record) >= _XLSB_MERGED.size:
            extra.add_merge(*_XLSB_MERGED.unpack_from(record))
    return extra


def _xlsb_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        kind, at = _xlsb_integer(content, at, 2)
        length, at = _xlsb_integer(content, at, _XLSB_LENGTH_BYTES)
        yield kind, content[at : at + length]
        at += length


def _xlsb_integer(content: bytes, at: int, size: int) -> tuple[int, int]:
    """Return the integer at *at*, which has seven bits per byte, and the offset of its end."""
    value = 0
    for position, byte in enumerate(content[at : at + size]):
        value |= (byte & ~_XLSB_CONTINUES) << 7 * position
        if not byte & _XLSB_CONTINUES:
            return value, at + position + 1
    return value, at + size


def _xlsb_text(content: bytes) -> tuple[str, bytes]:
    """Return the text at the start of *content*, and the rest."""
    chars = int.from_bytes(content[:4], "little")
    end = 4 + 2 * chars
    return content[4:end].decode("utf-16-le", "replace"), content[end:]
