"""The one place that reads the wall clock; durations come from the event loop's own clock."""

import time
from datetime import UTC, datetime, timedelta
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
    return stamp(_EPOCH + timedelta(milliseconds=moment_ms))
