"""A login at IAM: what is sent, and what an answer grants; pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from batchcreate.auth.credentials import fits_header
from batchcreate.errors import CredentialError
from batchcreate.models import Reply
from batchcreate.outcome import error_of, parse_json
from batchcreate.secret import Secret

_PROJECT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IamUser:
    """
    Who logs in.

    Attributes:
        name: of the IAM user; a HUAWEI ID account itself cannot log in.
        password: its password.
        domain: the account that the user belongs to.
        endpoint: origin of IAM, global or of a region.

    """

    name: str
    password: Secret
    domain: str
    endpoint: str


Scope = Mapping[str, str]
"""The project that a token is for, as ``{"id": ...}`` or ``{"name": <region>}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """
    A token as IAM issued it.

    Attributes:
        token: the token.
        project_id: the project that it is scoped to, empty if the answer does not say.
        lifetime_s: how long it lives, by IAM's own clock.

    """

    token: Secret
    project_id: str
    lifetime_s: float


def login_body(user: IamUser, scope: Scope) -> bytes:
    """Return the body of a login with a password, for a token of the project *scope*."""
    return json.dumps(
        {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": user.name,
                            "password": user.password.reveal(),
                            "domain": {"name": user.domain},
                        }
                    },
                },
                "scope": {"project": dict(scope)},
            }
        }
    ).encode()


def read_grant(reply: Reply, user: IamUser, scope: Scope) -> Grant:
    """
    Read IAM's answer to a login.

    Raises:
        CredentialError: it is not a token; the message names user, project, endpoint and IAM's
            words.

    """
    token = reply.headers.get("X-Subject-Token", "")
    parsed = parse_json(reply.body)
    described = parsed.get("token") if isinstance(parsed, dict) else None
    is_grant = reply.status < HTTPStatus.MULTIPLE_CHOICES and token and fits_header(token)
    if not is_grant or not isinstance(described, dict):
        msg = (
            f"IAM at {user.endpoint} gave no token to user {user.name} of account {user.domain} "
            f"for project {' '.join(scope.values())} ({_said(reply)}); check BATCHCREATE_IAM_USER, "
            "_PASSWORD and _DOMAIN, and the project"
        )
        raise CredentialError(msg)
    project = described.get("project")
    return Grant(
        token=Secret(token),
        project_id=id_of(project),
        lifetime_s=_lifetime_s(described),
    )


def id_of(project: object) -> str:
    """Return the id of a *project* as IAM describes it, empty where there is none to use."""
    found = project.get("id") if isinstance(project, dict) else None
    return found if isinstance(found, str) and _PROJECT_ID.fullmatch(found) else ""


def _said(reply: Reply) -> str:
    # A success without a token may hold all sorts of things, and secrets among them.
    if reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return f"HTTP {reply.status} without a usable token"
    return ", ".join(part for part in (f"HTTP {reply.status}", *error_of(reply)) if part)


def _lifetime_s(described: Mapping[str, Any]) -> float:
    """Return the life of a token; a day, as documented, where the answer does not say."""
    try:
        issued, expires = (
            datetime.fromisoformat(str(described[name])) for name in ("issued_at", "expires_at")
        )
        return max((expires - issued).total_seconds(), 1.0)
    except (KeyError, TypeError, ValueError):
        return 86_400.0
