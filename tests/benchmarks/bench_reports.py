"""
All reports of a large batch from its journal, in a process of its own; prints two lines.

Run by hand: ``python -m tests.benchmarks.bench_reports [ROWS]``. The journal is made up, the
same every time: three files, four instances, two runs, mistakes and refusals of many kinds, and
a server that lets fewer requests in than were sent at first.
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
    """Make the journals and let the program report on them in processes of its own."""
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
    """Return how long ``batchcreate report`` takes, its start included."""
    command = [sys.executable, "-m", "batchcreate", "report", str(folder)]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 # our own program
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
