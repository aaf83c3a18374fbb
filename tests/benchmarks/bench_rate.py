"""
Benchmark of the rate limiter in real time.

Usage: ``python -m tests.benchmarks.bench_rate [RATE ...]``. It prints one line per rate: the
share of the rate used after the first second, the maximum number of calls in any second, and
the minimum and maximum number of calls of one worker.
"""

import asyncio
import sys
from collections import Counter, deque

from batchcreate.rate_limiter import Gate, RateLimit

WORKERS = 64
SECONDS = 5.0


async def admit(rate_per_s: float) -> tuple[list[float], Counter[int]]:
    """Return the admission times and the calls per worker, with all workers calling the gate."""
    loop = asyncio.get_running_loop()
    gate = Gate(RateLimit(rate_per_s=rate_per_s))
    times: list[float] = []
    calls = Counter[int](dict.fromkeys(range(WORKERS), 0))

    async def call(worker: int) -> None:
        while True:
            admitted_at = await gate.acquire()
            times.append(admitted_at - begin)
            calls[worker] += 1

    begin = loop.time()
    try:
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as workers:
            for worker in range(WORKERS):
                workers.create_task(call(worker))
    except TimeoutError:
        pass
    return times, calls


def busiest_second(times: list[float]) -> int:
    """Return the maximum number of admissions in any window of one second."""
    window: deque[float] = deque()
    busiest = 0
    for time in times:
        window.append(time)
        while window[0] <= time - 1:
            window.popleft()
        busiest = max(busiest, len(window))
    return busiest


def main() -> None:
    """Print one line for each rate."""
    for rate_per_s in map(float, sys.argv[1:] or ("10", "100", "1000")):
        times, calls = asyncio.run(admit(rate_per_s))
        used = sum(time >= 1 for time in times) / rate_per_s / (SECONDS - 1)
        print(
            f"{rate_per_s:g}/s: used {used:.3f}, busiest second {busiest_second(times)}, "
            f"calls per worker {min(calls.values())}-{max(calls.values())}"
        )


if __name__ == "__main__":
    main()
