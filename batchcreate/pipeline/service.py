"""Finds the API to talk to, and what to prove ourselves with."""

import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
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
    IamTokens,
    IamUser,
    SignedKey,
    Token,
    find_way,
    is_readable_by_others,
)
from batchcreate.clock import utc_now
from batchcreate.errors import SettingsError
from batchcreate.journal import Journal
from batchcreate.pool import Cause, Halt
from batchcreate.secret import Secret
from batchcreate.settings import Settings
from batchcreate.settings.variables import PROXY
from batchcreate.signing import AccessKey
from batchcreate.transport import Network, post, trust_in

SIMULATED: Final = "simulator"
"""Stands for the endpoint of a run against the embedded simulator, whatever its port."""

STATE_FILE: Final = "simulator.jsonl"
"""In the results folder: what the embedded simulator has, so that a rerun meets it again."""

_LATIN_MAX: Final = 0xFF
_PROXY_USER, _PROXY_PASSWORD = PROXY


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One place to create tasks at.

    Attributes:
        endpoint: what the journal calls it.
        credential: proves who we are.
        network: how to get there.
        warning: what the user should know of the credentials, empty for nothing.
        open: makes it reachable for the length of a block and gives its base URL.

    """

    endpoint: str
    credential: Credential
    network: Network
    open: Callable[[], AbstractAsyncContextManager[str]]
    warning: str = ""


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
        warning=_warning(given),
    )


def service_of(
    journal: Journal, settings: Settings, environment: Mapping[str, str], results: Path
) -> Service:
    """
    Return the service that a *journal* in the folder *results* belongs to.

    Raises:
        SettingsError: the settings name another one, or there are no credentials.

    """
    endpoint = journal.endpoint
    if not endpoint:
        msg = f"{results}: nothing was enrolled in this journal yet; use batchcreate run"
        raise SettingsError(msg)
    if endpoint == SIMULATED:
        return find_service(settings.model_copy(update={"simulate": True}), environment, results)
    is_named = settings.endpoint is not None or settings.region is not None
    if settings.simulate or (is_named and settings.origin != endpoint):
        msg = f"{results}: this batch belongs to {endpoint}; leave the endpoint to the journal"
        raise SettingsError(msg)
    return find_service(settings.model_copy(update={"endpoint": endpoint}), environment, results)


def name_credential(halt: Halt, service: Service) -> Halt:
    """Return *halt* with the credential in its message, where *service* did not accept it."""
    if halt.cause is not Cause.UNAUTHORIZED:
        return halt
    return replace(halt, message=f"{service.credential.name}, {service.endpoint}: {halt.message}")


def find_network(settings: Settings, environment: Mapping[str, str]) -> Network:
    """
    Return how to get to the service; a proxy's password comes from the environment only.

    Raises:
        SettingsError: user and password of the proxy do not make a pair, or the file of
            certificates cannot be used.

    """
    user, password = (environment.get(name, "") for name in (_PROXY_USER, _PROXY_PASSWORD))
    if bool(user) is not bool(password):
        missing = _PROXY_PASSWORD if user else _PROXY_USER
        msg = f"incomplete credentials of the proxy: {missing} missing"
        raise SettingsError(msg)
    if ":" in user or not _is_latin(user) or not _is_latin(password):
        msg = (
            f"{_PROXY_USER} and {_PROXY_PASSWORD}: a proxy takes neither a colon in the user's "
            "name nor characters beyond Latin-1"
        )
        raise SettingsError(msg)
    return Network(
        trust=trust_in(settings.ca_file),
        proxy=settings.proxy,
        proxy_user=user,
        proxy_password=Secret(password) if password else None,
    )


def _credential(given: Given, settings: Settings, network: Network) -> Credential:
    match given:
        case GivenToken(token=token, source=source):
            return Token(token, name=f"the token from {source}")
        case GivenKey(ak=ak, sk=sk, security_token=security_token, source=source):
            key = AccessKey(ak=ak, sk=sk, security_token=security_token)
            return SignedKey(key, name=f"the access key from {source}", now=utc_now)
        case GivenUser(
            name=name, password=password, domain=domain
        ):  # pragma: no branch # no other
            user = IamUser(
                name=name,
                password=password,
                domain=domain,
                endpoint=settings.iam_origin,
            )
            send = partial(post, network, timeout_s=settings.timeout)
            return IamTokens(user, send, random=Random())  # noqa: S311 # jitter, no secret


def _warning(given: Given) -> str:
    if given.file is None or not is_readable_by_others(given.file):
        return ""
    return f"{given.file}: others can read it; chmod 600 {shlex.quote(str(given.file))}"


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
