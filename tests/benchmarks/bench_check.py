"""
Benchmark of `batchcreate check` with a large CSV file, compared with pandas, which only reads it.

Usage: ``python -m tests.benchmarks.bench_check [ROWS [ROUNDS]]``.

Three files (8 columns, always the same bytes) are created in a temporary folder: with 1 % invalid
rows, with 30 %, and with rows that are all messy but cleanable. The complete command, with its
reports but without the to-fix file, and ``pandas.read_csv`` in chunks of 50,000 rows, read them
alternately. The ratios are those of the wall times and of the processor times; the time of pandas
excludes the start of Python.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HEADER = (
    "task_name,task_id,task_type,description,task_tag,operation_types,source_app_id,target_app_id"
)
OPERATIONS = ('"INSERT,UPDATE,DELETE"', "INSERT", "insert;update", "UPDATE|DELETE")
MESSY_ROW = (
    ' crm-orders-cdc-{n:07}\u200b,"{n:032x} ", realtime,"Orders of shop {n} 订单\r\nsecond line "'
    ",\u00a0crm-orders-{a},insert ; Update,app-{a:04} ,\tapp-{b:04}"
)
_PANDAS = """
import sys, time
import pandas as pd
wall, used = time.perf_counter(), time.process_time()
for _ in pd.read_csv(sys.argv[1], dtype=str, na_filter=False, chunksize=50_000):
    pass
print(time.perf_counter() - wall, time.process_time() - used)
"""
_CHECK = """
import gc, sys
from pathlib import Path
gc.set_threshold(100_000)  # as the command does
from batchcreate.pipeline.check import check
from batchcreate.pipeline.load import Input
from batchcreate.report.csv_tables import write_issues
path = Path(sys.argv[1])
with check(Input(files=[path], defaults={"project_id": "", "instance_id": ""})) as result:
    result.causes(), result.warnings()
    write_issues(path.with_name("issues.csv"), result.issues())
gc.freeze()
"""

INVALID_ROWS = (
    "orders sync {n},{n:032x},REALTIME,one,crm-orders,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},x,REALTIME,two,crm,INSERT,app-{a},app-{b}",
    "crm-orders-cdc-{n:07},{n:032x},TIMING,three,crm-orders,UPSRT,app-{a},app-{b}",
    ",{n:032x},REALTIME,four,crm-orders,,app-{a},app-{b}",
)


def write_rows(path: Path, rows: int, row: Callable[[int], str]) -> None:
    """Write *rows* rows to *path*."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"{HEADER}\r\n")
        for number in range(rows):
            lines.write(f"{row(number)}\r\n")


def _valid(number: int) -> str:
    source, target = number % 97, number % 89
    operations = OPERATIONS[number % len(OPERATIONS)]
    return (
        f"crm-orders-cdc-{number:07},{number:032x},REALTIME,Orders of shop {number} 订单,"
        f"crm-orders-{source},{operations},app-{source:04},app-{target:04}"
    )


def _invalid(number: int, at: int) -> str:
    row = INVALID_ROWS[at % len(INVALID_ROWS)]
    return row.format(n=number, a=number % 97, b=number % 89)


def _some_invalid(number: int) -> str:
    return _valid(number) if number % 100 else _invalid(number, number // 100)


def _many_invalid(number: int) -> str:
    return _valid(number) if number % 10 > 2 else _invalid(number, number // 10)


def _messy(number: int) -> str:
    return MESSY_ROW.format(n=number, a=number % 97, b=number % 89)


def main() -> None:
    """Create the files and check them."""
    rows, rounds = (*map(int, sys.argv[1:]), *(1_000_000, 3)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        for row in (_some_invalid, _messy, _many_invalid):
            path = Path(folder) / "tasks.csv"
            write_rows(path, rows, row)
            pairs = [(_check(path), _pandas_s(path)) for _ in range(rounds)]
            wall, used = (statistics.median(a[at] / b[at] for a, b in pairs) for at in (0, 1))
            (wall_s, used_s, peak_mb), (pandas_s, _) = min(pairs)
            print(
                f"{row.__name__.strip('_')}: {rows:,} rows in {wall_s:.2f} s ({used_s:.2f} s of"
                f" processor time), peak {peak_mb:.0f} MB; pandas {pandas_s:.2f} s; ratio"
                f" {wall:.2f}, of processor times {used:.2f}"
            )


def _check(path: Path) -> tuple[float, float, float]:
    """Return the wall time and the processor time of a check, and its memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", _CHECK, str(path)])  # noqa: S603 # this project
    _, code, usage = os.wait4(process.pid, 0)
    if code:
        sys.exit("the check failed")
    elapsed_s = time.perf_counter() - started
    return elapsed_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _pandas_s(path: Path) -> Sequence[float]:
    """Return the wall time and the processor time that pandas needs to read the file."""
    command = [sys.executable, "-c", _PANDAS, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 # this project
    return [*map(float, done.stdout.split())]


if __name__ == "__main__":
    main()
