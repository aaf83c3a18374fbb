"""
What a signature costs, as a share of what its request costs: CPU time of this process.

Run by hand: ``python -m tests.benchmarks.bench_signing [ROWS]``. A whole run signs with a
temporary key and sends to a server as small as a server can be, in a process of its own.
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
    """Notes how long it takes to sign."""

    took_s = 0.0

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        started = time.thread_time()
        headers = super().headers(method, url, body)
        TimedKey.took_s += time.thread_time() - started
        return headers


async def create(url: str, rows: int) -> tuple[float, float]:
    """Create *rows* tasks; return the CPU times of one, and of its signature, in microseconds."""
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
        ending = await run(
            [source], settings, environment=KEY, observer=QuietDisplay(settings), stop=StopSwitch()
        )
        spent_s = time.process_time() - started
        assert ending.facts["this_run"]["created"] == rows, ending.summary
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
    whole, signature = (statistics.median(each[part] for each in found) for part in (0, 1))
    print(
        f"signing, {rows} rows, {ROUNDS} rounds: {whole:.0f} us a created row, "
        f"{signature:.1f} us of it for the signature: {signature / whole:.1%}"
    )


if __name__ == "__main__":
    main()
