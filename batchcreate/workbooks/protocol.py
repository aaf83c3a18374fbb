"""Messages between parent and child process, limits of a workbook, and reasons for a refusal."""

import json
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

MIB: Final = 1 << 20

CELL_CHARS_MAX: Final = 100_000
"""Spreadsheet programs keep 32,767 characters in a cell; some keep a few more."""

ROWS_MAX: Final = 1_048_576
COLUMNS_MAX: Final = 16_384
"""Number of rows and columns of a sheet."""

SHEETS_MAX: Final = 1_000
"""Each sheet costs a request and a response, even if it is empty."""

FORMATS_MAX: Final = 100_000
"""The limit of Excel is 65,490 cell formats."""

MERGES_MAX: Final = 100_000
"""Enough for a merged cell in every row of a large table."""

TEXT_CHARS_MAX: Final = 8_000_000
"""Approximate amount of text of a sheet that is held in memory."""

MESSAGE_BYTES_MAX: Final = 64 * MIB
"""Maximum size of a message; a row of long cells with every character escaped fits."""

NO_CALAMINE: Final = "no-calamine"
"""Argument of a child process that must not read .xlsx sheets with calamine."""

PASSWORD: Final = "is password-protected. Remove the password and save the file again."  # noqa: S105 # not a secret
DAMAGED: Final = (
    "the workbook is damaged ({}). Open it in the spreadsheet program and save it again, or copy"
    " the file again from its source."
)
COPY: Final = "Copy the table to a new workbook and use that file."
MALICIOUS: Final = "The file looks malicious. Do not open it; ask the sender."

_LENGTH_BYTES: Final = 8

Message = dict[str, Any]
"""A request or a response."""


class ProtocolError(Exception):
    """The received bytes are not a valid message."""


class RefusedError(Exception):
    """The workbook is not read; the text follows the name of the file in a message."""


def refuse_damaged(reason: str) -> NoReturn:
    """Refuse a workbook that breaks the rules of its format."""
    raise RefusedError(DAMAGED.format(reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetName:
    """
    A worksheet of a workbook.

    Attributes:
        name: as shown on its tab.
        is_visible: the sheet is not hidden.

    """

    name: str
    is_visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Resources that a child process may use for one workbook.

    Processor time decides whether a workbook is too expensive, so that the decision does not
    depend on other processes of the machine. Elapsed time only ends a child that hangs.

    Attributes:
        memory_bytes: address space of the child.
        cpu_s: processor time of the child, in seconds.
        silence_s: maximum time without output of the child, in seconds.
        unpacked_bytes: total size of all parts of the file when unpacked.

    """

    memory_bytes: int
    cpu_s: int
    silence_s: float
    unpacked_bytes: int


def limits_for(size_bytes: int) -> Limits:
    """
    Return the limits for a workbook of *size_bytes*.

    A workbook with 1,000,000 rows and 8 columns has 20 to 60 MB and takes 10 to 30 s; as .xlsb it
    takes 900 MB.
    The most repetitive sheets unpack to 220 times their size, a zip bomb to 1,000 times.
    """
    cpu_s = 5 + int(4 * size_bytes / MIB)
    return Limits(
        memory_bytes=960 * MIB + 8 * size_bytes,
        cpu_s=cpu_s,
        silence_s=silence_limit_s(cpu_s),
        unpacked_bytes=64 * MIB + 250 * size_bytes,
    )


def silence_limit_s(cpu_s: int) -> float:
    """
    Return how long a child process that may use *cpu_s* can be silent before it is ended.

    A tenth of a processor is enough to reach the limit of the processor time first.
    """
    return 120.0 + 10 * cpu_s


def apply_limits(*, cpu_s: int, memory_bytes: int) -> None:
    """Limit processor time and address space of the current process, and disable core dumps."""
    for kind, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        _, hard = resource.getrlimit(kind)
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (soft, hard))


def encode_message(message: Message) -> bytes:
    """Return *message* as its length, followed by that many bytes of JSON."""
    # ASCII with escapes keeps a lone surrogate from a cell.
    content = json.dumps(message, separators=(",", ":")).encode("ascii")
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def read_message(read_exactly: Callable[[int], bytes]) -> Message:
    """
    Return the next message.

    Args:
        read_exactly: returns the given number of bytes, or raises.

    Raises:
        ProtocolError: the length or the content is not valid.

    """
    length = int.from_bytes(read_exactly(_LENGTH_BYTES), "big")
    if length > MESSAGE_BYTES_MAX:
        error = f"a message of {length} bytes"
        raise ProtocolError(error)
    try:
        message = json.loads(read_exactly(length))
    except ValueError as cause:
        error = "a message that is not JSON"
        raise ProtocolError(error) from cause
    if not isinstance(message, dict):
        error = "a message that is not an object"
        raise ProtocolError(error)
    return message
