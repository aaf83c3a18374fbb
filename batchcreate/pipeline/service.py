"""Endpoint, credentials and project lookup."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Final, Generic, Protocol, TypeVar

from batchcreate.auth import (
    AccessKey,
    ConfiguredCredential,
    ConfiguredKey,
    ConfiguredToken,
    ConfiguredUser,
    Credential,
    IamTokens,
    IamUser,
    SignedKey,
    Token,
    find_credential,
    permission_warning,
    read_project_id,
)
from batchcreate.client import RomaClient
from batchcreate.client import connect as connect_client
from batchcreate.clock import utc_now
from batchcreate.errors import CredentialError, SettingsError, TransportError
from batchcreate.journal import Journal
from batchcreate.models import Reply, Target
from batchcreate.pool import AttemptLoop, StopCause, StopReason, StopSwitch
from batchcreate.pool.workers import CreateClient
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.responses import error_of, is_unauthorized, parse_json
from batchcreate.retry import RetryPolicy
from batchcreate.secret import Secret
from batchcreate.settings import AttemptSettings, EndpointSettings, RateSettings, TargetSettings
from batchcreate.settings.config_file import CONFIRMED
from batchcreate.settings.endpoint_group import SIMULATED
from batchcreate.settings.settings import PROXY_VARIABLES
from batchcreate.task_list import Incomplete, ListClient, TaskList, read_task_list
from batchcreate.transport import Network, get, load_trust, mask_reply, post

STATE_FILE: Final = "simulator.jsonl"
"""File in the results folder with the tasks of the embedded simulator, for reruns."""

_LATIN_MAX: Final = 0xFF
_PROXY_USER, _PROXY_PASSWORD = PROXY_VARIABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    A service on which tasks are created.

    Attributes:
        endpoint: the endpoint as recorded in the journal.
        credential: authenticates the requests.
        network: certificates and proxy.
        warning: a warning about the credentials, or empty.
        open: returns a context manager that makes the service reachable and returns its base URL.

    """

    endpoint: str
    credential: Credential
    network: Network
    open: Callable[[], AbstractAsyncContextManager[str]]
    warning: str = ""


def find_service(
    endpoint: EndpointSettings,
    attempt: AttemptSettings,
    environment: Mapping[str, str],
    results: Path | None,
) -> Service:
    """
    Return the configured service.

    Args:
        endpoint: its address.
        attempt: timeout of logins.
        environment: environment variables, which can contain credentials, and answers of the user.
        results: results folder, for the state of a simulator; None to keep no state.

    Raises:
        SettingsError: there is no endpoint, or not exactly one configured credential.
        UntrustedConfigError: the configuration file decides where the credential is sent.

    """
    if endpoint.is_simulated:
        return Service(
            endpoint=SIMULATED,
            credential=Token(Secret("none"), name="no credentials (simulated)"),
            network=Network(),
            open=lambda: _simulated(None if results is None else results / STATE_FILE),
        )
    if not environment.get(CONFIRMED):
        endpoint.require_trust()
    origin = endpoint.origin
    network = find_network(endpoint, environment)
    configured = find_credential(environment, endpoint.token_file)
    return Service(
        endpoint=origin,
        credential=_credential(configured, endpoint, attempt, network),
        network=network,
        open=lambda: _remote(origin),
        warning=permission_warning(configured.file),
    )


def service_of(
    journal: Journal,
    endpoint: EndpointSettings,
    attempt: AttemptSettings,
    environment: Mapping[str, str],
    results: Path,
) -> Service:
    """
    Return the service of the *journal* in the folder *results*.

    Raises:
        SettingsError: the settings specify another endpoint, or there are no credentials.

    """
    journal_endpoint = journal.endpoint
    if not journal_endpoint:
        msg = f"{results}: the journal has no rows yet; use batchcreate run"
        raise SettingsError(msg)
    if journal_endpoint == SIMULATED:
        simulated = endpoint.model_copy(update={"is_simulated": True})
        return find_service(simulated, attempt, environment, results)
    is_other = endpoint.is_given and endpoint.origin != journal_endpoint
    if endpoint.is_simulated or is_other:
        other = SIMULATED if endpoint.is_simulated else endpoint.origin
        msg = (
            f"{results}: this batch belongs to {journal_endpoint}, not to {other}; omit --endpoint, "
            "--region and --simulate"
        )
        raise SettingsError(msg)
    endpoint = endpoint.with_journal_endpoint(journal_endpoint)
    return find_service(endpoint, attempt, environment, results)


