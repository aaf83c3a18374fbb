"""An IAM user's tokens: one per project, renewed once for all workers, kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from random import Random
from typing import Final

from batchcreate.auth.credentials import project_of
from batchcreate.auth.grants import Grant, IamUser, Scope, login_body, read_grant
from batchcreate.errors import CredentialError, NotSentError, TransportError
from batchcreate.models import Reply
from batchcreate.retry import RetryPolicy
from batchcreate.secret import Secret
from batchcreate.transport import masked

MARGIN_S: Final = 300.0
"""How long before its end a token is renewed, or a tenth of its life where that is shorter."""

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Sends one POST; raises `TransportError` where there is no usable reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A token in force, with the loop times of its grant, of its renewal and of its end."""

    token: Secret
    granted_at: float
    fresh_until: float
    ends_at: float


class IamTokens:
    """
    The credential of an IAM user (IAM API, obtaining a user token through password).

    A token belongs to one project, so each project has its own, fetched when it is first needed.

    Args:
        user: who logs in.
        post: sends the login.
        retry: when a login that brought no answer is sent again.
        random: draws the waits.

    """

    remedy = "check that the user may work in this project"
    is_of_one_project = False

    def __init__(
        self, user: IamUser, post: Post, *, retry: RetryPolicy | None = None, random: Random
    ) -> None:
        self._retry = retry or RetryPolicy(attempts_max=3)
        self._random = random
        self.name = f"IAM user {user.name} at {user.endpoint}"
        self._user = user
        self._post = post
        self._turn = asyncio.Lock()
        self._held: dict[str, _Held] = {}
        self._refusal = ""

    @property
    def secrets(self) -> Sequence[Secret]:
        """The password, and the tokens in force."""
        return (self._user.password, *(held.token for held in self._held.values()))

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token depends on nothing but the project
        """Return the header with the token of the project in *url*; `ready` comes first."""
        held = self._held.get(project_of(url))
        return {} if held is None else {"X-Auth-Token": held.token.reveal()}

    async def ready(self, project_id: str | None = None) -> None:
        """
        Log in where there is no token, or where it is about to end.

        A token that lives for a while yet is good enough where IAM does not answer.

        Args:
            project_id: the one that a token is needed for; ``None`` for all that have one.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        for each in tuple(self._held) if project_id is None else (project_id,):
            if self._is_fresh(each):
                continue
            async with self._turn:
                if not self._is_fresh(each):
                    await self._refresh(each)

    async def renew(self, project_id: str, used_at: float) -> bool:
        """
        Get a new token of a project after one was refused; one login serves all who ask.

        Args:
            project_id: which one.
            used_at: loop time at which the refused request left.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._turn:
            held = self._held.get(project_id)
            if held is None or used_at >= held.granted_at:
                await self._log_in({"id": project_id})
        return True

    async def find_project(self, name: str) -> str:
        """
        Log in to the project called *name* and return its id, empty where IAM does not say.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._turn:
            return (await self._log_in({"name": name})).project_id

    def _is_fresh(self, project_id: str) -> bool:
        held = self._held.get(project_id)
        return held is not None and _now() < held.fresh_until

    async def _refresh(self, project_id: str) -> None:
        try:
            await self._log_in({"id": project_id})
        except CredentialError:
            held = self._held.get(project_id)
            if self._refusal or held is None or _now() >= held.ends_at:
                raise
            self._held[project_id] = replace(held, fresh_until=(_now() + held.ends_at) / 2)

    async def _log_in(self, scope: Scope) -> Grant:
        # A user whose password was refused is locked if it is tried again and again.
        if self._refusal:
            raise CredentialError(self._refusal)
        asked_at = _now()
        reply = await self._ask(scope)
        try:
            grant = read_grant(reply, self._user, scope)
        except CredentialError as error:
            self._refusal = str(error)
            raise
        margin_s = min(MARGIN_S, grant.lifetime_s / 10)
        if project_id := scope.get("id", grant.project_id):
            self._held[project_id] = _Held(
                token=grant.token,
                granted_at=_now(),
                fresh_until=asked_at + grant.lifetime_s - margin_s,
                ends_at=asked_at + grant.lifetime_s,
            )
        return grant

    async def _ask(self, scope: Scope) -> Reply:
        """Send the login; one that brought no answer may be sent again."""
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
                    remedy = "a certificate of your own authority needs --ca-file"
                    break
            else:
                if not _may_pass(reply.status):
                    return masked(reply, (self._user.password,))
                reason = f"HTTP {reply.status}"
        msg = f"no token from IAM at {self._user.endpoint}: {reason}; {remedy}"
        raise CredentialError(msg)


def _may_pass(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _now() -> float:
    return asyncio.get_running_loop().time()
