"""IAM login of a user: one token per project, renewed once for all workers, kept in memory."""

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Any, Final

from batchcreate.auth.credentials import fits_header, project_of
from batchcreate.errors import CredentialError, NotSentError, TransportError
from batchcreate.models import Reply
from batchcreate.responses import error_of, parse_json
from batchcreate.retry import RetryPolicy
from batchcreate.secret import Secret
from batchcreate.transport import mask_reply

RENEWAL_MARGIN_S: Final = 300.0
"""A token is renewed this long before it expires, or at 90 % of its lifetime if that is later."""

_FORMER_MAX: Final = 8
_LIFETIME_S: Final = 86_400.0
_PROJECT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IamUser:
    """
    The user of a login.

    Attributes:
        name: name of the IAM user; a HUAWEI ID account itself cannot log in.
        password: password of the user.
        domain: account that the user belongs to.
        endpoint: origin of IAM, global or of a region.

    """

    name: str
    password: Secret
    domain: str
    endpoint: str


Scope = Mapping[str, str]
"""The project of a token, as ``{"id": ...}`` or ``{"name": <region>}``."""

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Sends one POST; raises `TransportError` if there is no usable response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """
    A token in a response of IAM.

    Attributes:
        token: the token.
        project_id: project that it is scoped to; empty if the response does not contain it.
        lifetime_s: lifetime in seconds, according to IAM's clock.

    """

    token: Secret
    project_id: str
    lifetime_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedToken:
    """A valid token, with the loop times at which it was issued, is renewed and expires."""

    token: Secret
    issued_at: float
    renew_at: float
    expires_at: float


