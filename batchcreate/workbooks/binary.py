"""The binary formats of workbooks, .xls and .xlsb, as calamine reads them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from batchcreate.workbooks.batches import Batch, Merge
from batchcreate.workbooks.refusal import PASSWORD, Refusal, refuse_damaged
from batchcreate.workbooks.source import Source
from batchcreate.workbooks.tables import SheetName, Table, dense


class BinaryBook:
    """
    A workbook of binary records.

    Raises `Refusal` where it is encrypted or damaged.
    """

    def __init__(self, source: Source) -> None:
        with _translated():
            self._book = CalamineWorkbook.from_filelike(source.open())
            self._sheets = [
                sheet
                for sheet in self._book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]

    @property
    def sheets(self) -> Sequence[SheetName]:
        """Its worksheets, in the order of their tabs."""
        return [
            SheetName(name=sheet.name, is_visible=sheet.visible == SheetVisibleEnum.Visible)
            for sheet in self._sheets
        ]

    def table(self, index: int, chunk_rows: int) -> Table:
        """
        Return the rows of the sheet number *index*.

        Raises:
            Refusal: it is damaged.

        """
        with _translated():
            sheet = self._book.get_sheet_by_name(self._sheets[index].name)
            merges = [
                Merge(top + 1, left, bottom + 1, right)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            ]
        return Table(batches=_guarded(dense(sheet, chunk_rows)), merges=merges)


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
