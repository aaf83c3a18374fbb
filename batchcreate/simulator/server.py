"""Starts and stops a simulator on loopback; there is no way to serve it to other machines."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from aiohttp import web

from batchcreate.errors import SettingsError
from batchcreate.simulator.app import assemble
from batchcreate.simulator.clocks import Clock, Clocks, Now, Sleep, utc_now
from batchcreate.simulator.faults import FaultKind
from batchcreate.simulator.front import RequestRecord
from batchcreate.simulator.settings import SimulatorSettings
from batchcreate.simulator.state import StateFile
from batchcreate.simulator.store import Store, StoredTask

_HOST = "127.0.0.1"
_SHUTDOWN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """
    A running simulator, as its user sees it.

    Attributes:
        url: origin such as ``http://127.0.0.1:18080``, for ROMA Connect and IAM alike.
        requests: API calls in order of their end, if they are recorded; grows while served.
        faults_seen: how often each kind of fault has happened; grows while served.
        store: where the tasks are.

    """

    url: str
    requests: Sequence[RequestRecord]
    faults_seen: Mapping[FaultKind, int]
    store: Store

    def tasks(self, project_id: str, instance_id: str) -> list[StoredTask]:
        """Return the tasks of one instance in order of creation, listed yet or not."""
        return self.store.tasks(project_id, instance_id)


@asynccontextmanager
async def serve(
    settings: SimulatorSettings,
    *,
    clock: Clock | None = None,
    now: Now = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Simulator]:
    """
    Run a simulator on 127.0.0.1 for the length of the context.

    Calls that still wait for an answer when it ends are cancelled.

    Args:
        settings: what to simulate.
        clock: monotonic seconds; the event loop's by default.
        now: wall clock in UTC.
        sleep: waits for latency and between the bytes of a slow answer.

    Raises:
        SettingsError: the port is taken, or the state file cannot be used.

    """
    loop_time = asyncio.get_running_loop().time
    clocks = Clocks(monotonic=clock or loop_time, now=now, sleep=sleep)
    with closing(_open_store(settings)) as store:
        assembly = assemble(settings, store, clocks)
        async with _listen(assembly.app, settings.port) as port:
            yield Simulator(
                url=f"http://{_HOST}:{port}",
                requests=assembly.front.requests,
                faults_seen=assembly.misbehaviour.seen,
                store=store,
            )


def _open_store(settings: SimulatorSettings) -> Store:
    state = None if settings.state_path is None else StateFile(settings.state_path)
    return Store(quota=settings.quota, unique_names=settings.unique_names, state=state)


@asynccontextmanager
async def _listen(app: web.Application, port: int) -> AsyncIterator[int]:
    # A handler ends with its connection: a hanging answer must not outlive its client.
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_S
    )
    await runner.setup()
    try:
        await _bind(runner, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, _HOST, port).start()
    except OSError as error:
        message = f"port {port} on {_HOST} cannot be used ({error.strerror}): give another, or 0"
        raise SettingsError(message) from error
