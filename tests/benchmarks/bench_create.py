"""
Benchmark of created tasks per second, compared with a plain aiohttp loop.

Usage: ``python -m tests.benchmarks.bench_create [ROWS]``. The server runs in a separate process:
first a minimal server, then the simulator. The plain loop sends the same bodies with as many
workers and records nothing; the pipeline reads, validates, records (synced), limits the rate and
classifies responses. Both run alternately, each in a new instance; the medians are compared.
"""

import asyncio
import gc
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

from batchcreate import simulator
from batchcreate.cli.progress import QuietDisplay
from batchcreate.pipeline.run import run
from batchcreate.pool import StopSwitch
from batchcreate.settings import load

CONCURRENCY = 64
ROUNDS = 5


class Server(asyncio.Protocol):
    """A server that returns a new task id to each POST and an empty task list to each GET."""

    ids = count()

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = 0
            if (at := head.find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            body = (
                b'{"total":0,"size":0,"entities":[]}'
                if head.startswith(b"get")
                else b'{"task_id":"%032x"}' % next(self.ids)
            )
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )


def serve(pipe: Connection) -> None:
    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def serve_simulator(pipe: Connection) -> None:
    async def forever() -> None:
        async with simulator.serve(
            simulator.SimulatorSettings(quota=10_000_000, unique_names=False)
        ) as server:
            pipe.send(int(server.url.rpartition(":")[2]))
            await asyncio.Event().wait()

    asyncio.run(forever())


def write_rows(path: Path, rows: int) -> list[dict[str, object]]:
    bodies: list[dict[str, object]] = []
    with path.open("w") as file:
        file.write("task_name,description,operation_types,source_app_id,target_app_id\n")
        for number in range(rows):
            name = f"crm-orders-cdc-{number:07d}"
            file.write(f"{name},orders of the shop,INSERT|UPDATE,app-source,app-target\n")
            body: dict[str, object] = {
                "description": "orders of the shop",
                "operation_types": ["INSERT", "UPDATE"],
                "source_app_id": "app-source",
                "target_app_id": "app-target",
                "task_name": name,
            }
            bodies.append(body)
    return bodies


async def create_plainly(url: str, instance: str, bodies: list[dict[str, object]]) -> float:
    path = f"{url}/v2/project/fdi/instances/{instance}/multi-tasks"
    headers = {"X-Auth-Token": "token"}
    work = iter(bodies)

    async def worker(session: aiohttp.ClientSession) -> None:
        for body in work:
            async with session.post(path, json=body, headers=headers) as response:
                assert (await response.json())["task_id"]

    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(worker(session))
        return len(bodies) / (time.perf_counter() - started)


async def create_with_pipeline(url: str, source: Path, results: Path, rows: int) -> float:
    settings = load(
        {
            "endpoint": url,
            "project_id": "project",
            "instance_id": results.name,
            "results": results,
            "rate": 1_000_000,
            "concurrency": CONCURRENCY,
            "quota": rows,
        }
    )
    result = await run(
        [source],
        settings,
        environment={"BATCHCREATE_TOKEN": "token"},
        observer=QuietDisplay(settings),
        stop=StopSwitch(),
    )
    assert result.facts["this_run"]["created"] == rows, result.summary
    with sqlite3.connect(results / "journal.db") as journal:
        first, last = journal.execute(
            "SELECT min(at_ms), (SELECT max(at_ms) FROM outcomes) FROM intents"
        ).fetchone()
    return float(rows * 1000 / (last - first))


SERVERS = (serve, serve_simulator)


def main() -> None:
    gc.freeze()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for server in SERVERS:
        compare(server, rows)


def compare(target: Callable[[Connection], None], rows: int) -> None:
    pipe, far_end = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=target, args=(far_end,), daemon=True
    )
    server.start()
    url = f"http://127.0.0.1:{pipe.recv()}"
    plain_rates, pipeline_rates = [], []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        bodies = write_rows(source, rows)
        for number in range(ROUNDS):
            results = Path(folder) / f"pipeline-{number}"
            plain_rates.append(asyncio.run(create_plainly(url, f"plain-{number}", bodies)))
            pipeline_rates.append(asyncio.run(create_with_pipeline(url, source, results, rows)))
    server.terminate()
    plain_rate, rate = statistics.median(plain_rates), statistics.median(pipeline_rates)
    print(
        f"create, {target.__name__}: {rows} rows, {CONCURRENCY} workers, {ROUNDS} rounds: "
        f"{rate:,.0f}/s with the pipeline, {plain_rate:,.0f}/s plain, ratio {rate / plain_rate:.2f}"
    )


if __name__ == "__main__":
    main()
