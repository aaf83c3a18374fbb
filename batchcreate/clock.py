"""The one place that reads the wall clock; durations come from the event loop's own clock."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the present, timezone-aware, in UTC."""
    return datetime.now(UTC)


def epoch_ms() -> int:
    """Return the present as whole milliseconds since 1970 began in UTC."""
    return time.time_ns() // 1_000_000


def stamp(moment: datetime) -> str:
    """Return *moment* in UTC as ISO 8601 with milliseconds, such as 2026-01-31T08:15:00.000Z."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def stamp_of_ms(moment_ms: int) -> str:
    """Return milliseconds since 1970 as `stamp` does."""
    second, rest_ms = divmod(moment_ms, 1000)
    return f"{_of_second(second)}.{rest_ms:03}Z"


@lru_cache(maxsize=256)
def _of_second(second: int) -> str:
    """Return a second since 1970; of many rows, most share theirs with the row before."""
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:-6]
