"""
The wall clock. Durations are measured with the event loop.

A short module: no other module reads the wall clock, which a lint rule enforces.
"""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


def epoch_ms() -> int:
    """Return the current time in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def stamp(moment: datetime) -> str:
    """Return *moment* in UTC as ISO 8601 with milliseconds, such as 2026-01-31T08:15:00.000Z."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def stamp_of_ms(moment_ms: int) -> str:
    """Return milliseconds since 1970 in the format of `stamp`."""
    second, rest_ms = divmod(moment_ms, 1000)
    return f"{_of_second(second)}.{rest_ms:03}Z"


def minute_of(moment: str) -> str:
    """Return a time in the format of `stamp` for a message, such as 2026-01-31 08:15 UTC."""
    return f"{moment[:16].replace('T', ' ')} UTC"


@lru_cache(maxsize=256)
def _of_second(second: int) -> str:
    """Return a second since 1970 without its fraction; cached, as rows often share a second."""
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:-6]
