"""Starts and stops a simulator on loopback; it cannot be served to other machines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from batchcreate.clock import utc_now
from batchcreate.errors import SettingsError
from batchcreate.simulator.fault_injection import FaultInjector
from batchcreate.simulator.gateway import (
    MAX_BODY_BYTES,
    ApiMiddleware,
    Authenticator,
    Gateway,
    RequestRecord,
)
from batchcreate.simulator.handlers import FdiHandlers, IamHandlers
from batchcreate.simulator.openapi import Contract, load_contract
from batchcreate.simulator.signature_check import SignatureVerifier
from batchcreate.simulator.simulator_settings import (
    Clock,
    Clocks,
    FaultKind,
    Now,
    SimulatorSettings,
    Sleep,
)
from batchcreate.simulator.store import StateFile, Store, StoredTask

_HOST = "127.0.0.1"
_SHUTDOWN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """
    A running simulator.

    Attributes:
        url: origin such as ``http://127.0.0.1:18080``, for ROMA Connect and IAM alike.
        requests: API calls in the order in which they ended, if recorded; grows while served.
        faults_seen: number of injected faults of each kind; grows while served.
        store: the tasks.
        change_faults: replaces the shares of faults, for the calls from now on.

    """

    url: str
    requests: Sequence[RequestRecord]
    faults_seen: Mapping[FaultKind, int]
    store: Store
    change_faults: Callable[[Mapping[FaultKind, float]], None]

    def tasks(self, project_id: str, instance_id: str) -> list[StoredTask]:
        """Return the tasks of one instance in order of creation, whether listed yet or not."""
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
    Run a simulator on 127.0.0.1 for the duration of the context.

    Calls without a response at the end of the context are cancelled.

    Args:
        settings: what to simulate.
        clock: monotonic seconds; by default the time of the event loop.
        now: wall clock in UTC.
        sleep: waits for the latency and between the bytes of a slow response.

    Raises:
        SettingsError: the port is in use, or the state file cannot be used.

    """
    loop_time = asyncio.get_running_loop().time
    clocks = Clocks(monotonic=clock or loop_time, now=now, sleep=sleep)
    with closing(_open_store(settings)) as store:
        application = _build_application(settings, store, clocks)
        async with _listen(application.app, settings.port) as port:
            yield Simulator(
                url=f"http://{_HOST}:{port}",
                requests=application.middleware.requests,
                faults_seen=application.injector.counts,
                store=store,
                change_faults=application.fdi.change_faults,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Application:
    """The aiohttp application, and those of its parts that a simulator shows."""

    app: web.Application
    fdi: FdiHandlers
    middleware: ApiMiddleware
    injector: FaultInjector


def _build_application(settings: SimulatorSettings, store: Store, clocks: Clocks) -> _Application:
    contract = load_contract()
    authenticator = Authenticator(
        token=settings.token,
        verifier=_build_verifier(settings, clocks),
        ttl_s=settings.token_ttl_s,
        clock=clocks.monotonic,
    )
    gateway = Gateway(
        authenticator,
        limit_rate=settings.limit_rate,
        retry_after_s=settings.retry_after_s,
        clock=clocks.monotonic,
    )
    middleware = ApiMiddleware(
        gateway,
        contract,
        clocks=clocks,
        latency_s=settings.latency_ms / 1000,
        is_recording=settings.record,
    )
    injector = FaultInjector(retry_after_s=settings.retry_after_s, sleep=clocks.sleep)
    fdi = FdiHandlers(contract, store, injector, settings=settings, clocks=clocks)
    handlers = {
        **_fdi_handlers(fdi),
        **_iam_handlers(settings, contract, authenticator, clocks),
    }
    app = web.Application(middlewares=[middleware.handle], client_max_size=MAX_BODY_BYTES)
    for name, operation in contract.operations.items():
        app.router.add_route(operation.method, operation.path, handlers[name], name=name)
    return _Application(app=app, fdi=fdi, middleware=middleware, injector=injector)


def _build_verifier(settings: SimulatorSettings, clocks: Clocks) -> SignatureVerifier | None:
    if settings.ak is None or settings.sk is None:
        return None
    return SignatureVerifier(
        ak=settings.ak, sk=settings.sk, security_token=settings.security_token, clocks=clocks
    )


def _fdi_handlers(fdi: FdiHandlers) -> Mapping[str, Handler]:
    return {
        "CreateMultiTasks": fdi.create_task,
        "ListTasks": fdi.list_tasks,
        "ShowTask": fdi.show_task,
        "DeleteTask": fdi.delete_task,
    }


def _iam_handlers(
    settings: SimulatorSettings, contract: Contract, authenticator: Authenticator, clocks: Clocks
) -> Mapping[str, Handler]:
    iam = IamHandlers(
        contract,
        authenticator,
        password=settings.password,
        ttl_s=settings.token_ttl_s,
        now=clocks.now,
    )
    return {
        "KeystoneCreateUserTokenByPassword": iam.issue_token,
        "KeystoneListProjects": iam.list_projects,
    }


def _open_store(settings: SimulatorSettings) -> Store:
    state = None if settings.state_path is None else StateFile(settings.state_path)
    return Store(quota=settings.quota, unique_names=settings.unique_names, state=state)


@asynccontextmanager
async def _listen(app: web.Application, port: int) -> AsyncIterator[int]:
    # Handlers are cancelled with their connection: a hanging one must not outlive its client.
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
