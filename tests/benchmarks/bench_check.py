"""
Load and validate a large CSV in a process of its own; prints one line.

    python tests/benchmarks/bench_check.py [ROWS]

The file (8 columns, 1 % bad rows, the same bytes every time) is made in a temporary folder.
"""

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
MISTAKES = (
    "orders sync {n},{n:032x},REALTIME,one,crm-orders,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},x,REALTIME,two,crm,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},{n:032x},TIMING,three,crm-orders,UPSRT,app-{a},app-{b}",
    ",{n:032x},REALTIME,four,crm-orders,,app-{a},app-{b}",
)


def write_tasks(path: Path, rows: int) -> None:
    """Write *rows* rows to *path*, every hundredth of them with a mistake."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"{HEADER}\r\n")
        for number in range(rows):
            lines.write(f"{_row(number)}\r\n")


def _row(number: int) -> str:
    source, target = number % 97, number % 89
    if number % 100 == 0:
        mistake = MISTAKES[number // 100 % len(MISTAKES)]
        return mistake.format(n=number, a=source, b=target)
    operations = OPERATIONS[number % len(OPERATIONS)]
    return (
        f"crm-orders-cdc-{number:07},{number:032x},REALTIME,Orders of shop {number} 订单,"
        f"crm-orders-{source},{operations},app-{source:04},app-{target:04}"
    )


def check(path: Path) -> None:
    """Load and validate *path* in this process and print rows, seconds, rows/s, peak MB."""
    from batchcreate.loader import read
    from batchcreate.validator import validate

    started = time.perf_counter()
    rows = rejected = 0
    for chunk in read(path, label=path.name):
        checked = validate(chunk, defaults={}, needs_target=False)
        rows += len(chunk.numbers)
        rejected += len(checked.rejected)
    elapsed_s = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"check: {rows:,} rows ({rejected:,} rejected) in {elapsed_s:.2f} s,"
        f" {rows / elapsed_s:,.0f} rows/s, peak {peak_mb:.0f} MB"
    )


def main() -> None:
    """Make the file and measure in a child, whose memory is nobody else's."""
    if sys.argv[1:2] == ["--file"]:
        check(Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.csv"
        write_tasks(path, rows)
        subprocess.run([sys.executable, __file__, "--file", str(path)], check=True)  # noqa: S603  (our own file)


if __name__ == "__main__":
    main()
