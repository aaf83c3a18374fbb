"""
Benchmark of `batchcreate check` with a large workbook, compared with pandas, which only reads it.

Usage: ``python -m tests.benchmarks.bench_workbook [ROWS [ROUNDS]]``.

Both read the same file (8 columns, all rows valid) alternately in separate processes, so that
other load on the machine affects both. The first ratio compares the complete processes; the
second one excludes the start of Python and the import of pandas.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from tests.benchmarks.bench_check import HEADER, OPERATIONS

_PANDAS = """
import sys, time
import pandas as pd
started = time.perf_counter()
frame = pd.read_excel(sys.argv[1], engine="calamine", dtype=str)
print(len(frame), time.perf_counter() - started)
"""

_CHECK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Prints the memory of the largest process in KiB; that of this process would be included."""


def write_workbook(path: Path, rows: int) -> None:
    """Write *rows* valid rows to *path*."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Tasks")
        sheet.write_row(0, 0, HEADER.split(","))
        for number in range(1, rows + 1):
            sheet.write_row(number, 0, _row(number))


def _row(number: int) -> tuple[str, ...]:
    source, target = number % 97, number % 89
    return (
        f"crm-orders-cdc-{number:07}",
        f"{number:032x}",
        "REALTIME",
        f"Orders of shop {number} 订单",
        f"crm-orders-{source}",
        OPERATIONS[number % len(OPERATIONS)].strip('"'),
        f"app-{source:04}",
        f"app-{target:04}",
    )


def main() -> None:
    """Create the file and measure both programs alternately."""
    rows, rounds = (*map(int, sys.argv[1:]), *(100_000, 5)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.xlsx"
        write_workbook(path, rows)
        pairs = [(_checked_s(path, rows), *_pandas_s(path, rows)) for _ in range(rounds)]
        peak_mb = _peak_mb(path)
    check_s, pandas_s, call_s = map(statistics.median, zip(*pairs, strict=True))
    print(
        f"check: {rows:,} rows in {check_s:.2f} s; pandas reads them in {pandas_s:.2f} s (ratio"
        f" {_ratio(pairs, 1):.2f}), of which {call_s:.2f} s for the call (ratio"
        f" {_ratio(pairs, 2):.2f}); largest process of check {peak_mb:.0f} MB"
    )


def _ratio(rounds: Sequence[tuple[float, ...]], other: int) -> float:
    return statistics.median(times[0] / times[other] for times in rounds)


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "batchcreate", "check", "--quiet", "--json", str(path)]


def _peak_mb(path: Path) -> float:
    command = [sys.executable, "-c", _CHECK, *_command(path)]
    done = subprocess.run(command, cwd=path.parent, stdout=subprocess.PIPE, check=False)  # noqa: S603 # this project
    return int(done.stdout.splitlines()[-1]) / 1024


def _checked_s(path: Path, rows: int) -> float:
    started = time.perf_counter()
    done = subprocess.run(_command(path), cwd=path.parent, stdout=subprocess.PIPE, check=False)  # noqa: S603 # this project
    elapsed_s = time.perf_counter() - started
    if json.loads(done.stdout)["rows"] != rows:
        sys.exit("check did not read all rows")
    return elapsed_s


def _pandas_s(path: Path, rows: int) -> tuple[float, float]:
    started = time.perf_counter()
    command = [sys.executable, "-c", _PANDAS, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 # this project
    elapsed_s = time.perf_counter() - started
    read, call_s = done.stdout.split()
    if int(read) != rows:
        sys.exit("pandas did not read all rows")
    return elapsed_s, float(call_s)


if __name__ == "__main__":
    main()
