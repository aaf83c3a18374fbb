"""How parent and child speak: a length, then that many bytes of JSON."""

import json
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from batchcreate.workbooks.limits import FRAME_BYTES_MAX

_LENGTH_BYTES: Final = 8


class BrokenFrameError(Exception):
    """What came is no frame of ours."""


def write_frame(stream: BinaryIO, value: object) -> None:
    """Say *value*, all of it."""
    # Only ASCII comes out, so that a lone surrogate of a cell survives.
    payload = json.dumps(value, separators=(",", ":")).encode("ascii")
    stream.write(len(payload).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(payload)
    stream.flush()


def read_frame(read_exactly: Callable[[int], bytes]) -> Any:  # noqa: ANN401 # whatever was said
    """
    Return the next value that was said.

    Args:
        read_exactly: gives so many bytes, or raises.

    Raises:
        BrokenFrameError: a length or a text is not one of ours.

    """
    length = int.from_bytes(read_exactly(_LENGTH_BYTES), "big")
    if length > FRAME_BYTES_MAX:
        message = f"a frame of {length} bytes"
        raise BrokenFrameError(message)
    try:
        return json.loads(read_exactly(length))
    except ValueError as error:
        message = "a frame that is no JSON"
        raise BrokenFrameError(message) from error
