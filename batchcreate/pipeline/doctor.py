"""Is everything in place for a run? Asks the server a few harmless questions, creates nothing."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from batchcreate.client import RomaClient
from batchcreate.clock import utc_now
from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    NoCredentialsError,
    TransportError,
)
from batchcreate.models import Decision, Reply, Signal, Target
from batchcreate.pipeline.service import (
    Connection,
    connect,
    find_service,
    open_gate,
    target_defaults,
)
from batchcreate.responses import describe, read_failure, read_reply
from batchcreate.settings import Settings
from batchcreate.task_list import Incomplete

SKEW_MAX_S: Final = 900.0
"""A signature is refused when the clocks differ by more (API Request Signing Guide)."""

_LOOK_UP: Final = "; an IAM user or an access key looks the project up where --region is given"
_PERMISSION: Final = (
    "have the account allowed to roma:tasks:list and roma:tasks:create in this project, or "
    "correct --project-id and --instance-id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
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


async def diagnose(
    settings: Settings, *, environment: Mapping[str, str]
) -> AsyncIterator[Diagnosis]:
    """
    Yield one finding after the other; the first that is not good may be the last.

    Args:
        settings: endpoint, project, instance and the like.
        environment: where credentials may be.

    Raises:
        NoCredentialsError: there are none at all.

    """
    try:
        service = find_service(settings.endpoint, settings.attempt, environment, None)
        yield Diagnosis(about="credentials", is_good=True, text=f"found {service.credential.name}")
        if service.warning:
            yield Diagnosis(about="secrets", is_good=False, text=service.warning)
        defaults = await target_defaults(
            settings.target, settings.endpoint, settings.attempt, service
        )
    except NoCredentialsError:
        raise
    except CredentialError as error:
        yield Diagnosis(about="credentials", is_good=False, text=str(error))
        return
    except BatchCreateError as error:
        yield Diagnosis(about="settings", is_good=False, text=str(error))
        return
    missing = [f"--{field.replace('_', '-')}" for field, value in defaults.items() if not value]
    if missing:
        text = f"give {' and '.join(missing)}{_LOOK_UP if '--project-id' in missing else ''}"
        yield Diagnosis(about="project and instance", is_good=False, text=text)
        return
    target = Target(endpoint=service.endpoint, **defaults)
    async with connect(
        service, settings.rate, settings.attempt, open_gate(settings.rate)
    ) as connection:
        async for diagnosis in _ask(connection, target, settings.quota.quota_tasks):
            yield diagnosis


async def _ask(
    connection: Connection[RomaClient], target: Target, quota: int
) -> AsyncIterator[Diagnosis]:
    where = target.endpoint
    try:
        reply = await connection.client.probe(target)
    except CredentialError as error:
        yield Diagnosis(about="credentials", is_good=False, text=str(error))
        return
    except TransportError as error:
        failure = read_failure(error)
        text = f"{where} cannot be reached: {describe(failure.outcome)}; {_remedy(failure)}"
        yield Diagnosis(about="endpoint", is_good=False, text=text)
        return
    yield Diagnosis(about="endpoint", is_good=True, text=f"{where} answers{_tls(where)}")
    if (skew := clock_skew(reply, utc_now())) is not None:
        yield skew
    if reply.status != HTTPStatus.OK:
        yield refusal(reply, target, connection.credential.remedy)
        return
    text = f"accepted; {_place(target)}: tasks can be listed"
    yield Diagnosis(about="permission", is_good=True, text=text)
    for rates in rate_headers(reply):
        yield rates
    listing = await connection.list_tasks(target)
    if isinstance(listing, Incomplete):
        text = f"{listing.reason}; try again, and wait where others create tasks just now"
        yield Diagnosis(about="tasks", is_good=False, text=text)
        return
    room = quota - listing.total
    text = f"{listing.total} of {quota} used, room for {max(room, 0)} more"
    if room <= 0:
        text += "; delete some, take another instance, or raise --quota if it holds more"
    yield Diagnosis(about="tasks", is_good=room > 0, text=text)


def clock_skew(reply: Reply, now: datetime) -> Diagnosis | None:
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
    return Diagnosis(about="clock", is_good=is_good, text=text)


def refusal(reply: Reply, target: Target, credential_remedy: str) -> Diagnosis:
    """Say what is wrong where the server does not list the tasks, and what to do."""
    decision = read_reply(reply, now=utc_now())
    said = describe(decision.outcome)
    if decision.signal is Signal.UNAUTHORIZED:
        about, said, remedy = "credentials", f"not accepted: {said}", credential_remedy
    elif reply.status == HTTPStatus.NOT_FOUND:
        about, remedy = "project and instance", "compare both ids with those in the console"
    elif decision.signal is Signal.FORBIDDEN:
        about, remedy = "permission", _PERMISSION
    elif decision.signal is Signal.REDIRECTED:
        about, remedy = "endpoint", "nothing is sent to another host: correct --endpoint"
    else:
        about, remedy = "service", "try again when the service has recovered, or ask its support"
    text = f"{said} ({_place(target)}); {remedy}"
    return Diagnosis(about=about, is_good=False, text=text)


def rate_headers(reply: Reply) -> list[Diagnosis]:
    """Return what the gateway tells of its limits (X-Apig-RateLimit-*), if anything."""
    return [
        Diagnosis(about="rate limit", is_good=True, text=f"{name}: {value}")
        for name, value in reply.headers.items()
        if name.lower().startswith("x-apig-ratelimit")
    ]


def _place(target: Target) -> str:
    return f"project {target.project_id}, instance {target.instance_id}"


def _remedy(failure: Decision) -> str:
    if failure.signal is Signal.UNTRUSTED:
        return "check --endpoint; a certificate of your own authority needs --ca-file"
    return "check --endpoint or --region, and --proxy"


def _tls(where: str) -> str:
    return ", certificate verified" if where.startswith("https") else ""
