"""The figures of a run are what Prometheus' own parser reads in the file."""

import math
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from batchcreate.errors import ReportError
from batchcreate.report.metrics import BOUNDS_MS, metrics, write_metrics
from batchcreate.version import __version__

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DOCUMENT: Final[dict[str, Any]] = {
    "counts": {"rejected": 2, "created": 7, "failed": 1},
    "started_at": "2026-01-02T03:04:00.250Z",
    "elapsed_s": 4.75,
    "this_run": {
        "planned": 9,
        "existing": 1,
        "created": 5,
        "failed": 1,
        "unknown": 0,
        "attempts": 8,
        "throttled": 2,
    },
    "rate": {"configured_per_s": 20.0, "learned_per_s": 12.5, "slowdowns": 1},
    "stopped": None,
}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Samples:
    """Return every sample by its name, without the prefix, and its labels."""
    return {
        (sample.name.removeprefix("batchcreate_"), tuple(sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def plain(**values: float) -> Samples:
    return {(name, ()): value for name, value in values.items()}


def test_run_tells_its_rows_tasks_rates_and_times() -> None:
    """Every figure of the summary has its metric."""
    told = read(metrics(DOCUMENT, [(40, 3), (300, 2)], exit_code=1, now=NOW))

    answers = {key: value for key, value in told.items() if key[0].startswith("answer_")}
    assert {key: value for key, value in told.items() if key not in answers} == {
        ("build_info", (("version", __version__),)): 1,
        **plain(
            run_exit_code=1,
            run_started_timestamp_seconds=NOW.timestamp() - 4.75,
            run_finished_timestamp_seconds=NOW.timestamp(),
            run_duration_seconds=4.75,
            run_planned=9,
            run_attempts=8,
            run_throttled=2,
            run_slowdowns=1,
            run_rate_configured_per_second=20,
            run_rate_learned_per_second=12.5,
        ),
        ("rows", (("status", "rejected"),)): 2,
        ("rows", (("status", "created"),)): 7,
        ("rows", (("status", "failed"),)): 1,
        ("run_tasks", (("outcome", "created"),)): 5,
        ("run_tasks", (("outcome", "failed"),)): 1,
        ("run_tasks", (("outcome", "unknown"),)): 0,
        ("run_tasks", (("outcome", "existing"),)): 1,
    }


def test_times_of_answers_are_a_histogram() -> None:
    """A bucket counts what took no longer than its end; the last one counts all."""
    times = [(0, 1), (50, 2), (51, 4), (30_000, 8), (30_001, 16)]

    told = read(metrics(DOCUMENT, times, exit_code=0, now=NOW))

    buckets = {
        float(labels[0][1]): value
        for (name, labels), value in told.items()
        if name == "answer_seconds_bucket"
    }
    assert buckets == {
        0.05: 3,
        **dict.fromkeys((0.1, 0.25, 0.5, 1, 2.5, 5, 10), 7),
        30: 15,
        math.inf: 31,
    }
    assert len(buckets) == len(BOUNDS_MS) + 1
    assert told["answer_seconds_count", ()] == 31
    assert told["answer_seconds_sum", ()] == pytest.approx(0.3 + 0.004 + 240 + 480.016)


def test_every_metric_has_its_help_and_type() -> None:
    """Whoever looks at the raw page can read it."""
    families = list(
        text_string_to_metric_families(metrics(DOCUMENT, [(1, 1)], exit_code=0, now=NOW))
    )

    assert all(family.documentation.endswith(".") for family in families)
    assert {family.type for family in families} == {"gauge", "histogram"}
    assert all(family.name.startswith("batchcreate_") for family in families)


def test_run_that_sent_nothing_has_no_times() -> None:
    """Those at hand are of an earlier run."""
    idle = DOCUMENT | {"this_run": DOCUMENT["this_run"] | {"attempts": 0}}

    assert "answer_seconds" not in metrics(idle, [(1, 1)], exit_code=0, now=NOW)


def test_early_end_is_told_with_its_cause() -> None:
    """An alert can be about it."""
    stopped = DOCUMENT | {"stopped": {"cause": "unauthorized", "message": "no"}}

    told = read(metrics(stopped, (), exit_code=4, now=NOW))

    assert told["run_stopped", (("cause", "unauthorized"),)] == 1
    assert told["run_exit_code", ()] == 4


def test_run_that_never_began_tells_its_end() -> None:
    """There are no rows to count."""
    assert read(metrics({}, (), exit_code=2, now=NOW)) == {
        ("build_info", (("version", __version__),)): 1,
        **plain(run_exit_code=2, run_finished_timestamp_seconds=NOW.timestamp()),
    }


def test_file_is_replaced_and_others_may_read_it(tmp_path: Path) -> None:
    """The collector runs as somebody else, and never sees half a file."""
    path = tmp_path / "batchcreate.prom"
    path.write_text("old")

    write_metrics(path, "new 1\n")

    assert path.read_text() == "new 1\n"
    assert stat.S_IMODE(path.stat().st_mode) & ~0o644 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_place_that_takes_nothing_is_named(tmp_path: Path) -> None:
    """The message names option, file and reason."""
    with pytest.raises(ReportError, match=r"^--metrics .*/gone/x\.prom: cannot be written \(No"):
        write_metrics(tmp_path / "gone" / "x.prom", "")
