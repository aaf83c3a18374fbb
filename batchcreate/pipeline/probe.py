"""One list call before any worker starts: is this the right server, and does it know us?"""

import asyncio
from http import HTTPStatus
from itertools import count
from random import Random
from typing import Final

from batchcreate.client import RomaClient
from batchcreate.clock import utc_now
from batchcreate.errors import TransportError
from batchcreate.limiter import Gate
from batchcreate.models import Decision, Signal, Target
from batchcreate.outcome import read_failure, read_reply
from batchcreate.pool import Cause, Halt, RetryPolicy
from batchcreate.pool.breaker import describe

_CAUSES: Final = {
    Signal.UNAUTHORIZED: (
        Cause.UNAUTHORIZED,
        "the server does not accept the credentials",
        "renew them and run the same command again",
    ),
    Signal.FORBIDDEN: (
        Cause.FORBIDDEN,
        "the server does not let this account list the instance's tasks",
        "check --project-id, --instance-id and the account's permissions",
    ),
    Signal.REDIRECTED: (
        Cause.REDIRECTED,
        "the server redirects",
        "nothing is sent to another host: correct --endpoint",
    ),
    Signal.UNTRUSTED: (
        Cause.UNTRUSTED,
        "the server cannot be trusted",
        "check --endpoint and the certificate",
    ),
}
_OUTAGE: Final = (
    Cause.OUTAGE,
    "the server cannot list the instance's tasks",
    "check --endpoint, or run the same command again when the service has recovered",
)


async def probe(
    client: RomaClient, target: Target, *, gate: Gate, retry: RetryPolicy, random: Random
) -> Halt | None:
    """
    List one task of *target*; return why the run cannot begin, or ``None``.

    A wrong AK/SK locks its key after a few failures, so this call goes out alone, and one
    refused authentication is enough (FAQ on IAM authentication information).
    """
    for attempt in count(1):
        admitted_at = await gate.acquire()
        decision = await _list_once(client, target)
        if decision is None:
            gate.succeeded(admitted_at)
            return None
        if decision.signal in _CAUSES or attempt == retry.attempts_max:
            return _halt(decision)
        if decision.signal is Signal.THROTTLED:
            gate.throttled(admitted_at, decision.wait_s)
        else:
            await asyncio.sleep(retry.wait_s(attempt, random))
    return None  # pragma: no cover # the count has no end


async def _list_once(client: RomaClient, target: Target) -> Decision | None:
    try:
        reply = await client.list_tasks(target, offset=0, limit=1)
    except TransportError as error:
        return read_failure(error)
    if reply.status == HTTPStatus.OK:
        return None
    return read_reply(reply, now=utc_now())


def _halt(decision: Decision) -> Halt:
    cause, found, remedy = _CAUSES.get(decision.signal, _OUTAGE)
    return Halt(
        cause=cause,
        message=f"{found} ({describe(decision.outcome)}); nothing was sent: {remedy}",
    )
