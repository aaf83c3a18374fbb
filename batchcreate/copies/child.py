"""The child's side: makes one copy, or fails."""

import os
import resource
import sys

from batchcreate.copies.copying import copy_rows
from batchcreate.copies.plan import Plan

MEMORY_BYTES = 1 << 30
"""What a copy may cost; see `batchcreate.copies.process` for what is not even tried."""


def cpu_s(size_bytes: int) -> int:
    """
    Return how long the processor may work at the copy of a workbook of *size_bytes*.

    openpyxl takes about 4 s for each MiB that is a table, and a minute for a small file that was
    made to do harm.
    """
    return 4 + 12 * size_bytes // (1 << 20)


def main() -> None:
    """Copy as the plan on standard input says, from one open file to another."""
    source, target = (int(descriptor) for descriptor in sys.argv[2:4])
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s(os.fstat(source).st_size)),
        (resource.RLIMIT_AS, MEMORY_BYTES),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(
            kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )
    plan = Plan.load(sys.stdin.buffer.read())
    with os.fdopen(source, "rb") as read, os.fdopen(target, "w+b") as written:
        copy_rows(read, written, plan)
