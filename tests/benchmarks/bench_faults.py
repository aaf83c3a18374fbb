"""
Benchmark of runs against a server that throttles requests or loses responses.

Usage: ``python -m tests.benchmarks.bench_faults [ROWS]``. It prints one line for a ``--rate``
equal to the limit of the server, one for five times the limit, and one for a run that loses one
in twenty responses.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from batchcreate.simulator import FaultKind, SimulatorSettings, serve
from tests.functional.harness import Findings, audited, program
from tests.functional.program import INSTANCE, PROJECT, task_rows, write_rows

LIMIT_PER_S = 100
WINDOW_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """
    One run.

    Attributes:
        took_s: time from the first create request to the last response, in seconds.
        accepted: number of create requests that were not throttled.
        throttled: number of create requests that were throttled.

    """

    took_s: float
    accepted: int
    throttled: int


async def measure(folder: Path, count: int, rate: float, **settings: Any) -> Measurement:
    """Run a batch of *count* rows at *rate* against a simulator with *settings* and check its results."""
    rows = task_rows(count)
    write_rows(folder / "tasks.csv", rows)
    simulator_settings = SimulatorSettings(
        record=True, unique_names=False, latency_ms=20, **settings
    )
    async with serve(simulator_settings) as simulator:
        ended = await program(
            *("run", "tasks.csv", "--endpoint", simulator.url, "--project-id", PROJECT),
            *("--instance-id", INSTANCE, "--rate", str(rate), "--settle", str(WINDOW_S)),
            *("--concurrency", "16", "--quiet"),
            folder=folder,
        )
        assert ended.code == 0, ended.err
        assert audited(folder / "tasks-results", rows, simulator) == Findings()
        creates = [record for record in simulator.requests if record.method == "POST"]
        times = sorted(record.at_s for record in simulator.requests)
        throttled = sum(record.status == HTTPStatus.TOO_MANY_REQUESTS for record in creates)
        began = min(record.at_s for record in creates)
        return Measurement(
            took_s=times[-1] - began, accepted=len(creates) - throttled, throttled=throttled
        )


def run(count: int, rate: float, **settings: Any) -> Measurement:
    """Measure one run in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), count, rate, **settings))


def main() -> None:
    """Print one line for each case."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1000
    at_limit = run(rows, LIMIT_PER_S, limit_rate=LIMIT_PER_S)
    share = (at_limit.accepted - 1) / at_limit.took_s / LIMIT_PER_S
    print(
        f"at the limit: {at_limit.throttled} responses 429, {share:.3f} of the limit used",
        flush=True,
    )
    above = run(rows, 5 * LIMIT_PER_S, limit_rate=LIMIT_PER_S)
    print(
        f"at five times the limit: {above.throttled / rows:.3f} responses 429 per row, "
        f"{above.took_s / (rows / LIMIT_PER_S):.2f} of the ideal time",
        flush=True,
    )
    complete = run(rows, LIMIT_PER_S)
    lossy = run(rows, LIMIT_PER_S, faults={FaultKind.RESET_AFTER: 0.05})
    print(
        f"one response in twenty lost: {lossy.took_s:.1f} s, without losses {complete.took_s:.1f} s; "
        f"{lossy.took_s - complete.took_s:.1f} s more, the reconcile window is {WINDOW_S:g} s"
    )


if __name__ == "__main__":
    main()
