"""
Creates per second: the whole pipeline against a bare aiohttp loop, same rows, same server.

Run by hand: ``python tests/benchmarks/bench_create.py [ROWS]``. The server is as small as a
server can be and runs in a process of its own, so that the client is what is measured. The
bare loop sends the same bodies with as many workers and keeps nothing; the pipeline reads,
validates, journals (synced), paces, classifies. Rounds alternate; the medians are compared.
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
    """Answers every POST with a new task_id and every GET with an empty list."""

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


async def bare(url: str, bodies: list[dict[str, object]]) -> float:
    path = f"{url}/v2/project/fdi/instances/instance/multi-tasks"
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


async def ours(url: str, source: Path, results: Path, rows: int) -> float:
    settings = load(
        {
            "endpoint": url,
            "project_id": "project",
            "instance_id": "instance",
            "results": results,
            "rate": 1_000_000,
            "concurrency": CONCURRENCY,
        }
    )
    ending = await run(
        [source],
        settings,
        environment={"BATCHCREATE_TOKEN": "token"},
        observer=QuietDisplay(settings),
        stop=StopSwitch(),
    )
    assert ending.facts["this_run"]["created"] == rows, ending.summary
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
    bare_rates, our_rates = [], []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        bodies = write_rows(source, rows)
        for number in range(ROUNDS):
            bare_rates.append(asyncio.run(bare(url, bodies)))
            our_rates.append(asyncio.run(ours(url, source, Path(folder) / f"{number}", rows)))
    server.terminate()
    bare_rate, our_rate = statistics.median(bare_rates), statistics.median(our_rates)
    print(
        f"create, {target.__name__}: {rows} rows, {CONCURRENCY} workers, {ROUNDS} rounds: "
        f"{our_rate:,.0f}/s journaled, {bare_rate:,.0f}/s bare, ratio {our_rate / bare_rate:.2f}"
    )


if __name__ == "__main__":
    main()
