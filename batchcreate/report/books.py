"""New workbooks, written in constant memory; what cannot be written leaves nothing behind."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from xlsxwriter import Workbook


@contextmanager
def book_in(file: BinaryIO, folder: Path) -> Iterator["Workbook"]:
    """
    Give a workbook that is written to *file* at the end of the block.

    Args:
        file: empty.
        folder: where its sheets wait until then, on the disk of the file.

    Raises:
        OSError: it cannot be written.

    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix=".workbook.", dir=folder) as waiting:
        sink = _Sink(file)
        book = Workbook(sink, {"constant_memory": True, "tmpdir": waiting})
        book.use_zip64()
        try:
            yield book
            book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error
        finally:
            sink.close()
            for sheet in book.worksheets():
                with suppress(OSError):
                    sheet.row_data_fh.close()
        if sink.failure is not None:
            raise sink.failure


class _Sink:
    """
    Hands on what is written, and after a failure or its end lets the rest go.

    An archive that cannot be finished tries again when it is thrown away, and complains on
    standard error. So it never hears of a failure; whoever writes it looks here at the end.

    Args:
        file: takes what is written.

    Attributes:
        failure: the first one.

    """

    def __init__(self, file: BinaryIO) -> None:
        self.failure: OSError | None = None
        self._file: BinaryIO | None = file
        self._at = 0

    def write(self, data: bytes) -> int:
        """Write *data* if possible."""
        self._try(lambda file: file.write(data))
        self._at += len(data)
        return len(data)

    def seek(self, at: int) -> int:
        """Go to *at*, counted from the beginning."""
        self._try(lambda file: file.seek(at))
        self._at = at
        return at

    def tell(self) -> int:
        """Return where the next bytes go."""
        return self._at

    def flush(self) -> None:
        """Do nothing: whoever gave the file flushes it."""

    def close(self) -> None:
        """Let all go that comes from now on."""
        self._file = None

    def _try(self, action: Callable[[BinaryIO], object]) -> None:
        if self._file is not None:
            try:
                action(self._file)
            except OSError as failure:
                self.failure = failure
                self.close()
