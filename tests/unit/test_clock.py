"""Time stamps are in UTC with milliseconds, in any time zone of the machine."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.clock import epoch_ms, stamp, stamp_of_ms, utc_now

LAST_MS = 32_503_680_000_000  # the year 3000


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(
            datetime(2026, 1, 31, 8, 15, tzinfo=UTC), "2026-01-31T08:15:00.000Z", id="in UTC"
        ),
        pytest.param(
            datetime(2026, 1, 1, 4, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
            "2025-12-31T20:00:00.999Z",
            id="in China",
        ),
        pytest.param(
            datetime(2026, 1, 1, 0, 0, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
            "2026-01-01T09:30:00.000Z",
            id="half an hour off",
        ),
    ],
)
def test_stamp_is_utc_with_milliseconds(moment: datetime, text: str) -> None:
    """The time zone is converted, and microseconds are truncated."""
    assert stamp(moment) == text


@given(st.integers(0, LAST_MS))
@example(9_520_333_501_133)
def test_stamp_of_milliseconds_loses_none(moment_ms: int) -> None:
    """Parsing the stamp returns the same millisecond."""
    text = stamp_of_ms(moment_ms)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    passed = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    assert passed // timedelta(milliseconds=1) == moment_ms


def test_current_time_is_timezone_aware() -> None:
    """It is in UTC, so that it can be compared with a date from a header."""
    assert utc_now().utcoffset() == timedelta(0)


def test_clocks_agree() -> None:
    """Milliseconds and date come from the same clock."""
    before = datetime.now(UTC)

    moments = [datetime.fromisoformat(stamp_of_ms(epoch_ms())), utc_now()]

    slack = timedelta(milliseconds=1)
    assert all(before - slack <= moment <= datetime.now(UTC) for moment in moments)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be changed here")
def test_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in another time zone writes the same stamps."""
    try:
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()

        assert stamp_of_ms(0) == "1970-01-01T00:00:00.000Z"
        assert utc_now().utcoffset() == timedelta(0)
    finally:
        monkeypatch.undo()
        time.tzset()
