"""Numbers, durations, times and causes read as people say them."""

from datetime import timedelta, timezone
from typing import Final

import pytest

from batchcreate.models import CauseGroup, RunId, RunRecord, Status
from batchcreate.report.wording import (
    ORDER,
    code_of,
    in_utc,
    in_zone,
    label_of,
    one_line,
    per_second,
    spell_duration,
    spell_rows,
    spell_time_taken,
    words_of,
)

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


@pytest.mark.parametrize(
    ("seconds", "words"),
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
def test_durations_are_short(seconds: float, words: str) -> None:
    """Nobody wants the seconds of an hour."""
    assert spell_duration(seconds) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(0.1, "0.1"), (35.12, "35.1"), (99.96, "100"), (1234.5, "1,234")]
)
def test_rates_have_three_digits(rate: float, words: str) -> None:
    """More of them would say nothing."""
    assert per_second(rate) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows"), (1, "1 row"), (2000, "2,000 rows")])
def test_rows_are_counted(count: int, words: str) -> None:
    """One row is singular, thousands have their comma."""
    assert spell_rows(count) == words


def test_times_have_their_offset() -> None:
    """The same moment reads the same in both, and says which clock it is by."""
    assert in_utc("2026-06-22T10:00:06.808Z") == "2026-06-22 10:00:06 UTC"
    assert in_zone("2026-06-22T10:00:06.808Z", zone=CHINA) == "2026-06-22 18:00:06 +08:00"
    assert in_zone("2026-06-22T10:00:06.808Z", zone=None)[-6:-5] in "+-"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        pytest.param(RUN, "2 h 5 min", id="ended"),
        pytest.param(
            RunRecord(
                number=1,
                run_id=RunId("r"),
                started_at="2026-01-01T00:00:00.000Z",
                finished_at="",
                facts={},
                attempts=0,
                created=0,
                throttled=0,
                failed=0,
                unknown=0,
            ),
            "did not end in good order",
            id="killed",
        ),
    ],
)
def test_run_took_its_time(run: RunRecord, words: str) -> None:
    """A run that was killed has no end."""
    assert spell_time_taken(run) == words


def test_every_status_has_its_place_and_its_words() -> None:
    """The order leaves none out, and no word has an underscore."""
    assert set(ORDER) == set(Status)
    assert not any("_" in words_of(status) for status in Status)


def test_line_breaks_are_spaces() -> None:
    """What breaks a line in a cell is a space in a sentence; all else that is hidden is shown."""
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
def test_causes_have_names(group: CauseGroup, code: str, label: str) -> None:
    """A rule or a code names a cause; where there is neither, its status does."""
    assert (code_of(group), label_of(group)) == (code, label)
