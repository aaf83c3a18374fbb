"""
Measure runs against a server that limits or loses: ``python -m tests.benchmarks.bench_faults``.

One line each: ``--rate`` equal to the server's limit, ``--rate`` five times the limit, and one
in twenty answers lost.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from batchcreate.simulator import FaultKind, SimulatorSettings, serve
from tests.functional.harness import Findings, audited, program
from tests.functional.program import INSTANCE, PROJECT, task_rows, write_rows

LIMIT_PER_S = 100
ROWS = 1000
SETTLE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    One run.

    Attributes:
        took_s: from the first create to the last answer, the looks at the list included.
        accepted: creates that were not throttled.
        throttled: creates that were.

    """

    took_s: float
    accepted: int
    throttled: int


async def measure(folder: Path, rate: float, **knobs: Any) -> Measured:
    """Run a batch at *rate* against a simulator with *knobs*; nothing may be wrong then."""
    rows = task_rows(ROWS)
    write_rows(folder / "tasks.csv", rows)
    settings = SimulatorSettings(record=True, unique_names=False, latency_ms=20, **knobs)
    async with serve(settings) as simulator:
        ended = await program(
            *("run", "tasks.csv", "--endpoint", simulator.url, "--project-id", PROJECT),
            *("--instance-id", INSTANCE, "--rate", str(rate), "--settle", str(SETTLE_S)),
            *("--concurrency", "16", "--quiet"),
            folder=folder,
        )
        assert ended.code == 0, ended.err
        assert audited(folder / "tasks-results", rows, simulator) == Findings()
        creates = [record for record in simulator.requests if record.method == "POST"]
        times = sorted(record.at_s for record in simulator.requests)
        throttled = sum(record.status == HTTPStatus.TOO_MANY_REQUESTS for record in creates)
        began = min(record.at_s for record in creates)
        return Measured(
            took_s=times[-1] - began, accepted=len(creates) - throttled, throttled=throttled
        )


def run(rate: float, **knobs: Any) -> Measured:
    """Measure one run in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), rate, **knobs))


def main() -> None:
    """Print one line for each case."""
    at_limit = run(LIMIT_PER_S, limit_rate=LIMIT_PER_S)
    share = (at_limit.accepted - 1) / at_limit.took_s / LIMIT_PER_S
    print(
        f"at the limit: {at_limit.throttled} answers 429, {share:.3f} of the limit used",
        flush=True,
    )
    above = run(5 * LIMIT_PER_S, limit_rate=LIMIT_PER_S)
    print(
        f"at five times the limit: {above.throttled / ROWS:.3f} answers 429 per row, "
        f"{above.took_s / (ROWS / LIMIT_PER_S):.2f} of the ideal time",
        flush=True,
    )
    sound = run(LIMIT_PER_S)
    lossy = run(LIMIT_PER_S, faults={FaultKind.RESET_AFTER: 0.05})
    print(
        f"one answer in twenty lost: {lossy.took_s:.1f} s, without losses {sound.took_s:.1f} s; "
        f"{lossy.took_s - sound.took_s:.1f} s more, the settling window is {SETTLE_S:g} s"
    )


if __name__ == "__main__":
    main()