class ApiClient(CreateClient, ListClient, Protocol):
    """The HTTP client of a run: creates tasks and lists them."""


Client_co = TypeVar("Client_co", bound=ApiClient, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Generic[Client_co]):
    """
    An open connection to a service, with everything that its requests share.

    Attributes:
        client: sends the requests.
        credential: authenticates them.
        gate: paces them.
        retry: when to retry.
        random: source of the jitter.

    """

    client: Client_co
    credential: Credential
    gate: Gate
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    random: Random = field(default_factory=Random)  # jitter, not a secret

    async def list_tasks(self, target: Target) -> TaskList | Incomplete:
        """Read the whole task list of *target*."""
        return await read_task_list(
            self.client, target, gate=self.gate, retry=self.retry, random=self.random
        )

    def attempts(
        self, stop: StopSwitch, *, has_more: Callable[[], bool] = lambda: True
    ) -> AttemptLoop:
        """Return an attempt loop over this connection; see `AttemptLoop`."""
        return AttemptLoop(
            gate=self.gate, stop=stop, retry=self.retry, random=self.random, has_more=has_more
        )


def open_gate(
    rate: RateSettings, on_change: Callable[[float], None] = lambda _rate_per_s: None
) -> Gate:
    """Return a gate with the configured rate; *on_change* is called with each new rate."""
    limit = RateLimit(
        rate_per_s=rate.rate_per_s, headroom=rate.headroom_share, max_wait_s=rate.max_wait_s
    )
    return Gate(limit, on_change=on_change)


@asynccontextmanager
async def connect(
    service: Service, rate: RateSettings, attempt: AttemptSettings, gate: Gate
) -> AsyncIterator[Connection[RomaClient]]:
    """Connect to *service* for the duration of the block; all requests pass through *gate*."""
    async with (
        service.open() as base_url,
        connect_client(
            base_url,
            service.credential,
            timeout_s=attempt.timeout_s,
            connections=rate.concurrency + 1,
            network=service.network,
        ) as client,
    ):
        yield Connection(client=client, credential=service.credential, gate=gate)


def name_credential(reason: StopReason, service: Service) -> StopReason:
    """Return *reason*, with the credential in its message if the server refused it."""
    if reason.cause is not StopCause.UNAUTHORIZED:
        return reason
    return replace(
        reason, message=f"{service.credential.name}, {service.endpoint}: {reason.message}"
    )


def named_stop_reason(stop: StopSwitch, service: Service) -> StopReason | None:
    """Return the stop reason with the refused credential in its message, or None."""
    return None if stop.reason is None else name_credential(stop.reason, service)


def find_network(endpoint: EndpointSettings, environment: Mapping[str, str]) -> Network:
    """
    Return certificates and proxy; the proxy password is read from the environment only.

    Raises:
        SettingsError: the proxy has a user without a password or vice versa, or the certificate
            file cannot be used.

    """
    user, password = (environment.get(name, "") for name in (_PROXY_USER, _PROXY_PASSWORD))
    if bool(user) is not bool(password):
        missing = _PROXY_PASSWORD if user else _PROXY_USER
        msg = f"incomplete credentials of the proxy: {missing} missing"
        raise SettingsError(msg)
    if ":" in user or not _is_latin(user) or not _is_latin(password):
        msg = (
            f"{_PROXY_USER} and {_PROXY_PASSWORD}: the user name of a proxy cannot contain a colon, "
            "and both are limited to Latin-1 characters"
        )
        raise SettingsError(msg)
    return Network(
        trust=load_trust(endpoint.ca_file),
        proxy=endpoint.proxy_url,
        proxy_user=user,
        proxy_password=Secret(password) if password else None,
    )


