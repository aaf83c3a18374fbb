"""Project and instance of the rows that name none; IAM knows the project of a region."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from batchcreate.auth import IamTokens, SignedKey, id_of
from batchcreate.errors import CredentialError, TransportError
from batchcreate.models import Reply
from batchcreate.outcome import error_of, is_unauthorized, parse_json
from batchcreate.pipeline.service import Service
from batchcreate.settings import Settings
from batchcreate.transport import get, masked

SIMULATED_TARGET: Final = {"project_id": "simulated-project", "instance_id": "simulated-instance"}


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
    if not given["project_id"] and settings.project_name is not None:
        if isinstance(credential, IamTokens):
            given["project_id"] = await credential.find_project(settings.project_name)
        elif isinstance(credential, SignedKey):
            look = partial(get, service.network, timeout_s=settings.timeout)
            given["project_id"] = await _look_up_project(settings, credential, look)
    return given


async def _look_up_project(
    settings: Settings, key: SignedKey, look: Callable[..., Awaitable[Reply]]
) -> str:
    """Ask IAM for the project once: a key that it refuses is locked if it is tried again."""
    iam, name = settings.iam_origin, settings.project_name
    url = f"{iam}/v3/projects?name={name}"
    try:
        reply = masked(await look(url, key.headers("GET", url, b"")), key.secrets)
    except TransportError as error:
        msg = f"the project {name} cannot be looked up at {iam}: {error}; or give --project-id"
        raise CredentialError(msg) from None
    said = ", ".join(part for part in (f"HTTP {reply.status}", *error_of(reply)) if part)
    if is_unauthorized(reply):
        msg = f"IAM at {iam} does not accept {key.name} ({said})"
        raise CredentialError(msg)
    parsed = parse_json(reply.body) if reply.status == HTTPStatus.OK else None
    projects = parsed.get("projects") if isinstance(parsed, dict) else None
    found = [
        id_of(project)
        for project in (projects if isinstance(projects, list) else ())
        if isinstance(project, dict) and project.get("name") == name
    ]
    if len(found) == 1 and found[0]:
        return found[0]
    reason = f"{len(found)} of that name" if reply.status == HTTPStatus.OK else said
    msg = f"IAM at {iam} names no project {name} ({reason}); give --project-id"
    raise CredentialError(msg)
