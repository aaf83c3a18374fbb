"""The figures of a run in the Prometheus text format, for a node exporter's textfile collector."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from batchcreate.errors import ReportError
from batchcreate.report.files import draft_for
from batchcreate.version import __version__

BOUNDS_MS: Final = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
"""Upper ends of the buckets that the times of answers are counted in."""

_MODE: Final = 0o644
"""The collector runs as somebody else; the file holds counts and times only."""

AnswerTimes = Sequence[tuple[int, int]]
"""Milliseconds, and how many answers took so long."""

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """
    One metric.

    Attributes:
        name: without the prefix.
        meaning: in one line.
        samples: what follows the name, the labels and the value of each.
        kind: as Prometheus calls it.

    """

    name: str
    meaning: str
    samples: Sequence[tuple[str, Labels, float]]
    kind: str = "gauge"


def metrics(
    document: Mapping[str, Any], times: AnswerTimes, *, exit_code: int, now: datetime
) -> str:
    """
    Return the figures of a run as text.

    Args:
        document: what summary.json holds; empty for a run that ended before it began.
        times: of the answers of the last run that sent anything.
        exit_code: of the command.
        now: when it ended.

    """
    found = [
        _one("build_info", "The version of the program.", 1, version=__version__),
        _one("run_exit_code", "How the last run ended; see the manual.", exit_code),
        _one("run_finished_timestamp_seconds", "When the last run ended.", now.timestamp()),
        *_of_run(document, times),
    ]
    return "".join(f"{line}\n" for metric in found for line in _lines(metric))


def write_metrics(path: Path, text: str) -> None:
    """
    Put *text* in the place of *path* in one step; others may read it.

    Raises:
        ReportError: it cannot be written.

    """
    try:
        with draft_for(path, mode=_MODE) as file:
            file.write(text.encode())
    except OSError as error:
        msg = f"--metrics {path}: cannot be written ({error.strerror or error})"
        raise ReportError(msg) from error


def _of_run(document: Mapping[str, Any], times: AnswerTimes) -> Iterator[Metric]:
    if "this_run" not in document:
        return
    run, rate = document["this_run"], document["rate"]
    started_at = datetime.fromisoformat(document["started_at"])
    yield _one("run_started_timestamp_seconds", "When the last run began.", started_at.timestamp())
    yield _one("run_duration_seconds", "How long the last run took.", document["elapsed_s"])
    yield Metric(
        name="rows",
        meaning="Input rows of the batch by status.",
        samples=[("", {"status": name}, count) for name, count in document["counts"].items()],
    )
    outcomes = ("created", "failed", "unknown", "existing")
    yield Metric(
        name="run_tasks",
        meaning="Tasks that the last run was through with, by outcome.",
        samples=[("", {"outcome": name}, run[name]) for name in outcomes],
    )
    yield _one("run_planned", "Tasks that the last run meant to send.", run["planned"])
    yield _one("run_attempts", "Requests that left in the last run.", run["attempts"])
    yield _one("run_throttled", "Answers with 429 in the last run.", run["throttled"])
    yield _one("run_slowdowns", "How often the rate was cut.", rate["slowdowns"])
    yield _one(
        "run_rate_configured_per_second", "Requests per second allowed.", rate["configured_per_s"]
    )
    yield _one(
        "run_rate_learned_per_second",
        "Requests per second that the server accepted in the end.",
        rate["learned_per_s"],
    )
    if document["stopped"] is not None:
        yield _one(
            "run_stopped", "The last run ended early.", 1, cause=document["stopped"]["cause"]
        )
    if run["attempts"]:  # otherwise the times are those of an earlier run
        yield _answers(times)


def _one(name: str, meaning: str, value: float, **labels: str) -> Metric:
    return Metric(name=name, meaning=meaning, samples=[("", labels, value)])


def _answers(times: AnswerTimes) -> Metric:
    """Return how long the server took to answer, as a histogram."""
    counts = accumulate(
        sum(count for ms, count in times if low < ms <= high)
        for low, high in zip((-1, *BOUNDS_MS), BOUNDS_MS, strict=False)
    )
    answers = sum(count for _, count in times)
    buckets = [
        *((f"{bound / 1000:g}", count) for bound, count in zip(BOUNDS_MS, counts, strict=True)),
        ("+Inf", answers),
    ]
    return Metric(
        name="answer_seconds",
        meaning="How long the server took to answer in the last run.",
        kind="histogram",
        samples=[
            *(("_bucket", {"le": bound}, count) for bound, count in buckets),
            ("_sum", {}, sum(ms * count for ms, count in times) / 1000),
            ("_count", {}, answers),
        ],
    )


def _lines(metric: Metric) -> Iterator[str]:
    name = f"batchcreate_{metric.name}"
    yield f"# HELP {name} {metric.meaning}"
    yield f"# TYPE {name} {metric.kind}"
    for suffix, labels, value in metric.samples:
        inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"{name}{suffix}{f'{{{inside}}}' if inside else ''} {value!r}"
