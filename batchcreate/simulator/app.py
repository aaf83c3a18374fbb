"""Puts the parts of a simulator together: every operation of the document gets its handler."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from batchcreate.simulator.clocks import Clocks
from batchcreate.simulator.contract import Contract, load_contract
from batchcreate.simulator.faults import FaultPlan
from batchcreate.simulator.fdi import Fdi
from batchcreate.simulator.front import MAX_BODY_BYTES, Front
from batchcreate.simulator.gateway import Authenticator, Gateway
from batchcreate.simulator.iam import Iam
from batchcreate.simulator.misbehaviour import Misbehaviour
from batchcreate.simulator.settings import SimulatorSettings
from batchcreate.simulator.signature import KeyGuard
from batchcreate.simulator.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """
    A simulator that is not served yet.

    Attributes:
        app: for aiohttp's runner.
        front: keeps the record of calls.
        misbehaviour: counts the faults.

    """

    app: web.Application
    front: Front
    misbehaviour: Misbehaviour


def assemble(settings: SimulatorSettings, store: Store, clocks: Clocks) -> Assembly:
    """Build the application for *settings* around *store*."""
    contract = load_contract()
    authenticator = Authenticator(
        token=settings.token,
        guard=_guard_key(settings, clocks),
        ttl_s=settings.token_ttl_s,
        clock=clocks.monotonic,
    )
    gateway = Gateway(
        authenticator,
        limit_rate=settings.limit_rate,
        retry_after_s=settings.retry_after_s,
        clock=clocks.monotonic,
    )
    front = Front(
        gateway,
        contract,
        clocks=clocks,
        latency_s=settings.latency_ms / 1000,
        is_recording=settings.record,
    )
    misbehaviour = Misbehaviour(retry_after_s=settings.retry_after_s, sleep=clocks.sleep)
    handlers = {
        **_serve_fdi(settings, contract, store, clocks, misbehaviour),
        **_serve_iam(settings, contract, authenticator, clocks),
    }
    app = web.Application(middlewares=[front.pass_through], client_max_size=MAX_BODY_BYTES)
    for name, operation in contract.operations.items():
        app.router.add_route(operation.method, operation.path, handlers[name], name=name)
    return Assembly(app=app, front=front, misbehaviour=misbehaviour)


def _guard_key(settings: SimulatorSettings, clocks: Clocks) -> KeyGuard | None:
    if settings.ak is None or settings.sk is None:
        return None
    return KeyGuard(
        ak=settings.ak, sk=settings.sk, security_token=settings.security_token, clocks=clocks
    )


def _serve_fdi(
    settings: SimulatorSettings,
    contract: Contract,
    store: Store,
    clocks: Clocks,
    misbehaviour: Misbehaviour,
) -> Mapping[str, Handler]:
    creates = {kind: share for kind, share in settings.faults.items() if not kind.is_list}
    lists = {kind: share for kind, share in settings.faults.items() if kind.is_list}
    fdi = Fdi(
        contract,
        store,
        misbehaviour,
        clocks=clocks,
        list_lag_s=settings.list_lag_s,
        faults=(
            FaultPlan(creates, seed=settings.seed, stream="create"),
            FaultPlan(lists, seed=settings.seed, stream="list"),
        ),
    )
    return {
        "CreateMultiTasks": fdi.create_task,
        "ListTasks": fdi.list_tasks,
        "ShowTask": fdi.show_task,
        "DeleteTask": fdi.delete_task,
    }


def _serve_iam(
    settings: SimulatorSettings, contract: Contract, authenticator: Authenticator, clocks: Clocks
) -> Mapping[str, Handler]:
    iam = Iam(
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
