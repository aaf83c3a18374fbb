"""The child's side: makes one copy, or fails."""

import os
import resource
import sys

from batchcreate.copies.copying import copy_rows
from batchcreate.copies.plan import Plan

MEMORY_BYTES = 1 << 30
CPU_S = 60
"""What a copy may cost; see `batchcreate.copies.process` for what is not even tried."""


def main() -> None:
    """Copy as the plan on standard input says, from one open file to another."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(
            kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )
    source, target = (int(descriptor) for descriptor in sys.argv[2:4])
    plan = Plan.load(sys.stdin.buffer.read())
    with os.fdopen(source, "rb") as read, os.fdopen(target, "w+b") as written:
        copy_rows(read, written, plan)
