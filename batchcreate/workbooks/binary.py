"""The binary formats of workbooks, .xls and .xlsb, as calamine reads them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from batchcreate.workbooks import xls_records, xlsb_records
from batchcreate.workbooks.batches import Batch
from batchcreate.workbooks.blocks import Merge
from batchcreate.workbooks.findings import Findings
from batchcreate.workbooks.limits import Limits
from batchcreate.workbooks.ole import CompoundFile
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.refusal import PASSWORD, Refusal, refuse_damaged
from batchcreate.workbooks.source import Source
from batchcreate.workbooks.tables import SheetName, Table, dense

Look = Callable[[int, str], Findings]
"""Returns what calamine does not tell of the sheet with this position and name."""


class BinaryBook:
    """
    A workbook of binary records.

    Raises `Refusal` where it is encrypted or damaged.
    """

    def __init__(self, source: Source, look: Look) -> None:
        self._look = look
        with _translated():
            self._book = CalamineWorkbook.from_filelike(source.open())
            self._sheets = [
                (position, sheet)
                for position, sheet in enumerate(self._book.sheets_metadata)
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]

    @property
    def sheets(self) -> Sequence[SheetName]:
        """Its worksheets, in the order of their tabs."""
        return [
            SheetName(name=sheet.name, is_visible=sheet.visible == SheetVisibleEnum.Visible)
            for _, sheet in self._sheets
        ]

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the rows of the sheet number *index*."""
        position, metadata = self._sheets[index]
        found = self._look(position, metadata.name)
        with _translated():
            sheet = self._book.get_sheet_by_name(metadata.name)
            told = sheet.merged_cell_ranges or ()
        merges = [Merge(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in told]
        return Table(
            batches=_guarded(dense(sheet, chunk_rows, found.errors)),
            merges=[*merges, *found.merges],
        )


def open_xls(source: Source) -> BinaryBook:
    """
    Open an .xls workbook.

    Raises:
        Refusal: it is encrypted or damaged.

    """
    file = CompoundFile(source)
    stream = file.read("workbook" if "workbook" in file.streams else "book")
    places = xls_records.sheet_places(stream)

    def look(position: int, _: str) -> Findings:
        is_there = position < len(places)
        return xls_records.look_through(stream, places[position]) if is_there else Findings()

    return BinaryBook(source, look)


def open_xlsb(source: Source, limits: Limits) -> BinaryBook:
    """
    Open an .xlsb workbook.

    Raises:
        Refusal: it is encrypted or damaged, or would unpack to too much.

    """
    package = Package(source, limits)
    package.require_whole()
    parts = xlsb_records.sheet_parts(package)

    def look(_: int, name: str) -> Findings:
        part = parts.get(name, "")
        is_there = package.has(part)
        return xlsb_records.look_through(package.read(part)) if is_there else Findings()

    return BinaryBook(source, look)


def _guarded(batches: Iterator[Batch]) -> Iterator[Batch]:
    while True:
        with _translated():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise Refusal(PASSWORD) from error
    except (Refusal, MemoryError):
        raise
    except CalamineError:
        refuse_damaged("its records cannot be read")
    except BaseException:  # noqa: BLE001 # calamine panics with what is no Exception
        refuse_damaged("a cell holds what no cell can hold")
