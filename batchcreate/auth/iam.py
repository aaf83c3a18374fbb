"""An IAM user's token: fetched when first needed, renewed once for all workers, kept in memory."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Any, Final

from batchcreate.auth.credentials import fits_header
from batchcreate.errors import CredentialError, NotSentError, TransportError
from batchcreate.models import Reply
from batchcreate.outcome import error_of, parse_json
from batchcreate.retry import RetryPolicy
from batchcreate.secret import Secret
from batchcreate.transport import masked

MARGIN_S: Final = 300.0
"""How long before its end a token is renewed, or a tenth of its life where that is shorter."""

_PROJECT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Sends one POST; raises `TransportError` where there is no usable reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IamUser:
    """
    Who logs in.

    Attributes:
        name: of the IAM user; a HUAWEI ID account itself cannot log in.
        password: its password.
        domain: the account that the user belongs to.
        endpoint: origin of IAM, global or of a region.
        scope: the project, as ``{"id": ...}`` or ``{"name": <region>}``.

    """

    name: str
    password: Secret
    domain: str
    endpoint: str
    scope: Mapping[str, str]


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


class IamToken:
    """
    The credential of an IAM user (IAM API, obtaining a user token through password).

    Args:
        user: who logs in.
        post: sends the login.
        retry: when a login that brought no answer is sent again.
        random: draws the waits.

    """

    def __init__(
        self, user: IamUser, post: Post, *, retry: RetryPolicy | None = None, random: Random
    ) -> None:
        self._retry = retry or RetryPolicy(attempts_max=3)
        self._random = random
        self.name = f"IAM user {user.name} at {user.endpoint}"
        self._user = user
        self._post = post
        self._turn = asyncio.Lock()
        self._grant: Grant | None = None
        self._granted_at = 0.0
        self._fresh_until = 0.0
        self._refusal = ""

    @property
    def secrets(self) -> Sequence[Secret]:
        """The password, and the token in force."""
        token = () if self._grant is None else (self._grant.token,)
        return (self._user.password, *token)

    @property
    def project_id(self) -> str:
        """The project of the token in force; empty before the first login."""
        return "" if self._grant is None else self._grant.project_id

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token does not depend on the request; a signature does
        """Return the token's header; `ready` comes first."""
        return {} if self._grant is None else {"X-Auth-Token": self._grant.token.reveal()}

    async def ready(self) -> None:
        """
        Log in where there is no token, or where it is about to end.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        if _now() < self._fresh_until:
            return
        async with self._turn:
            if _now() >= self._fresh_until:
                await self._log_in()

    async def renew(self, used_at: float) -> bool:
        """
        Get a new token after one was refused; one login serves all who ask.

        Args:
            used_at: loop time at which the refused request left.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._turn:
            if used_at >= self._granted_at:
                await self._log_in()
        return True

    async def _log_in(self) -> None:
        # A user whose password was refused is locked if it is tried again and again.
        if self._refusal:
            raise CredentialError(self._refusal)
        asked_at = _now()
        reply = await self._ask()
        try:
            grant = read_grant(reply, self._user)
        except CredentialError as error:
            self._refusal = str(error)
            raise
        margin_s = min(MARGIN_S, grant.lifetime_s / 10)
        self._grant = grant
        self._granted_at = _now()
        self._fresh_until = asked_at + grant.lifetime_s - margin_s

    async def _ask(self) -> Reply:
        """Send the login; one that brought no answer may be sent again."""
        url = f"{self._user.endpoint}/v3/auth/tokens?nocatalog=true"
        headers = {"Content-Type": "application/json;charset=utf8"}
        reason, remedy = "", "check --iam-endpoint, or run the same command again later"
        for attempt in range(self._retry.attempts_max):
            if attempt:
                await asyncio.sleep(self._retry.wait_s(attempt, self._random))
            try:
                reply = await self._post(url, headers, login_body(self._user))
            except TransportError as error:
                reason = str(error)
                if isinstance(error, NotSentError) and error.is_permanent:
                    remedy = "a certificate of your own authority needs --ca-file"
                    break
            else:
                if not _may_pass(reply.status):
                    return masked(reply, (self._user.password,))
                reason = f"HTTP {reply.status}"
        msg = f"no token from IAM at {self._user.endpoint}: {reason}; {remedy}"
        raise CredentialError(msg)


def login_body(user: IamUser) -> bytes:
    """Return the body of a login with a password, scoped to a project."""
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
                "scope": {"project": dict(user.scope)},
            }
        }
    ).encode()


def read_grant(reply: Reply, user: IamUser) -> Grant:
    """
    Read IAM's answer to a login.

    Raises:
        CredentialError: it is not a token; the message names user, endpoint and IAM's words.

    """
    token = reply.headers.get("X-Subject-Token", "")
    parsed = parse_json(reply.body)
    described = parsed.get("token") if isinstance(parsed, dict) else None
    is_grant = reply.status < HTTPStatus.MULTIPLE_CHOICES and token and fits_header(token)
    if not is_grant or not isinstance(described, dict):
        msg = (
            f"IAM at {user.endpoint} gave no token to user {user.name} of account {user.domain} "
            f"({_said(reply)}); check BATCHCREATE_IAM_USER, _PASSWORD and _DOMAIN, and the project"
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


def _may_pass(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _lifetime_s(described: Mapping[str, Any]) -> float:
    """Return the life of a token; a day, as documented, where the answer does not say."""
    try:
        issued, expires = (
            datetime.fromisoformat(str(described[name])) for name in ("issued_at", "expires_at")
        )
        return max((expires - issued).total_seconds(), 1.0)
    except (KeyError, TypeError, ValueError):
        return 86_400.0


def _now() -> float:
    return asyncio.get_running_loop().time()