def _credential(
    configured: ConfiguredCredential,
    endpoint: EndpointSettings,
    attempt: AttemptSettings,
    network: Network,
) -> Credential:
    match configured:
        case ConfiguredToken(token=token, source=source):
            return Token(token, name=f"the token from {source}")
        case ConfiguredKey(ak=ak, sk=sk, security_token=security_token, source=source):
            key = AccessKey(ak=ak, sk=sk, security_token=security_token)
            return SignedKey(key, name=f"the access key from {source}", now=utc_now)
        case ConfiguredUser(
            name=name, password=password, domain=domain
        ):  # pragma: no branch # the last type of the union
            user = IamUser(
                name=name,
                password=password,
                domain=domain,
                endpoint=endpoint.iam_origin,
            )
            send = partial(post, network, timeout_s=attempt.timeout_s)
            return IamTokens(user, send, random=Random())  # noqa: S311 # jitter, not a secret


def _is_latin(text: str) -> bool:
    return text.isprintable() and all(ord(char) <= _LATIN_MAX for char in text)


@asynccontextmanager
async def _remote(origin: str) -> AsyncIterator[str]:
    yield origin


@asynccontextmanager
async def _simulated(state: Path | None) -> AsyncIterator[str]:
    from batchcreate.simulator import SimulatorSettings, serve

    async with serve(SimulatorSettings(state_path=state)) as simulator:
        yield simulator.url


SIMULATED_TARGET: Final = {"project_id": "simulated-project", "instance_id": "simulated-instance"}


async def target_defaults(
    target: TargetSettings, endpoint: EndpointSettings, attempt: AttemptSettings, service: Service
) -> Mapping[str, str]:
    """
    Return project and instance of rows that do not specify them; empty without a default.

    Without ``--project-id``, the project is looked up by the name of the region if the
    credential is an IAM user or an access key (IAM API, querying project information).

    Raises:
        CredentialError: the credentials are refused.

    """
    defaults = dict(target.defaults)
    if endpoint.is_simulated:
        return {field: value or SIMULATED_TARGET[field] for field, value in defaults.items()}
    credential = service.credential
    if not defaults["project_id"] and endpoint.project_name is not None:
        if isinstance(credential, IamTokens):
            defaults["project_id"] = await credential.find_project(endpoint.project_name)
        elif isinstance(credential, SignedKey):
            request = partial(get, service.network, timeout_s=attempt.timeout_s)
            defaults["project_id"] = await _look_up_project(endpoint, credential, request)
    return defaults


async def _look_up_project(
    endpoint: EndpointSettings, key: SignedKey, request: Callable[..., Awaitable[Reply]]
) -> str:
    """Look the project up once: IAM locks an access key after repeated refusals."""
    iam, name = endpoint.iam_origin, endpoint.project_name
    url = f"{iam}/v3/projects?name={name}"
    try:
        reply = mask_reply(await request(url, key.headers("GET", url, b"")), key.secrets)
    except TransportError as error:
        msg = f"the project {name} cannot be looked up at {iam}: {error}; or give --project-id"
        raise CredentialError(msg) from None
    answer = ", ".join(part for part in (f"HTTP {reply.status}", *error_of(reply)) if part)
    if is_unauthorized(reply):
        msg = f"IAM at {iam} does not accept {key.name} ({answer})"
        raise CredentialError(msg)
    parsed = parse_json(reply.body) if reply.status == HTTPStatus.OK else None
    projects = parsed.get("projects") if isinstance(parsed, dict) else None
    found = [
        read_project_id(project)
        for project in (projects if isinstance(projects, list) else ())
        if isinstance(project, dict) and project.get("name") == name
    ]
    if len(found) == 1 and found[0]:
        return found[0]
    reason = f"{len(found)} of that name" if reply.status == HTTPStatus.OK else answer
    msg = f"IAM at {iam} has no project {name} ({reason}); give --project-id"
    raise CredentialError(msg)
