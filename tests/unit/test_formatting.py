"""Texts of the reports: numbers, durations, times, causes and the headline."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Final

import pytest

from batchcreate.advice import Owner
from batchcreate.models import CauseGroup, RunId, RunRecord, Span, Status, Summary, Timeline
from batchcreate.report.formatting import (
    STATUS_COLORS,
    STATUS_ORDER,
    cause_code,
    cause_label,
    describe_timeline,
    format_duration,
    format_local,
    format_rate,
    format_rows,
    format_run_duration,
    format_utc,
    one_line,
    shorten,
    status_label,
)
from batchcreate.report.headline import headline, rows_by_owner
from batchcreate.text import display_width

CHINA: Final = timezone(timedelta(hours=8))
RUN: Final = RunRecord(
    number=1,
    run_id=RunId("r"),
    started_at="2026-01-01T00:00:00.000Z",
    finished_at="2026-01-01T02:05:00.000Z",
    facts={},
    attempts=0,
    created=0,
    throttled=0,
    failed=0,
    unknown=0,
)
TIMELINE: Final = Timeline(
    start_ms=1_782_115_200_000,
    elapsed_ms=5400,
    width_ms=1000,
    spans=[
        Span(created=20, rate_per_s=20.0),
        Span(created=10, throttled=3, rate_per_s=10.0),
        Span(created=11, others=1, rate_per_s=10.5),
        Span(created=12, throttled=1, rate_per_s=12.0),
        Span(created=13, rate_per_s=13.0),
        Span(created=2, rate_per_s=13.0),
    ],
)

REFUSED = CauseGroup(status=Status.FAILED, http_status=400, error_code="FDI.3033", rows=7)
DENIED = CauseGroup(status=Status.FAILED, http_status=403, error_code="APIGW.0305", rows=12)
BROKEN = CauseGroup(status=Status.UNKNOWN, http_status=500, error_code="FDI.9999", rows=3)
UNSENT = CauseGroup(status=Status.NOT_ATTEMPTED, rows=2)
SHORT = CauseGroup(status=Status.REJECTED, rule="task_tag.too_short", rows=30)
STRANGE = CauseGroup(status=Status.REJECTED, rule="task_name.charset", rows=20)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.04, "0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (24.4, "24 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (3_600_000, "1,000 h"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    """A duration has at most two units."""
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(0.1, "0.1"), (35.12, "35.1"), (99.96, "100"), (1234.5, "1,234")]
)
def test_rates_have_three_digits(rate: float, text: str) -> None:
    """Further digits are omitted."""
    assert format_rate(rate) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 rows"), (1, "1 row"), (2000, "2,000 rows")])
def test_rows_are_counted(count: int, text: str) -> None:
    """One row is singular, and thousands are separated by commas."""
    assert format_rows(count) == text


def test_times_have_an_offset() -> None:
    """The time zone is shown in both formats."""
    assert format_utc("2026-06-22T10:00:06.808Z") == "2026-06-22 10:00:06 UTC"
    assert format_local("2026-06-22T10:00:06.808Z", zone=CHINA) == "2026-06-22 18:00:06 +08:00"
    assert format_local("2026-06-22T10:00:06.808Z", zone=None)[-6:-5] in "+-"


@pytest.mark.parametrize(
    ("run", "text"),
    [
        pytest.param(RUN, "2 h 5 min", id="ended"),
        pytest.param(
            replace(RUN, finished_at=""),
            "interrupted",
            id="killed",
        ),
    ],
)
def test_run_has_a_duration(run: RunRecord, text: str) -> None:
    """The end of a killed run is not recorded."""
    assert format_run_duration(run) == text


def test_every_status_has_a_position_a_color_and_a_label() -> None:
    """No label contains an underscore."""
    assert set(STATUS_ORDER) == set(STATUS_COLORS) == set(Status) - {Status.WITHDRAWN}
    assert not any("_" in status_label(status) for status in Status)


def test_line_breaks_become_spaces() -> None:
    """Other unprintable characters are escaped."""
    assert one_line("任务名称\r\nTask\tname *\x0b\u2028") == "任务名称 Task name *\\x0b\\u2028"


@pytest.mark.parametrize(
    ("group", "code", "label"),
    [
        pytest.param(
            CauseGroup(status=Status.REJECTED, rule="task_tag.too_short", column="Tag", rows=1),
            "task_tag.too_short",
            "task_tag.too_short, Tag",
            id="rule",
        ),
        pytest.param(
            CauseGroup(status=Status.FAILED, http_status=400, error_code="FDI.1", rows=1),
            "FDI.1 · HTTP 400",
            "FDI.1 · HTTP 400",
            id="answer",
        ),
        pytest.param(
            CauseGroup(status=Status.FAILED, error_code="CONNECT", rows=1),
            "CONNECT",
            "CONNECT",
            id="no answer",
        ),
        pytest.param(
            CauseGroup(status=Status.NOT_ATTEMPTED, rows=1), "", "not attempted", id="not sent"
        ),
        pytest.param(
            CauseGroup(status=Status.FAILED, rows=9, causes=1200),
            "",
            "1,200 further causes",
            id="the rest",
        ),
    ],
)
def test_cause_has_a_code_and_a_label(group: CauseGroup, code: str, label: str) -> None:
    """The status is the label of a cause that has neither a rule nor a code."""
    assert (cause_code(group), cause_label(group)) == (code, label)


def summary(**counts: int) -> Summary:
    return Summary(counts={status: counts.get(status.value, 0) for status in Status})


@pytest.mark.parametrize(
    ("counts", "causes", "text"),
    [
        ({}, [], "There are no rows."),
        ({"created": 1}, [], "The task is created."),
        ({"created": 1200}, [], "All 1,200 tasks are created."),
        (
            {"created": 7, "skipped": 2},
            [],
            "All done: 7 of 9 rows created, 2 skipped.",
        ),
        (
            {"created": 742, "rejected": 37, "failed": 19, "unknown": 3},
            [SHORT, STRANGE, REFUSED, DENIED, BROKEN],
            (
                "742 of 801 tasks created; 59 rows need fixing: 44 by analysts, "
                "12 by the engineer, 3 by the cloud provider."
            ),
        ),
        (
            {"created": 5, "skipped": 1, "not_attempted": 2},
            [UNSENT],
            "5 of 8 tasks created, 1 skipped; 2 rows not sent yet.",
        ),
        (
            {"created": 1, "failed": 12, "not_attempted": 1},
            [DENIED, UNSENT],
            "1 of 14 tasks created; 12 rows need fixing by the engineer; 1 row not sent yet.",
        ),
        (
            {"rejected": 1, "not_attempted": 2},
            [SHORT, UNSENT],
            "0 of 3 tasks created; 1 row needs fixing by analysts; 2 rows not sent yet.",
        ),
    ],
)
def test_headline_contains_every_row_once(
    counts: dict[str, int], causes: Sequence[CauseGroup], text: str
) -> None:
    """Only the people who have to fix something are listed."""
    assert headline(summary(**counts), causes) == text


def test_rejected_row_counts_once() -> None:
    """A row with two issues is in two groups, but is one row."""
    counted = rows_by_owner(summary(rejected=37, failed=12), [SHORT, STRANGE, DENIED])

    assert counted == {Owner.ANALYST: 37, Owner.ENGINEER: 12}


def test_timeline_is_described_in_sentences() -> None:
    """The sentences contain the rate, the rate limit and the throttling."""
    assert describe_timeline(TIMELINE) == (
        "68 tasks were created in 5.4 s from 2026-06-22T08:00:00.000Z: 12.6 per second on "
        "average, a peak of 20 per second (over 1 s). The rate limit was 20 requests per second "
        "at the start, 10 at the lowest and 13 at the end. 4 requests were throttled (HTTP 429), "
        "from 1 s to 4 s."
    )


@pytest.mark.parametrize(
    ("rates", "text"),
    [
        ([None] * 6, ""),
        ([5.0] * 6, " The rate limit was 5 requests per second throughout."),
    ],
    ids=["unknown", "constant"],
)
def test_constant_rate_limit_is_described_once(rates: Sequence[float | None], text: str) -> None:
    """An unknown rate limit is omitted."""
    spans = [Span(created=2, rate_per_s=rate) for rate in rates]

    description = describe_timeline(replace(TIMELINE, spans=spans))

    assert description.partition("(over 1 s).")[2] == (
        f"{text} No request was throttled (HTTP 429)."
    )


@pytest.mark.parametrize("text", ["", "a" * 46, "客" * 23])
def test_text_that_fits_is_not_shortened(text: str) -> None:
    """A text of exactly the maximum width is complete."""
    assert shorten(text, 46) == text


@pytest.mark.parametrize("text", ["a" * 47, "客户" * 99, "a" + "客" * 30 + "b"])
def test_shortened_text_keeps_both_ends(text: str) -> None:
    """The middle is omitted, and the available width is used."""
    shown = shorten(text, 46)

    head, tail = shown.split("…")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert 42 <= display_width(shown) <= 46
