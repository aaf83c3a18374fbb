"""Messages between parent and child process, and the limits of a workbook."""

import io
import struct

import pytest

from batchcreate.workbooks.protocol import (
    MESSAGE_BYTES_MAX,
    MIB,
    ProtocolError,
    encode_message,
    limits_for,
    read_message,
)


def test_lone_surrogate_is_kept_in_a_message() -> None:
    """A library can return one for a cell."""
    message = {"a": "\ud800 订单"}

    assert read_message(io.BytesIO(encode_message(message)).read) == message


@pytest.mark.parametrize(
    "content",
    [
        struct.pack(">Q", MESSAGE_BYTES_MAX + 1),
        struct.pack(">Q", 3) + b"{{{",
        struct.pack(">Q", 2) + b"[]",
    ],
    ids=["too long", "not JSON", "not an object"],
)
def test_invalid_message_is_refused(content: bytes) -> None:
    """The child is not trusted, because it has read an untrusted file."""
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(content).read)


@pytest.mark.parametrize("size_mib", [20, 60])
def test_workbook_of_a_million_rows_is_within_the_limits(size_mib: int) -> None:
    """It takes up to 900 MB and 30 seconds, and unpacks to 600 bytes per row."""
    limits = limits_for(size_mib * MIB)

    assert limits.memory_bytes >= 900 * MIB
    assert limits.cpu_s >= 30
    assert limits.unpacked_bytes >= 600 * 1_000_000


def test_small_workbook_can_use_ten_seconds_and_one_gibibyte() -> None:
    """The limits depend on the size of the file only."""
    limits = limits_for(2000)

    assert limits.memory_bytes <= 1 << 30
    assert limits.cpu_s <= 10


@pytest.mark.parametrize("size_mib", [0, 1, 20, 60])
def test_processor_time_is_reached_before_the_silence_limit(size_mib: int) -> None:
    """A tenth of a processor is enough, so that a busy machine does not refuse a workbook."""
    limits = limits_for(size_mib * MIB)

    assert limits.silence_s >= 10 * limits.cpu_s
