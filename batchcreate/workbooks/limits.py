"""How much a workbook may cost, by the size of its file; pure."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20

CELL_CHARS_MAX: Final = 100_000
"""Spreadsheet programs hold 32,767 characters in a cell; some a few more."""

ROWS_MAX: Final = 1_048_576
COLUMNS_MAX: Final = 16_384
"""How many there are in a sheet."""

SHEETS_MAX: Final = 1_000
"""Each costs a question and an answer, whatever is in it."""

FORMATS_MAX: Final = 100_000
"""Excel stops at 65,490 formats of cells."""

MERGES_MAX: Final = 100_000
"""A merged cell in every row of a large table."""

BATCH_CHARS: Final = 8_000_000
"""How much text of a sheet is held at once, about."""

FRAME_BYTES_MAX: Final = 64 * MIB
"""How much the child may say at once; a row of long cells, each character escaped, fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What reading one workbook may cost.

    Attributes:
        memory_bytes: of the child's address space.
        cpu_s: of the child's processor time.
        wait_s: for which the parent waits for the child in all.
        inflated_bytes: of all parts of the file together, unpacked.

    """

    memory_bytes: int
    cpu_s: int
    wait_s: float
    inflated_bytes: int


def limits_for(size_bytes: int) -> Limits:
    """
    Return what reading a workbook of *size_bytes* may cost.

    A workbook of 1,000,000 rows and 8 columns has 20 to 60 MB, takes 10 to 30 s and 900 MB. The
    most repetitive sheets unpack to 220 times their size, and a bomb to 1,000 times.
    """
    size_mib = size_bytes / MIB
    return Limits(
        memory_bytes=960 * MIB + 8 * size_bytes,
        cpu_s=5 + int(4 * size_mib),
        wait_s=6 + 6 * size_mib,
        inflated_bytes=64 * MIB + 250 * size_bytes,
    )
