"""Binary workbooks, .xls and .xlsb: cells by calamine, what it does not report by a scan."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from batchcreate.workbooks.compound_file import CompoundFile
from batchcreate.workbooks.extra_records import ExtraRecords
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
from batchcreate.workbooks.xls_records import read_globals, scan_xls_sheet
from batchcreate.workbooks.xlsb_records import read_sheet_parts, read_styles, scan_xlsb_sheet

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
            groups=_guarded(group_dense(sheet, chunk_rows, extra.cells)),
            merges=[*merges, *extra.merges],
            marks=extra.marks,
        )


def open_xls(file: SharedFile) -> BinaryBook:
    """
    Open an .xls workbook.

    Raises:
        RefusedError: the workbook is encrypted or damaged.

    """
    compound = CompoundFile(file)
    stream = compound.read("workbook" if "workbook" in compound.streams else "book")
    shared = read_globals(stream)

    def scan_sheet(position: int, _: str) -> ExtraRecords:
        extra = ExtraRecords(shared.formats, shared.struck)
        for offset in shared.offsets[position : position + 1]:
            scan_xls_sheet(stream, offset, extra)
        return extra

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
    parts = read_sheet_parts(package)
    formats, struck = read_styles(package)

    def scan_sheet(_: int, name: str) -> ExtraRecords:
        extra = ExtraRecords(formats, struck)
        part = parts.get(name, "")
        scan_xlsb_sheet(package.read(part) if package.has(part) else b"", extra)
        return extra

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
