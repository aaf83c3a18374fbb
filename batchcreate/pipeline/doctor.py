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
    UntrustedConfigError,
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
"""Maximum clock difference for signed requests, in seconds (API Request Signing Guide)."""

_LOOKUP: Final = "; with --region, an IAM user or an access key looks the project up"
_PERMISSION: Final = (
    "grant the account roma:tasks:list and roma:tasks:create in this project, or "
    "correct --project-id and --instance-id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """
    The result of one check.

    Attributes:
        about: the subject of the check.
        is_good: the check passed.
        text: the result, and the remedy if the check failed.

    """

    about: str
    is_good: bool
    text: str


async def diagnose(
    settings: Settings, *, environment: Mapping[str, str]
) -> AsyncIterator[Diagnosis]:
    """
    Check settings, credentials, endpoint, permission and quota; yield the results one by one.

    The checks end with the first failure that the following ones depend on.

    Args:
        settings: the settings of the command.
        environment: environment variables, for credentials.

    Raises:
        NoCredentialsError, UntrustedConfigError: the user must decide about the credentials.

    """
    try:
        service = find_service(settings.endpoint, settings.attempt, environment, None)
        yield Diagnosis(about="credentials", is_good=True, text=f"found {service.credential.name}")
        if service.warning:
            yield Diagnosis(about="secrets", is_good=False, text=service.warning)
        defaults = await target_defaults(
            settings.target, settings.endpoint, settings.attempt, service
        )
    except (NoCredentialsError, UntrustedConfigError):
        raise
    except BatchCreateError as error:
        about = "credentials" if isinstance(error, CredentialError) else "settings"
        yield Diagnosis(about=about, is_good=False, text=str(error))
        return
    missing = [f"--{field.replace('_', '-')}" for field, value in defaults.items() if not value]
    if missing:
        text = f"give {' and '.join(missing)}{_LOOKUP if '--project-id' in missing else ''}"
        yield Diagnosis(about="project and instance", is_good=False, text=text)
        return
    target = Target(endpoint=service.endpoint, **defaults)
    gate = open_gate(settings.rate)
    async with connect(service, settings.rate, settings.attempt, gate) as connection:
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
    yield Diagnosis(about="endpoint", is_good=True, text=f"{where} is reachable{_tls(where)}")
    if (skew := clock_skew(reply, utc_now())) is not None:
        yield skew
    if reply.status != HTTPStatus.OK:
        yield refusal(reply, target, connection.credential.remedy)
        return
    text = f"accepted; {_describe(target)}: tasks can be listed"
    yield Diagnosis(about="permission", is_good=True, text=text)
    for rates in rate_headers(reply):
        yield rates
    found = await connection.list_tasks(target)
    if isinstance(found, Incomplete):
        text = f"{found.reason}; try again when no other tasks are being created"
        yield Diagnosis(about="tasks", is_good=False, text=text)
        return
    room = quota - found.total
    text = f"{found.total} of {quota} used, {max(room, 0)} left"
    if room <= 0:
        text += (
            "; delete tasks, use another instance, or raise --quota if the instance allows more"
        )
    yield Diagnosis(about="tasks", is_good=room > 0, text=text)


def clock_skew(reply: Reply, now: datetime) -> Diagnosis | None:
    """Compare the server's Date header with *now*; return None if there is no such header."""
    try:
        date = parsedate_to_datetime(reply.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    skew_s = abs(((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())
    is_good = skew_s < SKEW_MAX_S
    text = f"{skew_s:.0f} s difference from the server's clock"
    if not is_good:
        text += "; signed requests allow less than 15 minutes: correct this machine's clock"
    return Diagnosis(about="clock", is_good=is_good, text=text)


def refusal(reply: Reply, target: Target, credential_remedy: str) -> Diagnosis:
    """Return problem and remedy if the server refuses to list the tasks."""
    decision = read_reply(reply, now=utc_now())
    answer = describe(decision.outcome)
    if decision.signal is Signal.UNAUTHORIZED:
        about, answer, remedy = "credentials", f"not accepted: {answer}", credential_remedy
    elif reply.status == HTTPStatus.NOT_FOUND:
        about, remedy = "project and instance", "compare both ids with those in the console"
    elif decision.signal is Signal.FORBIDDEN:
        about, remedy = "permission", _PERMISSION
    elif decision.signal is Signal.REDIRECTED:
        about, remedy = "endpoint", "redirects are not followed: correct --endpoint"
    else:
        about, remedy = (
            "service",
            "try again once the service has recovered, or contact its support",
        )
    text = f"{answer} ({_describe(target)}); {remedy}"
    return Diagnosis(about=about, is_good=False, text=text)


def rate_headers(reply: Reply) -> list[Diagnosis]:
    """Return the limits that the gateway reports (X-Apig-RateLimit-*), if any."""
    return [
        Diagnosis(about="rate limit", is_good=True, text=f"{name}: {value}")
        for name, value in reply.headers.items()
        if name.lower().startswith("x-apig-ratelimit")
    ]


def _describe(target: Target) -> str:
    return f"project {target.project_id}, instance {target.instance_id}"


def _remedy(failure: Decision) -> str:
    if failure.signal is Signal.UNTRUSTED:
        return "check --endpoint; for a private certificate authority, give --ca-file"
    return "check --endpoint or --region, and --proxy"


def _tls(where: str) -> str:
    return ", certificate verified" if where.startswith("https") else ""
