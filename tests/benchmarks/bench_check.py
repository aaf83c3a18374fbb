"""
Benchmark of `batchcreate check` with a large CSV file.

Usage: ``python -m tests.benchmarks.bench_check [ROWS]``.

The command runs as a separate process. The file (8 columns, 1 % invalid rows, always the same
bytes) is created in a temporary folder.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = (
    "task_name,task_id,task_type,description,task_tag,operation_types,source_app_id,target_app_id"
)
OPERATIONS = ('"INSERT,UPDATE,DELETE"', "INSERT", "insert;update", "UPDATE|DELETE")
INVALID_ROWS = (
    "orders sync {n},{n:032x},REALTIME,one,crm-orders,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},x,REALTIME,two,crm,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},{n:032x},TIMING,three,crm-orders,UPSRT,app-{a},app-{b}",
    ",{n:032x},REALTIME,four,crm-orders,,app-{a},app-{b}",
)


def write_tasks(path: Path, rows: int) -> None:
    """Write *rows* rows to *path*, every hundredth of them invalid."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"{HEADER}\r\n")
        for number in range(rows):
            lines.write(f"{_row(number)}\r\n")


def _row(number: int) -> str:
    source, target = number % 97, number % 89
    if number % 100 == 0:
        invalid = INVALID_ROWS[number // 100 % len(INVALID_ROWS)]
        return invalid.format(n=number, a=source, b=target)
    operations = OPERATIONS[number % len(OPERATIONS)]
    return (
        f"crm-orders-cdc-{number:07},{number:032x},REALTIME,Orders of shop {number} 订单,"
        f"crm-orders-{source},{operations},app-{source:04},app-{target:04}"
    )


def main() -> None:
    """Create the file and check it."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.csv"
        write_tasks(path, rows)
        command = [sys.executable, "-m", "batchcreate", "check", "--quiet", "--json", str(path)]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)  # noqa: S603 # this project
        elapsed_s = time.perf_counter() - started
    found = json.loads(done.stdout)
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"check: {found['rows']:,} rows ({found['rejected']:,} rejected) in {elapsed_s:.2f} s,"
        f" {rows / elapsed_s:,.0f} rows/s, peak {peak_mb:.0f} MB"
    )


if __name__ == "__main__":
    main()