class IamTokens:
    """
    The credential of an IAM user (IAM API, obtaining a user token through password).

    Tokens are scoped to a project; the token of each project is requested when it is needed
    first.

    Args:
        user: the user.
        post: sends the login.
        retry: policy for logins without a response; three attempts by default.
        random: jitter of the waits.

    """

    remedy = "check that the user has access to this project"
    is_of_one_project = False

    def __init__(
        self, user: IamUser, post: Post, *, retry: RetryPolicy | None = None, random: Random
    ) -> None:
        self._retry = retry or RetryPolicy(attempts_max=3)
        self._random = random
        self.name = f"IAM user {user.name} at {user.endpoint}"
        self._user = user
        self._post = post
        self._lock = asyncio.Lock()
        self._tokens: dict[str, CachedToken] = {}
        self._former: deque[Secret] = deque(maxlen=_FORMER_MAX)
        self._refusal = ""

    @property
    def secrets(self) -> Sequence[Secret]:
        """The password, the tokens, and the last ones before: they may still be valid."""
        tokens = (cached.token for cached in self._tokens.values())
        return (self._user.password, *tokens, *self._former)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token depends only on the project
        """Return the header with the token of the project in *url*, obtained by `ready`."""
        cached = self._tokens.get(project_of(url))
        return {} if cached is None else {"X-Auth-Token": cached.token.reveal()}

    async def ready(self, project_id: str | None = None) -> None:
        """
        Log in if there is no token, or if it expires soon.

        If IAM does not respond, a token that has not expired yet stays in use.

        Args:
            project_id: project of the token; None for all projects that have one.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        for each in tuple(self._tokens) if project_id is None else (project_id,):
            if self._is_fresh(each):
                continue
            async with self._lock:
                if not self._is_fresh(each):
                    await self._refresh(each)

    async def renew(self, project_id: str, used_at: float) -> bool:
        """
        Renew a refused token and return True; concurrent callers share one login.

        Args:
            project_id: project of the token.
            used_at: loop time at which the refused request was sent.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._lock:
            cached = self._tokens.get(project_id)
            if cached is None or used_at >= cached.issued_at:
                await self._log_in({"id": project_id})
        return True

    async def find_project(self, name: str) -> str:
        """
        Log in to the project *name* and return its id; empty if IAM does not return it.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._lock:
            return (await self._log_in({"name": name})).project_id

    def _is_fresh(self, project_id: str) -> bool:
        cached = self._tokens.get(project_id)
        return cached is not None and _now() < cached.renew_at

    async def _refresh(self, project_id: str) -> None:
        try:
            await self._log_in({"id": project_id})
        except CredentialError:
            cached = self._tokens.get(project_id)
            if self._refusal or cached is None or _now() >= cached.expires_at:
                raise
            renew_at = (_now() + cached.expires_at) / 2
            self._tokens[project_id] = replace(cached, renew_at=renew_at)

    async def _log_in(self, scope: Scope) -> IssuedToken:
        # IAM locks a user after repeated logins with a wrong password.
        if self._refusal:
            raise CredentialError(self._refusal)
        requested_at = _now()
        reply = await self._post_login(scope)
        try:
            issued = read_login(reply, self._user, scope)
        except CredentialError as error:
            self._refusal = str(error)
            raise
        margin_s = min(RENEWAL_MARGIN_S, issued.lifetime_s / 10)
        if project_id := scope.get("id", issued.project_id):
            if project_id in self._tokens:
                self._former.append(self._tokens[project_id].token)
            self._tokens[project_id] = CachedToken(
                token=issued.token,
                issued_at=_now(),
                renew_at=requested_at + issued.lifetime_s - margin_s,
                expires_at=requested_at + issued.lifetime_s,
            )
        return issued

    async def _post_login(self, scope: Scope) -> Reply:
        """Send the login; retry it if there is no response or a temporary error."""
        url = f"{self._user.endpoint}/v3/auth/tokens?nocatalog=true"
        headers = {"Content-Type": "application/json;charset=utf8"}
        reason, remedy = "", "check --iam-endpoint, or run the same command again later"
        for attempt in range(self._retry.attempts_max):
            if attempt:
                await asyncio.sleep(self._retry.wait_s(attempt, self._random))
            try:
                reply = await self._post(url, headers, login_body(self._user, scope))
            except TransportError as error:
                reason = str(error)
                if isinstance(error, NotSentError) and error.is_permanent:
                    remedy = "for a private certificate authority, give --ca-file"
                    break
            else:
                if not _is_temporary(reply.status):
                    # An accepted login returns a token, perhaps the one that is in use.
                    is_accepted = reply.status < HTTPStatus.MULTIPLE_CHOICES
                    secrets = (self._user.password,) if is_accepted else self.secrets
                    return mask_reply(reply, secrets)
                reason = f"HTTP {reply.status}"
        msg = f"IAM at {self._user.endpoint} did not return a token: {reason}; {remedy}"
        raise CredentialError(msg)


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


def read_login(reply: Reply, user: IamUser, scope: Scope) -> IssuedToken:
    """
    Return the token in the response to a login.

    Raises:
        CredentialError: there is none; the message contains user, project, endpoint and the
            message of IAM.

    """
    token = reply.headers.get("X-Subject-Token", "")
    parsed = parse_json(reply.body)
    details = parsed.get("token") if isinstance(parsed, dict) else None
    is_issued = reply.status < HTTPStatus.MULTIPLE_CHOICES and token and fits_header(token)
    if not is_issued or not isinstance(details, dict):
        msg = (
            f"IAM at {user.endpoint} refused a token for user {user.name}, account {user.domain}, "
            f"project {' '.join(scope.values())} ({_describe_refusal(reply)}); check "
            "BATCHCREATE_IAM_USER, _PASSWORD and _DOMAIN, and the project"
        )
        raise CredentialError(msg)
    return IssuedToken(
        token=Secret(token),
        project_id=read_project_id(details.get("project")),
        lifetime_s=_lifetime_s(details),
    )


def read_project_id(project: object) -> str:
    """Return the id of a *project* in a response of IAM, or "" if there is no valid one."""
    project_id = project.get("id") if isinstance(project, dict) else None
    return project_id if isinstance(project_id, str) and _PROJECT_ID.fullmatch(project_id) else ""


def _describe_refusal(reply: Reply) -> str:
    # The content of a success is not shown, since it may include secrets.
    if reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return f"HTTP {reply.status} without a valid token"
    code, message = error_of(reply)
    is_status = code in {str(reply.status), f"HTTP_{reply.status}"}
    details = ", ".join(part for part in ("" if is_status else code, message) if part)
    return f"HTTP {reply.status}: {details}" if details else f"HTTP {reply.status}"


def _lifetime_s(details: Mapping[str, Any]) -> float:
    """Return the lifetime of a token; the documented 24 hours if the response has no dates."""
    try:
        issued, expires = (
            datetime.fromisoformat(str(details[name])) for name in ("issued_at", "expires_at")
        )
        return max((expires - issued).total_seconds(), 1.0)
    except (KeyError, TypeError, ValueError):
        return _LIFETIME_S


def _is_temporary(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _now() -> float:
    return asyncio.get_running_loop().time()
