"""
Benchmark of all reports of a large batch.

Usage: ``python -m tests.benchmarks.bench_reports [ROWS]``. The command runs as a separate
process. The journal is generated and always the same: three files, four instances, two runs,
many kinds of issues and errors, and a server that throttles the requests.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.batches import make_batch

SMALL = 1000


def main() -> None:
    """Create the journals and write their reports."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 100_000
    for size in (SMALL, rows):
        with tempfile.TemporaryDirectory() as folder:
            make_batch(Path(folder), size)
            elapsed_s = report(Path(folder))
            written = sum(path.stat().st_size for path in Path(folder).glob("re*.*"))
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"report: {size:,} rows in {elapsed_s:.2f} s, {written / 1e6:.1f} MB of results and"
            f" page, peak {peak_mb:.0f} MB"
        )


def report(folder: Path) -> float:
    """Return the duration of ``batchcreate report`` in seconds, including its start."""
    command = [sys.executable, "-m", "batchcreate", "report", str(folder)]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 # this project
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
