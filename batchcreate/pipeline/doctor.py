"""Is everything in place for a run? Asks the server a few harmless questions, creates nothing."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Final

from batchcreate.client import RomaClient, connect
from batchcreate.clock import utc_now
from batchcreate.errors import BatchCreateError, CredentialError, TransportError
from batchcreate.inventory import list_all
from batchcreate.limiter import Gate, RateLimit
from batchcreate.listing import Incomplete
from batchcreate.models import Decision, Reply, Signal, Target
from batchcreate.outcome import describe, read_failure, read_reply
from batchcreate.pipeline.defaults import target_defaults
from batchcreate.pipeline.service import find_service
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings

SKEW_MAX_S: Final = 900.0
"""A signature is refused when the clocks differ by more (API Request Signing Guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    The answer to one question.

    Attributes:
        about: what was asked.
        is_good: a run can do with it.
        text: what was found, and what to do where it is not good.

    """

    about: str
    is_good: bool
    text: str


async def doctor(settings: Settings, *, environment: Mapping[str, str]) -> AsyncIterator[Finding]:
    """
    Yield one finding after the other; the first that is not good may be the last.

    Args:
        settings: endpoint, project, instance and the like.
        environment: where credentials may be.

    """
    try:
        service = find_service(settings, environment, None)
        yield Finding(about="credentials", is_good=True, text=service.credential.name)
        if service.warning:
            yield Finding(about="secrets", is_good=False, text=service.warning)
        defaults = await target_defaults(settings, service)
    except BatchCreateError as error:
        yield Finding(about="settings", is_good=False, text=str(error))
        return
    missing = [f"--{field.replace('_', '-')}" for field, value in defaults.items() if not value]
    if missing:
        text = f"give {' and '.join(missing)}"
        yield Finding(about="project and instance", is_good=False, text=text)
        return
    target = Target(endpoint=service.endpoint, **defaults)
    async with (
        service.open() as base_url,
        connect(
            base_url,
            service.credential,
            timeout_s=settings.timeout,
            connections=1,
            network=service.network,
        ) as client,
    ):
        async for finding in _ask(client, target, settings):
            yield finding


async def _ask(client: RomaClient, target: Target, settings: Settings) -> AsyncIterator[Finding]:
    where = target.endpoint
    try:
        reply = await client.list_tasks(target, offset=0, limit=1)
    except CredentialError as error:
        yield Finding(about="credentials", is_good=False, text=str(error))
        return
    except TransportError as error:
        failure = read_failure(error)
        text = f"{where} cannot be reached: {describe(failure.outcome)}; {_remedy(failure)}"
        yield Finding(about="endpoint", is_good=False, text=text)
        return
    yield Finding(about="endpoint", is_good=True, text=f"{where} answers{_tls(where)}")
    if (skew := clock_skew(reply, utc_now())) is not None:
        yield skew
    if reply.status != HTTPStatus.OK:
        yield refusal(reply, target)
        return
    text = f"project {target.project_id}, instance {target.instance_id}: tasks can be listed"
    yield Finding(about="permission", is_good=True, text=text)
    for rates in rate_headers(reply):
        yield rates
    look = partial(
        list_all, client, retry=RetryPolicy(), random=Random()  # noqa: S311 # jitter, no secret
    )  # fmt: skip
    listing = await look(target, gate=Gate(RateLimit(rate_per_s=settings.rate)))
    if isinstance(listing, Incomplete):
        yield Finding(about="tasks", is_good=False, text=listing.reason)
        return
    room = settings.quota - listing.total
    text = f"{listing.total} of {settings.quota} used, room for {max(room, 0)} more"
    yield Finding(about="tasks", is_good=room > 0, text=text)


def clock_skew(reply: Reply, now: datetime) -> Finding | None:
    """Compare the server's Date header with *now*; ``None`` where it sent none."""
    try:
        date = parsedate_to_datetime(reply.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    skew_s = abs(((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())
    is_good = skew_s < SKEW_MAX_S
    text = f"{skew_s:.0f} s from the server's"
    if not is_good:
        text += "; signatures need less than 15 minutes: set this machine's clock"
    return Finding(about="clock", is_good=is_good, text=text)


def refusal(reply: Reply, target: Target) -> Finding:
    """Say what is wrong where the server does not list the tasks."""
    decision = read_reply(reply, now=utc_now())
    said = describe(decision.outcome)
    if decision.signal is Signal.UNAUTHORIZED:
        return Finding(about="credentials", is_good=False, text=f"not accepted: {said}")
    about = "service"
    if reply.status == HTTPStatus.NOT_FOUND:
        about = "project and instance"
    elif decision.signal is Signal.FORBIDDEN:
        about = "permission"
    return Finding(
        about=about,
        is_good=False,
        text=f"{said}; project {target.project_id}, instance {target.instance_id}",
    )


def rate_headers(reply: Reply) -> list[Finding]:
    """Return what the gateway tells of its limits (X-Apig-RateLimit-*), if anything."""
    return [
        Finding(about="rate limit", is_good=True, text=f"{name}: {value}")
        for name, value in reply.headers.items()
        if name.lower().startswith("x-apig-ratelimit")
    ]


def _remedy(failure: Decision) -> str:
    if failure.signal is Signal.UNTRUSTED:
        return "check --endpoint; a certificate of your own authority needs --ca-file"
    return "check --endpoint or --region, and --proxy"


def _tls(where: str) -> str:
    return ", certificate verified" if where.startswith("https") else ""
