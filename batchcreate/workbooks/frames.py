"""How parent and child speak: a length, then that many bytes of JSON."""

import json
from collections.abc import Callable
from typing import Any, Final

from batchcreate.workbooks.limits import FRAME_BYTES_MAX

Value = dict[str, Any]
"""A question or an answer."""

_LENGTH_BYTES: Final = 8


class BrokenFrameError(Exception):
    """What came is no frame of ours."""


def frame(value: Value) -> bytes:
    """Return how *value* is said."""
    # Only ASCII comes out, so that a lone surrogate of a cell survives.
    said = json.dumps(value, separators=(",", ":")).encode("ascii")
    return len(said).to_bytes(_LENGTH_BYTES, "big") + said


def read_frame(read_exactly: Callable[[int], bytes]) -> Value:
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
        value = json.loads(read_exactly(length))
    except ValueError as error:
        message = "a frame that is no JSON"
        raise BrokenFrameError(message) from error
    if not isinstance(value, dict):
        message = "a frame that is no object"
        raise BrokenFrameError(message)
    return value
