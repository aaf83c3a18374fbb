"""
Benchmark of request signing: its share of the CPU time of a run.

Usage: ``python -m tests.benchmarks.bench_signing [ROWS]``. A complete run signs with a
temporary access key and sends to a minimal server in a separate process.
"""

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from batchcreate.auth import SignedKey
from batchcreate.cli.progress import QuietDisplay
from batchcreate.pipeline import service
from batchcreate.pipeline.run import run
from batchcreate.pool import StopSwitch
from batchcreate.settings import load
from tests.benchmarks.bench_create import serve, write_rows

ROUNDS = 5
KEY = {
    "HUAWEICLOUD_SDK_AK": "AK" * 10,
    "HUAWEICLOUD_SDK_SK": "sk" * 20,
    "HUAWEICLOUD_SDK_SECURITY_TOKEN": "x" * 800,
}


class TimedKey(SignedKey):
    """A signed key that measures the CPU time of signing."""

    took_s = 0.0

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        started = time.thread_time()
        headers = super().headers(method, url, body)
        TimedKey.took_s += time.thread_time() - started
        return headers


async def create(url: str, rows: int) -> tuple[float, float]:
    """Create *rows* tasks; return the CPU time per task and per signature in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        write_rows(source, rows)
        settings = load(
            {
                "endpoint": url,
                "project_id": "0123456789abcdef0123456789abcdef",
                "instance_id": "instance",
                "results": Path(folder) / "results",
                "rate": 1_000_000,
                "concurrency": 50,
                "quota": rows,
            }
        )
        TimedKey.took_s, started = 0.0, time.process_time()
        result = await run(
            [source], settings, environment=KEY, observer=QuietDisplay(settings), stop=StopSwitch()
        )
        spent_s = time.process_time() - started
        assert result.facts["this_run"]["created"] == rows, result.summary
    return spent_s / rows * 1e6, TimedKey.took_s / rows * 1e6


def main() -> None:
    rows = int(sys.argv[1]) if sys.argv[1:] else 4000
    pipe, far_end = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(far_end,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{pipe.recv()}"
    with patch.object(service, "SignedKey", TimedKey):
        found = [asyncio.run(create(url, rows)) for _ in range(ROUNDS)]
    server.terminate()
    total, signature = (statistics.median(each[part] for each in found) for part in (0, 1))
    print(
        f"signing, {rows} rows, {ROUNDS} rounds: {total:.0f} µs per created row, "
        f"{signature:.1f} µs of it for the signature: {signature / total:.1%}"
    )


if __name__ == "__main__":
    main()
