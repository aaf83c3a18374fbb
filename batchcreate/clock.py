"""The one place that reads the wall clock; durations come from the event loop's own clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present, timezone-aware, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return *moment* in UTC as ISO 8601 with milliseconds, such as 2026-01-31T08:15:00.000Z."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"
