"""
Iteration in a thread that is one value ahead.

A short module: it is independent of what the values are.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")


def prefetched(values: Iterator[Value]) -> Iterator[Value]:
    """Yield *values*; while the caller processes one of them, a thread creates the next one."""

    def create() -> list[Value]:
        return list(islice(values, 1))

    with ThreadPoolExecutor(1) as thread:
        future: Future[list[Value]] = thread.submit(create)
        while created := future.result():
            future = thread.submit(create)
            yield from created
