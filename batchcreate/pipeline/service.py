"""Finds the API to talk to, and what to prove ourselves with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from batchcreate.auth import (
    Credential,
    Given,
    GivenKey,
    GivenToken,
    GivenUser,
    IamToken,
    IamUser,
    SignedKey,
    Token,
    find_way,
)
from batchcreate.clock import utc_now
from batchcreate.errors import CredentialError, SettingsError, TransportError
from batchcreate.outcome import error_of, parse_json
from batchcreate.secret import Secret
from batchcreate.settings import Settings
from batchcreate.signing import AccessKey
from batchcreate.transport import Network, get, post

SIMULATED: Final = "simulator"
"""Stands for the endpoint of a run against the embedded simulator, whatever its port."""

SIMULATED_TARGET: Final = {"project_id": "simulated-project", "instance_id": "simulated-instance"}

STATE_FILE: Final = "simulator.jsonl"
"""In the results folder: what the embedded simulator has, so that a rerun meets it again."""

_PROXY_USER: Final = "BATCHCREATE_PROXY_USER"
_PROXY_PASSWORD: Final = "BATCHCREATE_PROXY_PASSWORD"  # noqa: S105 # the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One place to create tasks at.

    Attributes:
        endpoint: what the journal calls it.
        credential: proves who we are.
        network: how to get there.
        open: makes it reachable for the length of a block and gives its base URL.

    """

    endpoint: str
    credential: Credential
    network: Network
    open: Callable[[], AbstractAsyncContextManager[str]]


def find_service(
    settings: Settings, environment: Mapping[str, str], results: Path | None
) -> Service:
    """
    Return the service that *settings* ask for.

    Args:
        settings: where it is.
        environment: where credentials may be.
        results: the results folder, for what a simulator has; ``None`` where nothing is kept.

    Raises:
        SettingsError: there is no endpoint, or not exactly one way to authenticate.

    """
    if settings.simulate:
        return Service(
            endpoint=SIMULATED,
            credential=Token(Secret("simulated"), name="no credentials (simulated)"),
            network=Network(),
            open=lambda: _simulated(None if results is None else results / STATE_FILE),
        )
    origin = settings.origin
    network = find_network(settings, environment)
    given = find_way(environment, settings.token_file)
    return Service(
        endpoint=origin,
        credential=_credential(given, settings, network),
        network=network,
        open=lambda: _remote(origin),
    )


def service_at(
    endpoint: str, settings: Settings, environment: Mapping[str, str], results: Path
) -> Service:
    """
    Return the service that a journal belongs to.

    Raises:
        SettingsError: the settings name another one, or there are no credentials.

    """
    if not endpoint:
        msg = f"{results}: nothing was enrolled in this journal yet; use batchcreate run"
        raise SettingsError(msg)
    if endpoint == SIMULATED:
        return find_service(settings.model_copy(update={"simulate": True}), environment, results)
    is_named = settings.endpoint is not None or settings.region is not None
    if settings.simulate or (is_named and settings.origin != endpoint):
        msg = f"{results}: this batch belongs to {endpoint}; leave the endpoint to the journal"
        raise SettingsError(msg)
    own = settings.model_copy(
        update={"endpoint": endpoint, "region": None, "iam_endpoint": settings.iam_origin}
    )
    return find_service(own, environment, results)


def find_network(settings: Settings, environment: Mapping[str, str]) -> Network:
    """Return how to get to the service; a proxy's password comes from the environment only."""
    password = environment.get(_PROXY_PASSWORD, "")
    return Network(
        ca_file=settings.ca_file,
        proxy=settings.proxy,
        proxy_user=environment.get(_PROXY_USER, ""),
        proxy_password=Secret(password) if password else None,
    )


async def target_defaults(settings: Settings, service: Service) -> Mapping[str, str]:
    """
    Return project and instance of rows that name none; empty where there is no default.

    Without ``--project-id`` an IAM user or an access key looks the project up by the name of
    the region (IAM API, querying project information).

    Raises:
        CredentialError: the credentials are refused.

    """
    given = dict(settings.target_defaults)
    if settings.simulate:
        return {field: value or SIMULATED_TARGET[field] for field, value in given.items()}
    credential = service.credential
    if not given["project_id"] and settings.region is not None:
        if isinstance(credential, IamToken):
            await credential.ready()
            given["project_id"] = credential.project_id
        elif isinstance(credential, SignedKey):
            given["project_id"] = await _look_up_project(settings, credential, service.network)
    return given


async def _look_up_project(settings: Settings, key: SignedKey, network: Network) -> str:
    url = f"{settings.iam_origin}/v3/projects?name={settings.region}"
    try:
        reply = await get(network, url, key.headers("GET", url, b""), timeout_s=settings.timeout)
    except TransportError as error:
        msg = f"the project of region {settings.region} cannot be looked up: {error}"
        raise CredentialError(msg) from None
    parsed = parse_json(reply.body)
    projects = parsed.get("projects") if isinstance(parsed, dict) else None
    found = [
        str(project["id"])
        for project in (projects if isinstance(projects, list) else ())
        if isinstance(project, dict) and project.get("name") == settings.region
    ]
    if len(found) != 1:
        code, message = error_of(reply)
        msg = (
            f"IAM names no project for region {settings.region} (HTTP {reply.status} {code} "
            f"{message}); give --project-id"
        )
        raise CredentialError(msg)
    return found[0]


def _credential(given: Given, settings: Settings, network: Network) -> Credential:
    match given:
        case GivenToken(token=token, source=source):
            return Token(token, name=f"the token from {source}")
        case GivenKey(ak=ak, sk=sk, security_token=security_token, source=source):
            key = AccessKey(ak=ak, sk=sk, security_token=security_token)
            return SignedKey(key, name=f"the access key from {source}", now=utc_now)
        case GivenUser(name=name, password=password, domain=domain):
            user = IamUser(
                name=name,
                password=password,
                domain=domain,
                endpoint=settings.iam_origin,
                scope=_scope(settings),
            )
            send = partial(post, network, timeout_s=settings.timeout)
            return IamToken(user, send, random=Random())  # noqa: S311 # jitter, no secret


def _scope(settings: Settings) -> Mapping[str, str]:
    if settings.project_id is not None:
        return {"id": settings.project_id}
    if settings.region is not None:
        return {"name": settings.region}
    msg = "an IAM user's token belongs to a project: give --project-id, or --region"
    raise SettingsError(msg)


@asynccontextmanager
async def _remote(origin: str) -> AsyncIterator[str]:
    yield origin


@asynccontextmanager
async def _simulated(state: Path | None) -> AsyncIterator[str]:
    from batchcreate.simulator import SimulatorSettings, serve

    async with serve(SimulatorSettings(state_path=state)) as simulator:
        yield simulator.url
