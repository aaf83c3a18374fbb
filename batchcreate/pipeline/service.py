"""Finds the API to talk to: the real service, or the simulator inside this process."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.auth import Credential, Token, find_token
from batchcreate.errors import SettingsError
from batchcreate.secret import Secret
from batchcreate.settings import Settings

SIMULATED: Final = "simulator"
"""Stands for the endpoint of a run against the embedded simulator, whatever its port."""

SIMULATED_TARGET: Final = {"project_id": "simulated-project", "instance_id": "simulated-instance"}

STATE_FILE: Final = "simulator.jsonl"
"""In the results folder: what the embedded simulator has, so that a rerun meets it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One place to create tasks at.

    Attributes:
        endpoint: what the journal calls it.
        credential: proves who we are.
        open: makes it reachable for the length of a block and gives its base URL.

    """

    endpoint: str
    credential: Credential
    open: Callable[[], AbstractAsyncContextManager[str]]


def find_service(settings: Settings, environment: Mapping[str, str], results: Path) -> Service:
    """
    Return the service that *settings* ask for.

    Raises:
        SettingsError: there is no endpoint, or there are no credentials.

    """
    if settings.simulate:
        return Service(
            endpoint=SIMULATED,
            credential=Token(Secret("simulated")),
            open=lambda: _simulated(results / STATE_FILE),
        )
    origin = settings.origin
    return Service(
        endpoint=origin,
        credential=find_token(environment, settings.token_file),
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
    own = settings.model_copy(update={"endpoint": endpoint, "region": None})
    return find_service(own, environment, results)


def target_defaults(settings: Settings) -> Mapping[str, str]:
    """Return project and instance of rows that name none; empty where there is no default."""
    given = {"project_id": settings.project_id or "", "instance_id": settings.instance_id or ""}
    if not settings.simulate:
        return given
    return {field: value or SIMULATED_TARGET[field] for field, value in given.items()}


@asynccontextmanager
async def _remote(origin: str) -> AsyncIterator[str]:
    yield origin


@asynccontextmanager
async def _simulated(state: Path) -> AsyncIterator[str]:
    from batchcreate.simulator import SimulatorSettings, serve

    async with serve(SimulatorSettings(state_path=state)) as simulator:
        yield simulator.url
